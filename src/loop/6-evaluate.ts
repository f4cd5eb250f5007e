/**
 * Stage 6, and the baseline: evaluates the Solver on the domain's held-out test, then on additional tests, then on the
 * benchmarks of the config. It commits a test chunk by chunk and a benchmark as a whole. `eval/` does the scoring.
 */

import { type QuestionScore, scoreQuestions, summarizeScores } from '../eval/runner.ts';
import type { WeightsRef } from '../engine/engine.ts';
import { createFlow } from '../engine/flow/flow.ts';
import type { HeldOutQuestion } from '../domains/domain.ts';
import { moduleLabel } from '../modules.ts';
import { deriveSeed } from '../random.ts';
import { type PartialKind, partialResult } from '../store/partials.ts';
import type { EvalResult } from '../types.ts';
import { lookAhead } from './ahead.ts';
import { evaluateBenchmark } from './benchmarks.ts';
import { type RunContext, reporting, type StepPlace } from './context.ts';
import { chunkCount, chunkOf, runSteps, type StepOutcome } from './cursor.ts';
import { metricsOf } from './metrics.ts';
import { openOnce } from './open-once.ts';
import { TASK_DATA, taskScores } from './partials.ts';
import { PAST_END } from './watch/past-end.ts';

/** A named list of questions to evaluate on. */
export interface Test {
  task: string;
  questions: readonly HeldOutQuestion[];
}

/**
 * Evaluates the Solver after `iteration` (0 = the base model) and returns the result on the domain's test. The seeds
 * do not depend on the iteration, so results can be compared question by question.
 * @param from.more additional tests, after the domain's own
 */
export async function evaluate(
  ctx: RunContext,
  from: { iteration: number; solver: WeightsRef; more?: readonly Test[] },
): Promise<EvalResult> {
  const { iteration } = from;
  const stage = iteration === 0 ? 'baseline' : 'evaluate';
  const settings = ctx.config.evaluation;
  const own: Test = {
    task: moduleLabel(ctx.config.domain),
    questions: settings.questions > 0 ? (ctx.domain.heldOut?.questions(settings.questions) ?? []) : [],
  };
  const tests = [own, ...(from.more ?? [])];
  const chunks = tests.flatMap((test) => chunksOf(test, settings.chunk));
  const about = (task: string): { iteration: number; task: string; samples: number } => ({
    iteration,
    task,
    samples: settings.samples,
  });
  const flow = createFlow(ctx.engine);
  const solver = openOnce(() => ctx.engine.openSampler(from.solver, { role: 'solver' }));
  const ahead = lookAhead(ctx, {
    flow,
    // A benchmark keeps its replies as they arrive, and waits for its turn.
    completions: (step) => (step < chunks.length ? chunks[step].questions.length * attemptsPerQuestion(ctx) : 0),
    async work(calls, place): Promise<QuestionScore[]> {
      const { tokenizer, domain, executor, examiner: grader } = ctx;
      const tools = { sampler: await solver.get(), flow, tokenizer, domain, executor, grader };
      return scoreQuestions(tools, chunks[place.step].questions, settings, {
        seed: deriveSeed(ctx.config.seed, 'evaluate'),
        ctl: reporting(calls, place, 'attempts'),
      });
    },
  });
  const body = async (place: StepPlace): Promise<StepOutcome> => {
    if (place.step >= chunks.length) {
      const benchmark = settings.tasks[place.step - chunks.length];
      const { metrics, data } = await evaluateBenchmark(ctx, {
        task: benchmark,
        place,
        solver: await solver.get(),
        flow,
      });
      return { unit: { partials: [partialResult(TASK_DATA, place, data)] }, metrics };
    }
    const { task, isLast } = chunks[place.step];
    const scores = await ahead.take(place);
    const soFar = summarizeScores(about(task), [...scoresOf(ctx, iteration, task), ...scores]);
    const partials = [partialResult(scoresKind(ctx, iteration, task), place, scores)];
    return {
      unit: { partials, ...(isLast ? { evaluation: soFar } : {}) },
      metrics: {
        ...evaluationMetrics(soFar, task === own.task ? 'eval/' : `eval/${task}/`),
        ...pastEndOf(scores, settings.samples),
      },
    };
  };
  const resultOf = (task: string): EvalResult =>
    ctx.store.evaluations().find((one) => one.iteration === iteration && one.task === task) ??
    summarizeScores(about(task), []);
  try {
    await runSteps(ctx, { iteration, stage, steps: chunks.length + settings.tasks.length }, body, () => {
      for (const { task } of tests) ctx.emit({ type: 'evaluation', result: resultOf(task) });
      return evaluationMetrics(resultOf(own.task), 'eval/');
    });
  } finally {
    await ahead.stop();
    await solver.close();
  }
  return resultOf(own.task);
}

/** Returns the number of completions that a question of the test takes at most. */
function attemptsPerQuestion({ config: { evaluation } }: Pick<RunContext, 'config'>): number {
  return evaluation.samples * (evaluation.forced ? 2 : 1) + 1;
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
  { config }: Pick<RunContext, 'config'>,
  iteration: number,
  task: string,
): PartialKind<QuestionScore[]> {
  return taskScores(iteration === 0 ? 'baseline' : 'evaluate', task === moduleLabel(config.domain) ? null : task);
}

/** Returns the committed scores of an iteration's evaluation, in test order. Default task: the domain's own test. */
export function scoresOf(
  ctx: Pick<RunContext, 'config' | 'store'>,
  iteration: number,
  task: string = moduleLabel(ctx.config.domain),
): QuestionScore[] {
  return ctx.store.partials(scoresKind(ctx, iteration, task), iteration).flatMap(({ value }) => value);
}

/** Returns the share of a chunk's attempts that go on after the end of their turn; empty if none does. */
function pastEndOf(scores: readonly QuestionScore[], samples: number): Record<string, number> {
  const past = scores.reduce((sum, score) => sum + (score.pastEnd ?? 0), 0);
  return past === 0 ? {} : { [`eval/completions/${PAST_END}`]: past / (scores.length * samples) };
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
