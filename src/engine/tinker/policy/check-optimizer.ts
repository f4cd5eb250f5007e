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
  const wrong = ignoredSettings(options, found);
  if (wrong.length === 0) return;
  const said = (key: 'value' | 'instead'): string => wrong.map((one) => `${one.name} = ${one[key]}`).join(', ');
  const settings = wrong.flatMap(({ name, instead }) =>
    ['challenger', 'solver', 'verifier'].map((role) => `--set ${role}.${name}=${instead}`),
  );
  throw new EngineError(
    'user',
    `The service ignores ${said('value')}: it trains with ${said('instead')}.`,
    `Set what the service does: \`${settings.join(' ')}\`.`,
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
  found: Pick<TrainingFindings, 'betas' | 'epsilon' | 'weightDecay' | 'clip'>,
): IgnoredSetting[] {
  // A service that ignores everything has its own settings; one that ignores a single setting does without it.
  const own = found.betas === false && found.weightDecay !== true;
  const settings = own ? OWN : { ...OWN, clip: 0, weightDecay: 0 };
  const honours: [keyof typeof OWN, boolean | null][] = [
    ['beta1', found.betas],
    ['beta2', found.betas],
    ['epsilon', found.epsilon],
    ['weightDecay', found.weightDecay],
    ['clip', found.clip],
  ];
  return honours.flatMap(([name, honoured]) => {
    const ignored = honoured === false || (own && honoured === null);
    const [value, instead] = [options[name], settings[name]];
    return ignored && value !== instead ? [{ name, value, instead }] : [];
  });
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
