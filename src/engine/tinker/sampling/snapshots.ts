/** Published weights. They are sampled through sessions on the service, and published again if it has lost them. */

import { EngineError } from '../../../errors.ts';
import type { SnapshotRef } from '../../engine.ts';
import type { BaseFacts } from '../base/base-folder.ts';
import type { RemotePolicy } from '../policy/policy.ts';
import type { RemoteService } from '../remote-service.ts';
import type { SessionSource } from './session-source.ts';

interface Published {
  version: number;
  policy: RemotePolicy;
  service: RemoteService;
  facts: BaseFacts;
  session: string;
}

export class Snapshots {
  readonly #published = new Map<string, Published>();
  #count = 0;

  /** Publishes the policy's current weights. */
  async publish(
    version: number,
    policy: RemotePolicy,
    of: { service: RemoteService; facts: BaseFacts },
  ): Promise<SnapshotRef> {
    const session = await policy.model.with((model) => model.publish());
    const id = `snapshot-${++this.#count}`;
    this.#published.set(id, { ...of, version, policy, session });
    return { kind: 'snapshot', id, version };
  }

  /** Returns the service and the policy of a snapshot. Throws EngineError `lost-sampler` if it was removed. */
  find(id: string): Published {
    const found = this.#published.get(id);
    if (found !== undefined) return found;
    throw new EngineError(
      'lost-sampler',
      `Snapshot ${id} is closed or was never opened.`,
      'Open it again from a saved state.',
    );
  }

  /** Throws EngineError `lost-sampler` if the policy has been trained since. */
  confirmCurrent(id: string): void {
    const found = this.find(id);
    if (found.policy.version !== found.version) throw outdated(id, found);
  }

  remove(id: string): void {
    this.#published.delete(id);
  }

  /** Whether a policy has snapshots that were not removed. */
  has(policy: RemotePolicy): boolean {
    return [...this.#published.values()].some((one) => one.policy === policy);
  }

  source(id: string): SessionSource {
    return {
      session: async () => {
        const found = this.find(id);
        const { training } = await found.service.findings();
        // Where weights follow their model, only those of its current version are the published ones.
        if (training?.immutableSnapshots === false) this.confirmCurrent(id);
        return found.session;
      },
      renew: async (lost) => {
        const found = this.find(id);
        await found.policy.during(async (model) => {
          if (found.session !== lost) return;
          this.confirmCurrent(id);
          found.session = await model.with((remote) => remote.publish());
        });
      },
      close: async () => {},
    };
  }
}

function outdated(id: string, { version, policy }: Published): EngineError {
  return new EngineError(
    'lost-sampler',
    `The service no longer has ${id}, the weights after ${version} steps: the policy has done ${policy.version}.`,
    'Publish the policy again.',
  );
}
