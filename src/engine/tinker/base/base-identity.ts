/** The one base of an engine: on a service, a base is a name, so a folder with other weights cannot be opened. */

import { EngineError } from '../../../errors.ts';
import { readAdapterSettings } from '../../../models/adapters/adapter-folder.ts';
import { pinModel } from '../../../models/model-pin.ts';
import { type BaseFacts, readBaseFacts } from './base-folder.ts';

export class BaseIdentity {
  #first: Promise<BaseFacts> | null = null;
  readonly #same = new Map<string, Promise<BaseFacts>>();

  /** The base that was used first; null if none was. */
  async known(): Promise<BaseFacts | null> {
    return this.#first;
  }

  /**
   * Returns the facts of a base's folder. The first one is taken for the base that the service has. Throws EngineError
   * `user` for an adapter, and for a folder whose files differ from the first one's.
   */
  async open(folder: string, name: string): Promise<BaseFacts> {
    if ((await readAdapterSettings(folder)) !== null) {
      throw new EngineError(
        'user',
        `${folder} holds a LoRA adapter: the service has ${name}, and cannot open a folder of this machine.`,
        'Give the folder of the base model, or continue the run that trained the adapter.',
      );
    }
    this.#first ??= readBaseFacts(folder);
    const first = await this.#first;
    if (first.folder === folder) return first;
    const known = this.#same.get(folder) ?? this.#compare(first, folder, name);
    this.#same.set(folder, known);
    return known;
  }

  async #compare(first: BaseFacts, folder: string, name: string): Promise<BaseFacts> {
    const [one, other] = await Promise.all([pinModel(first.folder), pinModel(folder)]);
    const contents = (pins: typeof one): string =>
      JSON.stringify(Object.entries(pins).map(([file, { sha256 }]) => [file, sha256]));
    if (contents(one) === contents(other)) return { ...first, folder };
    throw new EngineError(
      'user',
      `${folder} is not the base ${first.folder}: the service has ${name}, and cannot open a folder of this machine.`,
      'Give the folder of the base model, or continue the run that trained these weights.',
    );
  }
}
