/** What a run came to: a row per iteration, the best iteration, and why the run ended. */

import type { IterationSummary, RunSummary } from '../events.ts';
import { scoresOf } from './6-evaluate.ts';
import { bestIteration } from './best.ts';
import { countVerdicts } from './4-filter.ts';
import type { RunContext } from './context.ts';

/** The row of one evaluated iteration; null while it has no evaluation. */
export function summarizeIteration(ctx: RunContext, iteration: number): IterationSummary | null {
  const evaluation = ctx.store.evaluations().find((one) => one.iteration === iteration);
  if (evaluation === undefined) return null;
  const metrics = new Map(
    ctx.store.metrics({ iteration, stage: 'filter' }).map((metric) => [metric.name, metric.value]),
  );
  return {
    iteration,
    evaluation,
    kept: metrics.get('pool/kept') ?? null,
    agreement: metrics.get('pool/agreement') ?? null,
    labelAccuracy: metrics.get('pool/label_accuracy') ?? null,
    difficulty: metrics.get('pool/difficulty') ?? null,
  };
}

/** The whole run so far. Seconds are summed over all sessions of a resumed run. */
export async function summarizeRun(
  ctx: RunContext,
  outcome: RunSummary['outcome'],
  explanation: string,
): Promise<RunSummary> {
  const evaluated = Array.from({ length: ctx.config.iterations + 1 }, (_, iteration) =>
    summarizeIteration(ctx, iteration),
  );
  const iterations = evaluated.filter((row) => row !== null);
  const measured = iterations.filter((row) => row.evaluation.questions > 0).map((row) => row.iteration);
  const trained = ctx.store
    .allWeights()
    .filter((record) => record.role === 'solver')
    .map((record) => record.iteration);
  const best =
    measured.length > 0
      ? await bestIteration(
          ctx.grader,
          measured.map((iteration) => ({ iteration, votes: scoresOf(ctx, iteration).map((score) => score.votes) })),
        )
      : Math.max(0, ...trained);
  return {
    runId: ctx.store.meta().id,
    runDir: ctx.store.dir,
    iterations,
    best,
    outcome,
    seconds: total(ctx, 'time/seconds'),
    engineSeconds: total(ctx, 'time/engine_seconds'),
    explanation,
  };
}

/** Says in numbers why an iteration's pool left too little to train on. */
export function explainTooFew(ctx: RunContext, iteration: number): string {
  const { kept, ...dropped } = countVerdicts(ctx.store.labels(iteration));
  const words: Record<keyof typeof dropped, string> = {
    invalid: 'not in the asked form',
    'held-out': 'part of the held-out test',
    duplicate: 'repeats',
    'no-answer': 'without any answer of the Solver',
    'forbidden-text': 'with a text that the filter forbids',
    'too-easy': 'too easy (agreement above the band)',
    'too-hard': 'too hard (agreement below the band)',
    surplus: 'beyond filter.maxQuestions',
  };
  const posed = kept + Object.values(dropped).reduce((sum, count) => sum + count, 0);
  const reasons = Object.entries(dropped).flatMap(([reason, count]) =>
    count === 0 ? [] : [`${count} ${words[reason as keyof typeof dropped]}`],
  );
  return (
    `Iteration ${iteration} ended early: of ${posed} posed questions ${kept} passed the filter, and ${ctx.config.filter.minQuestions} are needed (filter.minQuestions). ` +
    `Dropped: ${reasons.length === 0 ? 'none' : reasons.join(', ')}. ` +
    (dropped.invalid > posed / 2
      ? 'This model hardly writes questions in the form that the domain asks for: start from a more able base model.'
      : 'Ask for more questions (pool.questions), or widen the band (filter.minAgreement, filter.maxAgreement).')
  );
}

function total(ctx: RunContext, name: string): number {
  return ctx.store.metrics({ name }).reduce((sum, metric) => sum + metric.value, 0);
}
