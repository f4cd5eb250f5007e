/** Converts the config's adapter settings for the engine. */

import type { RunConfig } from '../../config/schema.ts';
import type { Adaptation } from '../../engine/engine.ts';
import { deriveSeed } from '../../random.ts';
import { VERIFIER } from '../../roles.ts';
import { ADAPTER_TARGETS, type AdapterShape, type RoleName } from '../../types.ts';

/** Returns what a role trains: all parameters, or an adapter. Each role's adapter is initialized from its own seed. */
export function adaptationOf(
  config: Pick<RunConfig, 'adapt' | 'seed'> & Partial<Pick<RunConfig, 'verifier'>>,
  role: RoleName,
): Adaptation {
  const shape = role === VERIFIER.name ? verifierAdapter(config) : adapterOf(config);
  return shape === null ? { kind: 'full' } : { kind: 'lora', ...shape, seed: deriveSeed(config.seed, 'adapter', role) };
}

/** The Verifier has an adapter of its own, so that it may be small beside fully trained roles. */
function verifierAdapter(config: Partial<Pick<RunConfig, 'adapt' | 'verifier'>>): AdapterShape | null {
  const { verifier } = config;
  if (verifier?.lora !== true) return adapterOf(config);
  return { rank: verifier.rank, alpha: verifier.alpha, targets: ADAPTER_TARGETS };
}

/** Returns the adapter that a run trains; null = all parameters, also for configs from before adapters existed. */
export function adapterOf({ adapt }: Partial<Pick<RunConfig, 'adapt'>>): AdapterShape | null {
  if (adapt === undefined || adapt.method === 'full') return null;
  const targets = ADAPTER_TARGETS.filter((target) => adapt.targets.includes(target));
  return { rank: adapt.rank, alpha: adapt.alpha, targets };
}
