/**
 * Refuses settings of the optimizer that a service ignores: a run would train otherwise than its config says. Checked
 * when a run starts, after the probe, and again at each step.
 */

import { EngineError } from '../../../errors.ts';
import type { OptimizerOptions } from '../../engine.ts';
import type { TrainingFindings } from '../probe/findings.ts';

/** The settings of services that have their own: SkyRL on FSDP and Megatron, which equal those of R-Zero. */
const OWN = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, clip: 1 };

/**
 * Throws EngineError `user` for Muon, and for the settings that the service ignores and that differ from what it does
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
  const honoured: [keyof typeof OWN, boolean | null][] = [
    ['beta1', found.betas],
    ['beta2', found.betas],
    ['epsilon', found.epsilon],
    ['weightDecay', found.weightDecay],
    ['clip', found.clip],
  ];
  const wrong = honoured
    .filter(([name, is]) => (is === false || (own && is === null)) && options[name] !== instead[name])
    .map(([name]) => name);
  if (wrong.length === 0) return;
  const said = (values: Pick<OptimizerOptions, keyof typeof OWN>): string =>
    wrong.map((name) => `${name} = ${values[name]}`).join(', ');
  const settings = wrong.flatMap((name) =>
    ['challenger', 'solver'].map((role) => `--set ${role}.${name}=${instead[name]}`),
  );
  throw new EngineError(
    'user',
    `The service ignores ${said(options)}: it trains with ${said(instead)}.`,
    `Set what the service does: \`${settings.join(' ')}\`.`,
  );
}

/** Settings that some services take from a model's first step. */
const LASTING = ['beta1', 'beta2', 'epsilon', 'weightDecay'] as const;

/**
 * Throws EngineError `user` for a setting that differs from the model's first step, on a service that keeps those.
 * @param first options of the first step since the policy was opened; null before it
 */
export function checkUnchanged(
  options: OptimizerOptions,
  first: OptimizerOptions | null,
  { settingsFixed }: TrainingFindings,
): void {
  if (!settingsFixed || first === null) return;
  for (const name of LASTING) {
    if (options[name] === first[name]) continue;
    throw new EngineError(
      'user',
      `The service keeps ${name} = ${first[name]} of the policy's first step, but ${name} = ${options[name]} was requested.`,
      `Keep ${name} = ${first[name]}, or open a new policy with a fresh optimizer.`,
    );
  }
}
