/** Advice where resuming a run does not help: its settings are fixed, so only a new run can have others. */

import { hasVerifier } from '../../config/phases.ts';
import { configSchema } from '../../config/schema.ts';
import { EngineError } from '../../errors.ts';
import { ROLES, VERIFIER } from '../../roles.ts';
import { newRunCommand, resumeName } from '../../store/failures.ts';
import type { RunContext } from '../context.ts';

/** A tenth is the usual step of a search for a learning rate. The defaults are known to be stable. */
const LOWER = 0.1;
const DEFAULTS = configSchema.parse({});

/**
 * Returns an EngineError `numeric` with the command of a new run with lower learning rates; any other error unchanged.
 * Before the first step of training, the base model is the cause, and the error keeps its own advice.
 */
export function withLowerRates(error: unknown, { config, store }: Pick<RunContext, 'config' | 'store'>): unknown {
  if (!(error instanceof EngineError) || error.kind !== 'numeric') return error;
  const roles = hasVerifier(config) ? [...ROLES, VERIFIER] : ROLES;
  const trained = roles.filter(({ section }) => config[section].steps > 0);
  if (store.cursor().stage === 'baseline' || trained.length === 0) return error;
  const lower = trained.map(({ section }) => {
    const rate = Math.min(config[section].learningRate * LOWER, DEFAULTS[section].learningRate);
    return `--set ${section}.learningRate=${Number(rate.toPrecision(3))}`;
  });
  const command = newRun(store.dir, lower.join(' '));
  const again = `\`rzero resume ${resumeName(store.dir)}\` computes the same again`;
  return advised(error, `Start a new run with lower learning rates: ${command}; ${again}.`);
}

/** Returns an EngineError `budget` of a resumed run with the command of a new one that fits; any other error unchanged. */
export function withSavings(error: unknown, dir: string): unknown {
  if (!(error instanceof EngineError) || error.kind !== 'budget') return error;
  const flags = error.advice.match(/--set \S+?(?=\.?(?:\s|$))/g);
  const machine = 'Resume it on a machine with more memory';
  if (flags === null) return advised(error, `${machine}.`);
  return advised(error, `${machine}, or start a new run that fits into this one: ${newRun(dir, flags.join(' '))}.`);
}

function newRun(dir: string, flags: string): string {
  return `\`${newRunCommand(dir)} ${flags}\``;
}

function advised({ kind, message, cause }: EngineError, advice: string): EngineError {
  return new EngineError(kind, message.split('\n').slice(0, -1).join('\n'), advice, { cause });
}
