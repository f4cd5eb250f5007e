/**
 * Stage 6 (and the baseline): the Solver on the domain's held-out test, on further tests after it, then on the
 * config's benchmarks. Committed in chunks of the tests, then task by task; `eval/` does the scoring.
 */

import { type QuestionScore, scoreQuestions, summarizeScores } from '../eval/runner.ts';
import type { Sampler, WeightsRef } from '../engine/engine.ts';
import type { HeldOutQuestion } from '../domains/domain.ts';
import { deriveSeed } from '../random.ts';
import { type PartialKind, partialResult } from '../store/partials.ts';
import type { EvalResult } from '../types.ts';
import { evaluateBenchmark } from './benchmarks.ts';
import { type RunContext, reporting, type StepPlace } from './context.ts';
import { chunkCount, chunkOf, runSteps, type StepOutcome } from './cursor.ts';
import { metricsOf } from './metrics.ts';
import { taskScores } from './partials.ts';

/** Questions to measure on. */
export interface Test {
  task: string;
  questions: readonly HeldOutQuestion[];
}

/** Evaluates the Solver after `iteration` (0: the base). Seeds do not depend on the iteration, so that iterations compare question by question. */
export async function evaluate(
  ctx: RunContext,
  from: { iteration: number; solver: WeightsRef; more?: readonly Test[] },
): Promise<EvalResult> {
  const { iteration } = from;
  const stage = iteration === 0 ? 'baseline' : 'evaluate';
  const dials = ctx.config.evaluation;
  const own: Test = {
    task: ctx.domain.name,
    questions: dials.questions > 0 ? ctx.domain.heldOut(dials.questions) : [],
  };
  const tests = [own, ...(from.more ?? [])];
  const chunks = tests.flatMap((test) => chunksOf(test, dials.chunk));
  const about = (task: string): { iteration: number; task: string; samples: number } => ({
    iteration,
    task,
    samples: dials.samples,
  });
  const opened: { solver: Sampler | null } = { solver: null };
  const body = async (place: StepPlace): Promise<StepOutcome> => {
    opened.solver ??= await ctx.engine.openSampler(from.solver);
    if (place.step >= chunks.length) {
      const benchmark = dials.tasks[place.step - chunks.length];
      return { unit: {}, metrics: await evaluateBenchmark(ctx, { task: benchmark, place, solver: opened.solver }) };
    }
    const { task, questions, isLast } = chunks[place.step];
    const tools = { sampler: opened.solver, tokenizer: ctx.tokenizer, domain: ctx.domain, grader: ctx.examiner };
    const scores = await scoreQuestions(
      tools,
      questions,
      dials,
      deriveSeed(ctx.config.seed, 'evaluate'),
      reporting(ctx, place, 'attempts'),
    );
    const soFar = summarizeScores(about(task), [...scoresOf(ctx, iteration, task), ...scores]);
    const partials = [partialResult(scoresKind(ctx, iteration, task), place, scores)];
    return {
      unit: { partials, ...(isLast ? { evaluation: soFar } : {}) },
      metrics: evaluationMetrics(soFar, task === own.task ? 'eval/' : `eval/${task}/`),
    };
  };
  const resultOf = (task: string): EvalResult =>
    ctx.store.evaluations().find((one) => one.iteration === iteration && one.task === task) ??
    summarizeScores(about(task), []);
  try {
    await runSteps(ctx, { iteration, stage, steps: chunks.length + dials.tasks.length }, body, () => {
      for (const { task } of tests) ctx.emit({ type: 'evaluation', result: resultOf(task) });
      return evaluationMetrics(resultOf(own.task), 'eval/');
    });
  } finally {
    await opened.solver?.close();
  }
  return resultOf(own.task);
}

interface Chunk extends Test {
  isLast: boolean;
}

function chunksOf({ task, questions }: Test, size: number): Chunk[] {
  const count = chunkCount(questions.length, size);
  return Array.from({ length: count }, (_, at) => ({
    task,
    questions: chunkOf(questions, size, at),
    isLast: at + 1 === count,
  }));
}

function scoresKind(
  { store }: Pick<RunContext, 'store'>,
  iteration: number,
  task: string,
): PartialKind<QuestionScore[]> {
  return taskScores(iteration === 0 ? 'baseline' : 'evaluate', task === store.meta().config.domain ? null : task);
}

/** The scores that an iteration's evaluation has committed, in test order; by default on the domain's own test. */
export function scoresOf(
  ctx: Pick<RunContext, 'store'>,
  iteration: number,
  task: string = ctx.store.meta().config.domain,
): QuestionScore[] {
  return ctx.store.partials(scoresKind(ctx, iteration, task), iteration).flatMap(({ value }) => value);
}

function evaluationMetrics(result: EvalResult, prefix: string): Record<string, number> {
  if (result.questions === 0) return {};
  return metricsOf(prefix, {
    mean: result.mean.value,
    majority: result.majority.value,
    greedy: result.greedy.value,
    forced: result.forced?.value ?? null,
    worked: result.worked,
    'completions/mean_length': result.meanTokens,
    'completions/clipped_ratio': result.truncated / (result.questions * result.samples),
  });
}
