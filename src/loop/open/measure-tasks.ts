/**
 * Stage 6 of an open domain, and the baseline: samples responses to the held-out tasks, measures their hidden quality with
 * two proxies next to it, and runs the benchmarks of the config. An audit only: no stage reads what it finds.
 */

import { measureQuality, type MeasuredTask } from '../../eval/quality/measure.ts';
import { proxiesRight, summarizeQuality, type TaskQuality } from '../../eval/quality/summarize.ts';
import type { Sampler, WeightsRef } from '../../engine/engine.ts';
import { createFlow } from '../../engine/flow/flow.ts';
import { deriveSeed } from '../../random.ts';
import { likelihoodScorer } from '../../scoring/model-scorers.ts';
import { scoresOf } from '../../scoring/scorer.ts';
import { consensus } from '../../scoring/text-scorers.ts';
import { partialResult } from '../../store/partials.ts';
import type { QualityResult } from '../../types.ts';
import { evaluateBenchmark } from '../benchmarks.ts';
import { type RunContext, reporting, type StepPlace } from '../context.ts';
import { chunkCount, chunkOf, runSteps, type StepOutcome } from '../cursor.ts';
import { metricsOf } from '../metrics.ts';
import { openOnce } from '../open-once.ts';
import { TASK_DATA } from '../partials.ts';
import { TASK_QUALITY } from './partials.ts';
import { qualityOf, tasksOf } from './quality-results.ts';

/** Measures the Solver after `iteration` (0 = the base model). The seeds do not depend on the iteration. */
export async function measureTasks(ctx: RunContext, from: { iteration: number; solver: WeightsRef }): Promise<void> {
  const { iteration } = from;
  const settings = ctx.config.evaluation;
  const held = settings.questions > 0 ? (ctx.domain.heldOutTasks?.tasks(settings.questions) ?? []) : [];
  const chunks = chunkCount(held.length, settings.chunk);
  const solver = openOnce(() => ctx.engine.openSampler(from.solver, { role: 'solver' }));
  const base = openOnce(() => ctx.engine.openSampler(ctx.base, { role: 'solver', reference: true }));
  const body = async (place: StepPlace): Promise<StepOutcome> => {
    if (place.step >= chunks) {
      const task = settings.tasks[place.step - chunks];
      const flow = createFlow(ctx.engine);
      const { metrics, data } = await evaluateBenchmark(ctx, { task, place, solver: await solver.get(), flow });
      return { unit: { partials: [partialResult(TASK_DATA, place, data)] }, metrics };
    }
    const models = { solver: await solver.get(), base: await base.get() };
    const measured = await measureChunk(ctx, place, models, chunkOf(held, settings.chunk, place.step));
    const all = [...tasksOf(ctx.store, iteration), ...measured];
    return {
      unit: { partials: [partialResult(TASK_QUALITY, place, measured)] },
      metrics: qualityMetrics(iteration, all),
    };
  };
  const stage = iteration === 0 ? 'baseline' : 'evaluate';
  const title = `${iteration === 0 ? 'Base: the model as it is' : 'the new Solver'} responds to the held-out tasks`;
  try {
    await runSteps(ctx, { iteration, stage, steps: chunks + settings.tasks.length, title }, body, () => {
      const result = qualityOf(ctx.store, iteration);
      if (result !== null) ctx.emit({ type: 'quality', result });
      return qualityMetrics(iteration, tasksOf(ctx.store, iteration));
    });
  } finally {
    await solver.close();
    await base.close();
  }
}

async function measureChunk(
  ctx: RunContext,
  place: StepPlace,
  { solver, base }: { solver: Sampler; base: Sampler },
  tasks: readonly string[],
): Promise<TaskQuality[]> {
  const { tokenizer, domain, config } = ctx;
  const measured = await measureQuality({ sampler: solver, tokenizer, domain }, tasks, config.evaluation, {
    seed: deriveSeed(config.seed, 'evaluate'),
    ctl: reporting(ctx, place, 'responses'),
  });
  const likelihood = await scoresOf(likelihoodScorer(base), measured, reporting(ctx, place, 'scores'));
  const agreeing = await scoresOf(consensus, measured);
  return measured.map(({ task, responses, qualities, truncated }: MeasuredTask, at) => ({
    task,
    responses: responses.map(({ text }) => text),
    criteria: qualities?.map(({ byCriterion }) => named(domain.criteria ?? [], byCriterion)) ?? null,
    likelihood: likelihood[at],
    consensus: agreeing[at],
    truncated,
  }));
}

function named(names: readonly string[], values: readonly number[]): Record<string, number> {
  return Object.fromEntries(names.map((name, at) => [name, values[at]]));
}

function qualityMetrics(iteration: number, tasks: readonly TaskQuality[]): Record<string, number> {
  const result = summarizeQuality(tasks, iteration);
  return result === null ? {} : { ...numbersOf(result), ...metricsOf('eval/pairs_right/', { ...proxiesRight(tasks) }) };
}

function numbersOf(result: QualityResult): Record<string, number> {
  const { mean, byCriterion, variety, characters, likelihood, consensus: agreeing, truncated, tasks, samples } = result;
  return {
    ...metricsOf('eval/', {
      quality: mean?.value ?? null,
      variety,
      characters,
      likelihood,
      consensus: agreeing,
      'completions/clipped_ratio': truncated / (tasks * samples),
    }),
    ...metricsOf('eval/quality/', byCriterion),
  };
}
