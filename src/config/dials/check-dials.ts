/**
 * Refuses settings that contradict each other before a run samples its first token: a curriculum that the pool cannot
 * fill, a band that the votes cannot hit, votes that are all equal. Pure. The rules are in the other files of this
 * folder; contradictions within one role's loss are in `../grpo-dials.ts`.
 */

import { ConfigError } from '../../errors.ts';
import { isSupervised } from '../phases.ts';
import type { RunConfig } from '../schema.ts';
import { merge, type Table } from '../tables.ts';
import { batchContradictions } from './batch-dials.ts';
import type { Contradiction } from './contradiction.ts';
import { openContradictions } from './open-dials.ts';
import { poolContradictions, tooManyPlanted } from './pool-dials.ts';
import { serviceContradictions } from './service-dials.ts';
import { verifierContradictions } from './verifier-dials.ts';
import { viewContradictions } from './view-dials.ts';
import { voteContradictions } from './vote-dials.ts';

/** A fix may reveal a contradiction that another one hid. */
const MOST_ROUNDS = 5;

/**
 * Checks that the settings of a run can work together.
 * @throws ConfigError that names the settings of every contradiction, and values that resolve all of them
 */
export function checkDials(config: RunConfig): void {
  const found = contradictionsOf(config);
  if (found.length > 0) throw contradictionError(found, fixOf(config));
}

/**
 * Checks the settings of a run on an open domain.
 * @throws ConfigError as `checkDials`
 */
export function checkOpenDials(config: RunConfig): void {
  const found = openContradictions(config);
  if (found.length > 0) throw contradictionError(found, Object.assign({}, ...found.map(({ fix }) => fix)));
}

/**
 * Checks the number of planted questions, which is known only after their file is read.
 * @throws ConfigError if there are more of them than the Challenger poses
 */
export function checkPlanted(planted: number, config: RunConfig): void {
  const found = isSupervised(config) ? null : tooManyPlanted(planted, config);
  if (found !== null) throw contradictionError([found], found.fix);
}

/** Returns the error for contradictions, with the settings that resolve them. */
function contradictionError(found: readonly Contradiction[], fix: Contradiction['fix']): ConfigError {
  const message =
    found.length === 1
      ? `The settings contradict each other: ${found[0].problem}.`
      : `The settings contradict each other in ${found.length} ways:\n${found.map(({ problem }) => `  ${problem}`).join('\n')}`;
  return new ConfigError(message, `It works with ${flagsOf(fix)}.`);
}

/** Returns all contradictions in the settings. */
export function contradictionsOf(config: RunConfig): Contradiction[] {
  const evolving = isSupervised(config)
    ? []
    : [...poolContradictions(config), ...viewContradictions(config), ...verifierContradictions(config)];
  return [...evolving, ...voteContradictions(config), ...batchContradictions(config), ...serviceContradictions(config)];
}

/** Returns values of settings that resolve all contradictions together. */
export function fixOf(config: RunConfig): Contradiction['fix'] {
  const fix: Record<string, string | number> = {};
  let fixed = config;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const found = contradictionsOf(fixed);
    if (found.length === 0) break;
    Object.assign(fix, ...found.map((one) => one.fix));
    fixed = applied(config, fix);
  }
  return fix;
}

/** Returns the config with the values of a fix. */
export function applied(config: RunConfig, fix: Contradiction['fix']): RunConfig {
  const layers = Object.entries(fix).map(([path, value]) =>
    path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value),
  );
  return layers.reduce<Table>((under, over) => merge(under, over as Table), { ...config }) as RunConfig;
}

/** Writes settings as flags of the command line. */
export function flagsOf(fix: Contradiction['fix']): string {
  return Object.entries(fix)
    .map(([key, value]) => `--set ${key}=${value}`)
    .join(' ');
}
