/**
 * Plays a run of a benchmark so that nothing is lost: the run's folder is named by what decides its
 * course (config, weights, sources), so calling the same benchmark again goes on with an interrupted run and
 * takes a finished one as it is.
 */

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type ConfigInput, evolve, resolveConfig, resume, type RunConfig } from '../../src/index.ts';
import { findModel } from '../../src/models/find-model.ts';
import { openRun } from '../../src/store/sqlite.ts';
import type { RunStore } from '../../src/store/store.ts';
import { provenance, RUNS, shortHash } from './results.ts';

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
  const model = shortHash(readFileSync(join(findModel(config.model), 'model.safetensors')));
  const key = shortHash(JSON.stringify({ ...config, runsDir: '' }), model, provenance('').sources);
  const dir = join(RUNS, `${plan.label}-${key}`);
  if (plan.fresh === true) rmSync(dir, { recursive: true, force: true });
  const evolution = existsSync(join(dir, 'run.db')) ? resume(dir) : evolve({ config, runDir: emptied(dir) });
  for await (const event of evolution) {
    if (event.type === 'run-start')
      tell(`${plan.label}: ${event.resumedFrom === null ? 'starts' : 'goes on'} in ${dir}`);
    if (event.type === 'stage-end') {
      tell(`${plan.label}: iteration ${event.iteration} ${event.stage} ${event.seconds.toFixed(1)} s`);
    }
    if (event.type === 'evaluation') {
      tell(`${plan.label}: iteration ${event.result.iteration} scores ${(event.result.mean.value * 100).toFixed(1)} %`);
    }
  }
  return { store: openRun(dir, { readOnly: true }), config, model };
}

/** A kill while the folder was being made leaves one without a database. */
function emptied(dir: string): string {
  rmSync(dir, { recursive: true, force: true });
  return dir;
}

/** A line of progress; results go to standard output. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
