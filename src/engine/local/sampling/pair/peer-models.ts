/** The models that a peer samples from: base weights and samplers by the numbers that the sender gave them. */

import { loadTokenizer } from '../../../../models/tokenizer/tokenizer.ts';
import type { SampleRequest } from '../../../engine.ts';
import type { Decode } from '../../../stop-strings.ts';
import { collectGarbage } from '../../memory/collect.ts';
import { PlacedAdapter } from '../../memory/loaded.ts';
import { SharedBase } from '../../memory/shared-base.ts';
import { HostTensors } from '../../memory/tensors.ts';
import type { BatchSampler } from '../batch-sampler.ts';
import { SamplerSessions, type SamplerSessionOptions } from '../sampler-sessions.ts';
import type { SentModel, ToPeer } from './messages.ts';

interface PeerSampler {
  sampler: BatchSampler;
  /** Makes stop strings work: reads the tokenizer, which most calls do not need. */
  readTokenizer(): Promise<void>;
}

export class PeerModels {
  #sessions: SamplerSessions;
  #bases = new Map<number, SharedBase>();
  #samplers = new Map<number, PeerSampler>();

  constructor(options: SamplerSessionOptions) {
    this.#sessions = new SamplerSessions(options);
  }

  /** Its sessions stay open until it is dropped. */
  addBase({ base, config, weights }: Extract<ToPeer, { type: 'base' }>): void {
    this.#bases.set(base, new SharedBase(config, new HostTensors(weights)).enter());
  }

  async dropBase(base: number): Promise<void> {
    await this.#bases.get(base)?.leave();
    this.#bases.delete(base);
    collectGarbage();
  }

  open(sampler: number, { base: number, adapter: sent, folder, version, eosIds }: SentModel): void {
    const base = found(this.#bases.get(number));
    const adapter = sent && new PlacedAdapter(sent.shape, new HostTensors(sent.weights));
    const tensors = adapter === null ? base.tensors : base.tensors.with(adapter.tensors);
    let text: Decode | null = null;
    const decode: Decode = (tokens) => found(text)(tokens);
    this.#samplers.set(sampler, {
      sampler: this.#sessions.sampler({ config: base.config, base, adapter, tensors, version, eosIds, decode }),
      readTokenizer: async () => {
        text ??= (await loadTokenizer(folder)).decode;
      },
    });
  }

  close(sampler: number): void {
    this.#samplers.delete(sampler);
  }

  /** Returns a sampler that is ready for these requests. */
  async samplerFor(sampler: number, requests: readonly SampleRequest[]): Promise<BatchSampler> {
    const open = found(this.#samplers.get(sampler));
    if (requests.some(({ stopStrings = [] }) => stopStrings.length > 0)) await open.readTokenizer();
    return open.sampler;
  }

  async end(): Promise<void> {
    for (const base of this.#bases.keys()) await this.dropBase(base);
    await this.#sessions.close();
  }
}

function found<T>(value: T | undefined | null): T {
  if (value === undefined || value === null) throw new Error('the peer was not sent what a message names');
  return value;
}
