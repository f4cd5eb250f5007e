/**
 * Plays a run of a benchmark in a resumable way. The run's folder is named by a hash of config, weights and
 * sources, so starting the same benchmark again resumes an interrupted run and reuses a finished one.
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runKey, weightsHash } from '../../src/ablate/key.ts';
import { type ConfigInput, resolveConfig, type RunConfig } from '../../src/index.ts';
import { runOnce } from '../../src/loop/run/run-once.ts';
import { openRun } from '../../src/store/sqlite.ts';
import type { RunStore } from '../../src/store/store.ts';
import { RUNS } from './results.ts';

export interface Plan {
  /** Part of the folder's name. */
  label: string;
  config: ConfigInput;
  /** `--set` arguments; they override the config. */
  set?: readonly string[];
  /** Deletes an earlier run first. */
  fresh?: boolean;
}

export interface Played {
  store: RunStore;
  config: RunConfig;
  /** Hash of the base model's weights. */
  model: string;
}

/**
 * Plays the run and opens it for reading; the caller closes the store. Prints its stages to standard error.
 */
export async function play(plan: Plan): Promise<Played> {
  const config = resolveConfig({ flags: plan.config, set: plan.set });
  const dir = join(RUNS, `${plan.label}-${await runKey(config)}`);
  if (plan.fresh === true) rmSync(dir, { recursive: true, force: true });
  await runOnce(dir, config, {
    onBegin: (state) => logProgress(`${plan.label}: ${state} in ${dir}`),
    onEvent: (event) => {
      if (event.type === 'stage-end') {
        logProgress(`${plan.label}: iteration ${event.iteration} ${event.stage} ${event.seconds.toFixed(1)} s`);
      }
      if (event.type === 'evaluation') {
        logProgress(
          `${plan.label}: iteration ${event.result.iteration} scores ${(event.result.mean.value * 100).toFixed(1)} %`,
        );
      }
    },
  });
  return { store: openRun(dir, { readOnly: true }), config, model: await weightsHash(config.model) };
}

/** Prints a line of progress to standard error; results use standard output. */
export function logProgress(line: string): void {
  process.stderr.write(`${line}\n`);
}
