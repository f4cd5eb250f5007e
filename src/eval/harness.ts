/**
 * START HERE for tasks. Evaluates a model on tasks: samples replies, stores each of them, grades them, and optionally
 * asks a judge. Stored replies are not sampled again, so an evaluation continues after a kill, or when more samples or
 * questions are requested. Models are found in `generate/open-model.ts`. `task.ts` defines tasks, `scoring/` the
 * grading, `log/log.ts` the storage and `summarize.ts` the results. The held-out test of a run is in `runner.ts`.
 */

import { basename, dirname } from 'node:path';
import type { Grader } from '../answers/grader.ts';
import type { Domain } from '../domains/domain.ts';
import { math } from '../domains/math/domain.ts';
import { type GenerateRequest, type Generator, greedyRequest, type Retry } from '../generate/generator.ts';
import { samplingOptions } from '../engine/sampling-options.ts';
import { deriveSeed } from '../random.ts';
import type { LoadedTask } from './load-task.ts';
import { GRADE_CHUNK, gradePending, isDisputed, tallyMajorities } from './grading.ts';
import { judgeAnswers } from './judges/judge-answer.ts';
import type { EvaluationLog, LoggedItem, Mode, TaskRecord } from './log/log.ts';
import { messagesFor } from './prompts.ts';
import { requireReadable } from './scoring/readable.ts';

export interface EvaluationTools {
  generator: Generator;
  grader: Grader;
  log: EvaluationLog;
  /** Judges answers that the rules call wrong or undecided. */
  judge?: Generator;
  /** Domain whose prompts are used for open questions; default `math`. */
  domain?: Domain;
}

export interface EvaluationDials {
  /** Sampled answers per question, in addition to the greedy one; null: the default of the task's metric. */
  samples: number | null;
  /** Maximum number of questions per task, from the start of the order; null for all. */
  limit: number | null;
}

export interface TaskProgress {
  task: string;
  mode: Mode | 'judging';
  /** Number of replies so far, including stored ones. */
  done: number;
  total: number;
  /** Estimate from the replies of this call; null while there is none. */
  remainingSeconds: number | null;
}

/** A request that is sent again, with the model that did not answer it. */
export type ModelRetry = Retry & { model: string };

export interface EvaluationCtl {
  /** Aborting it cancels running requests; replies received before are kept. */
  signal?: AbortSignal;
  /** Aborting it ends the evaluation after the current chunk. */
  stop?: AbortSignal;
  /** Replies per chunk; `stop` takes effect between chunks. Default 2048. */
  chunk?: number;
  onProgress?: (progress: TaskProgress) => void;
  /** Called before a request is sent again that a host did not answer. */
  onRetry?: (retry: ModelRetry) => void;
}

/** Large enough that a slow reply delays few others, small enough for memory. */
const CHUNK_REPLIES = 2048;
/** Time for grading the last replies when the evaluation was stopped, so that its results are complete. */
const GRADING_AFTER_STOP_MS = 1000;
const MOST_TOKENS = { math: 4096, general: 8192, other: 4096 };

/** Returns the name under which a log stores a task. A benchmark always has its own name. */
export function nameInLog(log: EvaluationLog, { task, from, source, digest }: LoadedTask): string {
  return task.source.hub === null ? log.nameOf({ name: task.name, from, source, digest }) : task.name;
}

/** Returns the log's record of a task, with the number of questions and samples to ask. */
function recordOf(log: EvaluationLog, loaded: LoadedTask, { samples, limit }: EvaluationDials): TaskRecord {
  const { task, items, malformed, from, source, digest, notes } = loaded;
  const own = task.metric.kind === 'mean' ? task.metric.samples : 0;
  const name = nameInLog(log, loaded);
  return {
    name,
    title: name === task.name ? task.title : `${task.title} (${basename(dirname(source))}/${from})`,
    group: task.group,
    grading: task.grading,
    metric: task.metric,
    from,
    source,
    digest,
    total: items.length,
    asked: Math.min(limit ?? items.length, items.length),
    samples: samples ?? own,
    malformed,
    notes,
  };
}

/**
 * Evaluates a task until every question has its replies, grades and judgements in the log. Returns false if it was
 * stopped before.
 *
 * @throws EvalError, before anything is asked, if the references cannot be graded; EngineError, GradingError, StoreError;
 * all replies received before are kept
 */
export async function evaluateTask(
  tools: EvaluationTools,
  loaded: LoadedTask,
  dials: EvaluationDials,
  ctl: EvaluationCtl = {},
): Promise<boolean> {
  const { log, grader } = tools;
  if (tools.judge === undefined) await requireReadable(loaded, grader);
  const record = recordOf(log, loaded, dials);
  log.putTask(record, loggedItems(loaded, record, tools.domain ?? math));
  // Another attempt may decide what a busy machine left open.
  log.reopenStopped(record.name);
  try {
    for (const mode of ['greedy', 'sampled'] as const) {
      if (!(await generate(tools, record, mode, ctl))) return false;
    }
  } catch (error) {
    // Grades the replies before the failure too; the next session grades what is left.
    const limit = ctl.signal?.aborted === true ? AbortSignal.timeout(GRADING_AFTER_STOP_MS) : undefined;
    await gradePending(log, record, grader, limit);
    throw error;
  }
  await gradePending(log, record, grader, ctl.signal);
  if (ctl.signal?.aborted === true) return false;
  await tallyMajorities(log, record, grader);
  if (tools.judge !== undefined) return judgeTask(tools.judge, log, record, ctl);
  return true;
}

function loggedItems({ task, items }: LoadedTask, { asked }: TaskRecord, domain: Domain): LoggedItem[] {
  return items.slice(0, asked).map((item, position) => ({
    ...item,
    position,
    prompt: messagesFor(item, task.grading, domain),
  }));
}

/** Samples the missing replies of one mode in chunks, and grades each chunk. */
async function generate(tools: EvaluationTools, record: TaskRecord, mode: Mode, ctl: EvaluationCtl): Promise<boolean> {
  const { log, generator, grader } = tools;
  const wanted = mode === 'greedy' ? 1 : record.samples;
  const counts = log.counts(record.name, mode, record.asked);
  const missing = counts.flatMap((have, position) => (have < wanted ? [{ position, have }] : []));
  const total = record.asked * wanted;
  let done = total - missing.reduce((sum, { have }) => sum + wanted - have, 0);
  const remaining = remainingTime(done, total);
  const size = Math.max(1, Math.floor((ctl.chunk ?? CHUNK_REPLIES) / Math.max(1, wanted)));
  for (let at = 0; at < missing.length; at += size) {
    if (ctl.stop?.aborted === true) return false;
    const chunk = missing.slice(at, at + size);
    const items = new Map(
      log.items(record.name, chunk[0].position, (chunk.at(-1)?.position ?? 0) + 1).map((item) => [item.position, item]),
    );
    const requests = chunk.flatMap(({ position, have }) => {
      const item = items.get(position);
      return item === undefined ? [] : [requestFor(tools, record, item, { mode, have, wanted })];
    });
    const started = performance.now();
    try {
      await generator.generate(requests, {
        signal: ctl.signal,
        onRetry: (retry) => ctl.onRetry?.({ ...retry, model: generator.name }),
        onReply(index, replies) {
          const { position, have } = chunk[index];
          log.addReplies(record.name, { position, mode, first: have }, replies);
          done += replies.length;
          ctl.onProgress?.({ task: record.name, mode, done, total, remainingSeconds: remaining(done) });
        },
      });
    } finally {
      log.addSeconds(record.name, mode, (performance.now() - started) / 1000);
      log.addNotes(generator.notes?.() ?? []);
    }
    await gradePending(log, record, grader, ctl.signal);
  }
  return true;
}

/** Returns a function from the replies so far to the seconds left at the rate since now; null before the first reply. */
function remainingTime(before: number, total: number): (done: number) => number | null {
  const started = performance.now();
  return (done) =>
    done <= before ? null : ((performance.now() - started) / 1000 / (done - before)) * Math.max(0, total - done);
}

function requestFor(
  { log }: EvaluationTools,
  record: TaskRecord,
  item: LoggedItem,
  { mode, have, wanted }: { mode: Mode; have: number; wanted: number },
): GenerateRequest {
  const { settings } = log.about();
  const maxTokens = settings.maxTokens ?? MOST_TOKENS[record.group];
  if (mode === 'greedy') {
    return greedyRequest(item.prompt, maxTokens);
  }
  // Additional samples of a question need another seed to be new draws.
  const seed = deriveSeed(settings.seed, 'task', record.name, item.id, have);
  return { messages: item.prompt, n: wanted - have, ...samplingOptions({ ...settings, maxTokens }), seed };
}

/** Asks the judge about every disputed sample that it has not judged. Multiple choice needs no judge. */
async function judgeTask(
  judge: Generator,
  log: EvaluationLog,
  record: TaskRecord,
  ctl: EvaluationCtl,
): Promise<boolean> {
  if (record.grading === 'letter') return true;
  const remaining = remainingTime(0, record.asked);
  for (let from = 0; from < record.asked; from += GRADE_CHUNK) {
    if (ctl.stop?.aborted === true) return false;
    const to = Math.min(from + GRADE_CHUNK, record.asked);
    const items = new Map(log.items(record.name, from, to).map((item) => [item.position, item]));
    const disputed = log
      .samples(record.name, from, to)
      .filter((sample) => isDisputed(sample) && sample.judgement?.judge !== judge.name);
    const asked = disputed.flatMap((sample) => {
      const item = items.get(sample.position);
      return item === undefined ? [] : [{ item, candidate: sample.extracted ?? '' }];
    });
    if (asked.length === 0) continue;
    try {
      await judgeAnswers(judge, asked, {
        signal: ctl.signal,
        onRetry: (retry) => ctl.onRetry?.({ ...retry, model: judge.name }),
        onJudgement(at, judgement) {
          const { position, mode, n } = disputed[at];
          log.putJudgements(record.name, [{ position, mode, n, ...judgement }]);
        },
      });
    } finally {
      log.addNotes((judge.notes?.() ?? []).map((note) => `The judge ${judge.name}: ${note}`));
    }
    ctl.onProgress?.({
      task: record.name,
      mode: 'judging',
      done: to,
      total: record.asked,
      remainingSeconds: remaining(to),
    });
  }
  return true;
}
