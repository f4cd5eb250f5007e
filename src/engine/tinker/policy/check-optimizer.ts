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
  // A service that ignores everything has its own settings; one that ignores a single setting does without it.
  const own = found.betas === false && found.weightDecay !== true;
  const instead = own ? OWN : { ...OWN, clip: 0, weightDecay: 0 };
  const wrong: [keyof typeof OWN, boolean | null][] = [
    ['beta1', found.betas],
    ['beta2', found.betas],
    ['weightDecay', found.weightDecay],
    ['clip', found.clip],
  ];
  for (const [name, honoured] of wrong) {
    const ignored = honoured === false || (own && honoured === null);
    if (!ignored || options[name] === instead[name]) continue;
    throw new EngineError(
      'user',
      `The service ignores ${name} = ${options[name]}: it trains with ${name} = ${instead[name]}.`,
      `Set what the service does: \`--set challenger.${name}=${instead[name]} --set solver.${name}=${instead[name]}\`.`,
    );
  }
}
