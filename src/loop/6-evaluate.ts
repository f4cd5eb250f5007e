/**
 * Stage 6 (and the baseline): the Solver on the held-out test, then on the recipe's benchmarks. Committed in chunks
 * of the test, then task by task; `eval/` does the scoring.
 */

import { StoreError } from '../errors.ts';
import { type QuestionScore, scoreQuestions, summarizeScores } from '../eval/runner.ts';
import type { Sampler, WeightsRef } from '../engine/engine.ts';
import { deriveSeed } from '../random.ts';
import type { EvalResult } from '../types.ts';
import { evaluateBenchmark } from './benchmarks.ts';
import { type RunContext, reporting, type StepPlace } from './context.ts';
import { chunkCount, chunkOf, runSteps, type StepOutcome } from './state.ts';
import { metricsOf } from './voting.ts';

/** Evaluates the Solver after `iteration` (0: the base). Seeds do not depend on the iteration, so that iterations compare question by question. */
export async function evaluate(ctx: RunContext, from: { iteration: number; solver: WeightsRef }): Promise<EvalResult> {
  const { iteration } = from;
  const stage = iteration === 0 ? 'baseline' : 'evaluate';
  const dials = ctx.config.evaluation;
  const questions = dials.questions > 0 ? ctx.domain.heldOut(dials.questions) : [];
  const chunks = chunkCount(questions.length, dials.chunk);
  // A run that an older version began has no such dial.
  const tasks = dials.tasks ?? [];
  const steps = chunks + tasks.length;
  const about = { iteration, task: ctx.domain.name, samples: dials.samples };
  const opened: { solver: Sampler | null } = { solver: null };
  const body = async (place: StepPlace): Promise<StepOutcome> => {
    opened.solver ??= await ctx.engine.openSampler(from.solver);
    if (place.step >= chunks) {
      const task = tasks[place.step - chunks];
      return { unit: {}, metrics: await evaluateBenchmark(ctx, { task, place, solver: opened.solver }) };
    }
    const tools = { sampler: opened.solver, tokenizer: ctx.tokenizer, domain: ctx.domain, grader: ctx.grader };
    const scores = await scoreQuestions(
      tools,
      chunkOf(questions, dials.chunk, place.step),
      dials,
      deriveSeed(ctx.config.seed, 'evaluate'),
      reporting(ctx, place, 'attempts'),
    );
    const soFar = summarizeScores(about, [...scoresOf(ctx, iteration), ...scores]);
    const partial = { iteration, stage, step: place.step, json: JSON.stringify(scores) };
    return {
      unit: { partial, ...(place.step + 1 === chunks ? { evaluation: soFar } : {}) },
      metrics: evaluationMetrics(soFar),
    };
  };
  const resultOf = (): EvalResult =>
    ctx.store.evaluations().find((one) => one.iteration === iteration) ?? summarizeScores(about, []);
  try {
    await runSteps(ctx, { iteration, stage, steps }, body, () => {
      ctx.emit({ type: 'evaluation', result: resultOf() });
      return evaluationMetrics(resultOf());
    });
  } finally {
    await opened.solver?.close();
  }
  return resultOf();
}

/** The scores that an iteration's evaluation has committed, in test order. */
export function scoresOf(ctx: Pick<RunContext, 'store'>, iteration: number): QuestionScore[] {
  return ctx.store
    .partials(iteration, iteration === 0 ? 'baseline' : 'evaluate')
    .flatMap(({ step, json }): QuestionScore[] => {
      try {
        return JSON.parse(json);
      } catch (cause) {
        throw new StoreError(
          `Chunk ${step} of the evaluation of iteration ${iteration} cannot be read.`,
          'Start a new run: this database is damaged.',
          { cause },
        );
      }
    });
}

function evaluationMetrics(result: EvalResult): Record<string, number> {
  if (result.questions === 0) return {};
  return metricsOf('eval/', {
    mean: result.mean.value,
    majority: result.majority.value,
    greedy: result.greedy.value,
    forced: result.forced?.value ?? null,
    worked: result.worked,
    'completions/mean_length': result.meanTokens,
    'completions/clipped_ratio': result.truncated / (result.questions * result.samples),
  });
}
