/** What a run's policies train, as the engine takes it. */

import type { RunConfig } from '../../config/schema.ts';
import type { Adaptation } from '../../engine/engine.ts';
import { deriveSeed } from '../../random.ts';
import { ADAPTER_TARGETS, type AdapterShape, type RoleName } from '../../types.ts';

/** Each role's adapter has a beginning of its own, and goes on from iteration to iteration. */
export function adaptationOf(config: Pick<RunConfig, 'adapt' | 'seed'>, role: RoleName): Adaptation {
  const shape = adapterOf(config);
  return shape === null ? { kind: 'full' } : { kind: 'lora', ...shape, seed: deriveSeed(config.seed, 'adapter', role) };
}

/** The adapters that a run trains; null: every parameter, as with a run of a version that knew no others. */
export function adapterOf({ adapt }: Partial<Pick<RunConfig, 'adapt'>>): AdapterShape | null {
  if (adapt === undefined || adapt.method === 'full') return null;
  const targets = ADAPTER_TARGETS.filter((target) => adapt.targets.includes(target));
  return { rank: adapt.rank, alpha: adapt.alpha, targets };
}
