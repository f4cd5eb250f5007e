/**
 * Evaluates an iteration's Solver on the benchmarks of the config. The replies are stored in the run, in
 * `evaluations/iteration-N`. An interrupted task continues from them, and `rzero eval --rescore` reads them.
 */

import { join } from 'node:path';
import type { Grader } from '../answers/grader.ts';
import type { Sampler } from '../engine/engine.ts';
import type { Flow } from '../engine/flow/flow.ts';
import { samplingOptions } from '../engine/sampling-options.ts';
import { type LoadedTask, loadTask } from '../eval/load-task.ts';
import { EvalError } from '../errors.ts';
import { evaluateTask } from '../eval/harness.ts';
import { localGenerator } from '../generate/local-generator.ts';
import { type EvaluationAbout, openLog } from '../eval/log/log.ts';
import { requireReadable } from '../eval/scoring/readable.ts';
import type { Task } from '../eval/task.ts';
import { textSettings } from '../eval/log/text-settings.ts';
import { identityOf } from '../generate/open-model.ts';
import type { TaskResult } from '../eval/summarize.ts';
import { EVALUATIONS, writeResults } from '../eval/report/results.ts';
import { deriveSeed } from '../random.ts';
import { WINDOW } from './ahead.ts';
import { type RunContext, reporting, type StepPlace } from './context.ts';
import { StopRequested } from './cursor.ts';
import { metricsOf } from './metrics.ts';
import { TASK_DATA, type TaskData } from './partials.ts';
import { newRunCommand, resumeName } from '../store/failures.ts';
import type { RunStore } from '../store/store.ts';

/** The metrics of a benchmark, and the questions that it asked. */
export interface BenchmarkOutcome {
  metrics: Record<string, number>;
  data: TaskData[];
}

/**
 * Evaluates one entry of `evaluation.tasks`.
 * @throws StopRequested, or the error of an aborted call, after the user asked for a stop; finished replies are kept
 * @throws EvalError if a task has other questions than in an earlier iteration
 */
export async function evaluateBenchmark(
  ctx: RunContext,
  { task: name, place, solver, flow }: { task: string; place: StepPlace; solver: Sampler; flow: Flow },
): Promise<BenchmarkOutcome> {
  const { evaluation } = ctx.config;
  const dataDir = evaluation.dataDir || process.env.RZERO_DATA;
  const log = openLog(
    join(ctx.store.dir, EVALUATIONS, `iteration-${place.iteration}`),
    await aboutOf(ctx, place, solver),
  );
  const { tokenizer, maxContext, examiner, domain } = ctx;
  const generator = localGenerator({
    name: log.about().model.name,
    sampler: solver,
    tokenizer,
    maxContext,
    batch: ctx.engine.slots,
    flow,
  });
  const { onProgress } = reporting(ctx, place, `answers to ${name}`);
  try {
    const tasks = ctx.tasks.get(name) ?? [];
    const data: TaskData[] = [];
    for (const task of tasks) {
      const loaded = await loadTask(task, { dataDir, hub: { signal: ctx.stop } });
      data.push(sameData(ctx.store, place.iteration, loaded));
      for (const message of loaded.notes) ctx.emit({ type: 'warning', message });
      const complete = await evaluateTask(
        { generator, grader: examiner, log, domain },
        loaded,
        { samples: null, limit: evaluation.taskQuestions || null },
        {
          signal: ctx.stop,
          stop: ctx.stop,
          // Replies are kept as they arrive, so a chunk only has to be long enough for its slowest reply.
          chunk: flow.overlaps ? Math.max(evaluation.chunk, WINDOW * flow.slots) : evaluation.chunk,
          onProgress: ({ done, total }) => onProgress?.({ done, total, tokensPerSecond: null }),
        },
      );
      if (!complete) throw new StopRequested();
    }
    const results = writeResults(log);
    const names = new Set(tasks.map((task) => task.name));
    const metrics = results.tasks.filter(({ task }) => names.has(task)).map(taskMetrics);
    return { metrics: Object.assign({}, ...metrics), data };
  } finally {
    log.close();
  }
}

const ADVICE =
  'Name the column with short final answers (evaluation.answer), or the one with choices (evaluation.choices), or compare texts (evaluation.grading = "text").';

/**
 * Reads the data files of a new run's own tasks, so that a file that cannot be read or graded stops the run before it
 * starts. Published benchmarks are read when they are evaluated, because they may have to be downloaded.
 * @throws ConfigError or EvalError with the reason
 */
export async function checkTaskFiles(
  tasks: Iterable<readonly Task[]>,
  examiner: Grader,
  dataDir: string | undefined,
): Promise<void> {
  for (const task of [...tasks].flat()) {
    if (task.source.hub === null) await requireReadable(await loadTask(task, { dataDir }), examiner, ADVICE);
  }
}

/** Returns the questions of a task. Throws EvalError if an earlier iteration of the run was asked others. */
function sameData(store: RunStore, iteration: number, { task, from, digest }: LoadedTask): TaskData {
  const earlier = Array.from({ length: iteration + 1 }, (_, at) => store.partials(TASK_DATA, at))
    .flat()
    .flatMap(({ value }) => value)
    .find((one) => one.task === task.name);
  if (earlier === undefined || earlier.digest === digest) return { task: task.name, from, digest };
  throw new EvalError(
    `The questions of the benchmark ${task.title} (${from}) changed since the run started (${earlier.from}).`,
    `Restore the data, and continue with \`rzero resume ${resumeName(store.dir)}\`; or start a new run: \`${newRunCommand(store.dir)}\`.`,
  );
}

async function aboutOf(
  ctx: Pick<RunContext, 'config' | 'store'>,
  { iteration }: StepPlace,
  { ref }: Sampler,
): Promise<EvaluationAbout> {
  return {
    model: {
      kind: 'run',
      name: `${ctx.store.meta().id}@${iteration}`,
      ...(await identityOf(ref)),
      iteration,
    },
    // The same seed in every iteration, so that results can be compared question by question.
    settings: {
      seed: deriveSeed(ctx.config.seed, 'tasks'),
      ...samplingOptions(ctx.config.evaluation),
      prompts: ctx.config.domain,
      text: textSettings(ctx.config),
    },
  };
}

function taskMetrics(result: TaskResult): Record<string, number> {
  const answers = Object.values(result.verdicts).reduce((sum, count) => sum + count, 0);
  return metricsOf(`eval/task/${result.task}/`, {
    score: result.score?.value ?? null,
    'completions/mean_length': result.meanTokens,
    unparsable: answers === 0 ? null : result.verdicts.unparsable / answers,
    undecided: answers === 0 ? null : result.verdicts.undecided / answers,
  });
}
