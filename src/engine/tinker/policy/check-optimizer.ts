/** Refuses settings of the optimizer that a service ignores: a run would train otherwise than its config says. */

import { EngineError } from '../../../errors.ts';
import type { OptimizerOptions } from '../../engine.ts';
import type { TrainingFindings } from '../probe/findings.ts';

/** The settings of services that have their own: SkyRL on FSDP and Megatron, which equal those of R-Zero. */
const OWN = { beta1: 0.9, beta2: 0.999, weightDecay: 0.01, clip: 1 };

/**
 * Throws EngineError `user` for Muon, and for each setting that the service ignores and that differs from what it does
 * instead.
 */
export function checkOptimizer(options: OptimizerOptions, found: TrainingFindings): void {
  if (options.muon !== undefined) {
    throw new EngineError(
      'user',
      'A service trains with AdamW only, not with Muon.',
      'Leave out the settings of Muon.',
    );
  }
  const [wrong] = ignoredSettings(options, found);
  if (wrong === undefined) return;
  const { name, value, instead } = wrong;
  throw new EngineError(
    'user',
    `The service ignores ${name} = ${value}: it trains with ${name} = ${instead}.`,
    `Set what the service does: \`--set challenger.${name}=${instead} --set solver.${name}=${instead}\`.`,
  );
}

/** A setting of the optimizer that a service ignores, and what it does instead. */
export interface IgnoredSetting {
  name: keyof typeof OWN;
  value: number;
  instead: number;
}

/** Returns the settings that the service ignores and that differ from what it does instead. */
export function ignoredSettings(
  options: Pick<OptimizerOptions, keyof typeof OWN>,
  found: Pick<TrainingFindings, 'betas' | 'weightDecay' | 'clip'>,
): IgnoredSetting[] {
  // A service that ignores everything has its own settings; one that ignores a single setting does without it.
  const own = found.betas === false && found.weightDecay !== true;
  const settings = own ? OWN : { ...OWN, clip: 0, weightDecay: 0 };
  const honours: [keyof typeof OWN, boolean | null][] = [
    ['beta1', found.betas],
    ['beta2', found.betas],
    ['weightDecay', found.weightDecay],
    ['clip', found.clip],
  ];
  return honours.flatMap(([name, honoured]) => {
    const ignored = honoured === false || (own && honoured === null);
    const [value, instead] = [options[name], settings[name]];
    return ignored && value !== instead ? [{ name, value, instead }] : [];
  });
}
