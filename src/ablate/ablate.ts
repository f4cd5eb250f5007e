/**
 * START HERE for ablations: runs every variant of a plan with every seed and compares the results. Each run
 * is a complete run in its own folder.
 *
 * This module only schedules runs and reads their summaries; it does no training or sampling itself. A
 * finished run is not repeated; an interrupted run resumes. Next: `plan.ts` (input), `key.ts` (when two
 * runs count as the same), `result.ts` (output).
 */

import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RunConfig } from '../config/schema.ts';
import type { StampedEvent } from '../events.ts';
import { StoreError } from '../errors.ts';
import { runOnce, type RunOrigin } from '../loop/run/run-once.ts';
import { BEST_FOLDER } from '../loop/training/weights.ts';
import { runKey } from './key.ts';
import type { AblationPlan, Variant } from './plan.ts';
import { type AblationResult, type PlayedRun, resultOf, writeResult } from './result.ts';

export type AblationEvent =
  /** Run number `at` (1-based) of `of` begins. */
  | { type: 'run-begin'; variant: string; seed: number; at: number; of: number; state: RunOrigin; dir: string }
  | { type: 'run-event'; variant: string; seed: number; event: StampedEvent }
  | { type: 'run-ended'; run: PlayedRun };

export interface AblateOptions {
  /** Folder for the runs and the result. */
  dir: string;
  onEvent?: (event: AblationEvent) => void;
  /** When aborted, the current run stops after its step; the result covers the runs that have ended. */
  stop?: AbortSignal;
  /** Deletes existing runs and starts over. */
  fresh?: boolean;
}

/** Plays all runs, seed by seed. Writes the result to `DIR/RECIPE.json` after every run that ends. */
export async function ablate(plan: AblationPlan, options: AblateOptions): Promise<AblationResult> {
  const played: PlayedRun[] = [];
  const of = plan.seeds.length * plan.variants.length;
  let at = 0;
  for (const seed of plan.seeds) {
    for (const variant of plan.variants) {
      at++;
      if (options.stop?.aborted === true) continue;
      const run = await playVariant(variant, seed, { at, of, played, ...options });
      if (run === null) continue;
      played.push(run);
      options.onEvent?.({ type: 'run-ended', run });
      writeResult(options.dir, resultOf(plan, played));
    }
  }
  return resultOf(plan, played);
}

interface Turn extends AblateOptions {
  at: number;
  of: number;
  played: readonly PlayedRun[];
}

/** Plays one variant with one seed. Returns null if the run was stopped. */
async function playVariant(variant: Variant, seed: number, turn: Turn): Promise<PlayedRun | null> {
  const config = configOf(variant, seed, turn.played);
  const dir = join(resolve(turn.dir), `${variant.name}-seed${seed}-${await runKey(config)}`);
  if (turn.fresh === true) rmSync(dir, { recursive: true, force: true });
  const { at, of } = turn;
  const summary = await runOnce(dir, config, {
    stop: turn.stop,
    onBegin: (state) => turn.onEvent?.({ type: 'run-begin', variant: variant.name, seed, at, of, state, dir }),
    onEvent: (event) => turn.onEvent?.({ type: 'run-event', variant: variant.name, seed, event }),
  });
  return summary.outcome === 'stopped' ? null : { variant: variant.name, seed, dir, config, summary };
}

/**
 * Builds the config of a variant for a seed. With `from`, the model is the best Solver of that variant's run
 * with the same seed.
 */
function configOf(variant: Variant, seed: number, played: readonly PlayedRun[]): RunConfig {
  if (variant.from === null) return { ...variant.config, seed };
  const from = played.find((run) => run.variant === variant.from && run.seed === seed);
  if (from === undefined) {
    throw new StoreError(
      `Variant ${variant.name} starts from ${variant.from}, whose run with seed ${seed} has not ended.`,
      'Run the ablation again.',
    );
  }
  return { ...variant.config, seed, model: join(from.dir, BEST_FOLDER) };
}
