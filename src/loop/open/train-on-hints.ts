/** Stage 5 of an open domain with hints: collects the kept pairs for `train-preferences.ts`. */

import type { WeightsRef } from '../../engine/engine.ts';
import type { LabelledQuestion } from '../../types.ts';
import type { RunContext } from '../context.ts';
import { HINTED_PAIRS } from './partials.ts';
import { type TrainingPair, trainOnPreferences } from './train-preferences.ts';

/** Trains this iteration's Solver on the pairs of the kept tasks, each once, and returns its weights. */
export async function trainOnHints(
  ctx: RunContext,
  from: { iteration: number; start: WeightsRef; curriculum: readonly LabelledQuestion[] },
): Promise<WeightsRef> {
  const { iteration, start, curriculum } = from;
  const { solver, open } = ctx.config;
  const pairs = new Map(
    ctx.store.partials(HINTED_PAIRS, iteration).flatMap(({ value }) => value.map((pair) => [pair.id, pair] as const)),
  );
  const kept = curriculum.flatMap(({ question }): TrainingPair[] => {
    const pair = pairs.get(question.id);
    if (pair === undefined) return [];
    const [prompt, chosen, rejected] = [pair.prompt, pair.chosen, pair.rejected].map((tokens) =>
      Int32Array.from(tokens),
    );
    return [{ task: question.text, prompt, chosen, rejected }];
  });
  return trainOnPreferences(ctx, {
    iteration,
    start,
    pairs: kept,
    perStep: solver.prompts,
    steps: solver.steps,
    dials: { beta: open.hints.beta },
  });
}
