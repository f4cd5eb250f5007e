/**
 * Plays a run of a benchmark so that nothing is lost: the run's folder is named by what decides its
 * course (config, weights, sources), so calling the same benchmark again goes on with an interrupted run and
 * takes a finished one as it is.
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runKey, weightsHash } from '../../src/ablate/key.ts';
import { type ConfigInput, resolveConfig, type RunConfig } from '../../src/index.ts';
import { playOnce } from '../../src/loop/run/play-once.ts';
import { openRun } from '../../src/store/sqlite.ts';
import type { RunStore } from '../../src/store/store.ts';
import { RUNS } from './results.ts';

export interface Plan {
  /** Part of the folder's name. */
  label: string;
  config: ConfigInput;
  /** `--set` arguments over it. */
  set?: readonly string[];
  /** Forgets what an earlier call played. */
  fresh?: boolean;
}

export interface Played {
  store: RunStore;
  config: RunConfig;
  /** Hash of the base model's weights. */
  model: string;
}

/** The finished run, opened for reading; the caller closes the store. Tells its stages on standard error. */
export async function play(plan: Plan): Promise<Played> {
  const config = resolveConfig({ flags: plan.config, set: plan.set });
  const dir = join(RUNS, `${plan.label}-${await runKey(config)}`);
  if (plan.fresh === true) rmSync(dir, { recursive: true, force: true });
  await playOnce(dir, config, {
    onBegin: (state) => tell(`${plan.label}: ${state} in ${dir}`),
    onEvent: (event) => {
      if (event.type === 'stage-end') {
        tell(`${plan.label}: iteration ${event.iteration} ${event.stage} ${event.seconds.toFixed(1)} s`);
      }
      if (event.type === 'evaluation') {
        tell(
          `${plan.label}: iteration ${event.result.iteration} scores ${(event.result.mean.value * 100).toFixed(1)} %`,
        );
      }
    },
  });
  return { store: openRun(dir, { readOnly: true }), config, model: await weightsHash(config.model) };
}

/** A line of progress; results go to standard output. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
