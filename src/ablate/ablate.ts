/**
 * START HERE for ablations: plays every variant of a recipe with every seed, as whole runs in folders of their own,
 * and compares them. It orders runs and reads their ends; it trains and samples nothing itself. A run that has ended
 * is not played again, an interrupted one goes on. Next: `recipe.ts` (what is asked), `key.ts` (when two runs are the
 * same), `result.ts` (what came out).
 */

import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RunConfig } from '../config/schema.ts';
import type { StampedEvent } from '../events.ts';
import { StoreError } from '../errors.ts';
import { playOnce, type RunOrigin } from '../loop/run/play-once.ts';
import { BEST_FOLDER } from '../loop/training/weights.ts';
import { runKey } from './key.ts';
import type { Recipe, Variant } from './recipe.ts';
import { type AblationResult, type PlayedRun, resultOf, writeResult } from './result.ts';

export type AblationEvent =
  /** Run `at` of `of` begins (1-based). */
  | { type: 'run-begin'; variant: string; seed: number; at: number; of: number; state: RunOrigin; dir: string }
  | { type: 'run-event'; variant: string; seed: number; event: StampedEvent }
  | { type: 'run-ended'; run: PlayedRun };

export interface AblateOptions {
  /** Folder of the runs and of the result. */
  dir: string;
  onEvent?: (event: AblationEvent) => void;
  /** Aborted: the run at hand stops after its step, and the result holds what has ended. */
  stop?: AbortSignal;
  /** Plays everything anew. */
  fresh?: boolean;
}

/** All runs, seed by seed. The result is written to `DIR/RECIPE.json` after every run that ends. */
export async function ablate(recipe: Recipe, options: AblateOptions): Promise<AblationResult> {
  const played: PlayedRun[] = [];
  const of = recipe.seeds.length * recipe.variants.length;
  let at = 0;
  for (const seed of recipe.seeds) {
    for (const variant of recipe.variants) {
      at++;
      if (options.stop?.aborted === true) continue;
      const run = await playVariant(variant, seed, { at, of, played, ...options });
      if (run === null) continue;
      played.push(run);
      options.onEvent?.({ type: 'run-ended', run });
      writeResult(options.dir, resultOf(recipe, played));
    }
  }
  return resultOf(recipe, played);
}

interface Turn extends AblateOptions {
  at: number;
  of: number;
  played: readonly PlayedRun[];
}

/** Null where it was stopped. */
async function playVariant(variant: Variant, seed: number, turn: Turn): Promise<PlayedRun | null> {
  const config = configOf(variant, seed, turn.played);
  const dir = join(resolve(turn.dir), `${variant.name}-seed${seed}-${await runKey(config)}`);
  if (turn.fresh === true) rmSync(dir, { recursive: true, force: true });
  const { at, of } = turn;
  const summary = await playOnce(dir, config, {
    stop: turn.stop,
    onBegin: (state) => turn.onEvent?.({ type: 'run-begin', variant: variant.name, seed, at, of, state, dir }),
    onEvent: (event) => turn.onEvent?.({ type: 'run-event', variant: variant.name, seed, event }),
  });
  return summary.outcome === 'stopped' ? null : { variant: variant.name, seed, dir, config, summary };
}

/** A variant's config for a seed; its model is the best Solver of the run that it starts from, where it names one. */
function configOf(variant: Variant, seed: number, played: readonly PlayedRun[]): RunConfig {
  if (variant.from === null) return { ...variant.config, seed };
  const from = played.find((run) => run.variant === variant.from && run.seed === seed);
  if (from === undefined) {
    throw new StoreError(
      `Variant ${variant.name} starts from ${variant.from}, whose run with seed ${seed} has not ended.`,
      'Call the ablation again.',
    );
  }
  return { ...variant.config, seed, model: join(from.dir, BEST_FOLDER) };
}
