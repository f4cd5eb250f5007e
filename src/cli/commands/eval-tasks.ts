/**
 * `rzero eval --tasks …`: a model on benchmarks, with a baseline to compare with and a judge to look again where
 * asked for. Everything is kept in the evaluation's folder; the same command goes on where it stopped, and
 * `--rescore` grades what is kept without any model.
 */

import { resolve } from 'node:path';
import type { Grader } from '../../answers/grader.ts';
import type { RunConfig } from '../../config/schema.ts';
import { loadDomain } from '../../domains/index.ts';
import type { Generator } from '../../engine/generator.ts';
import { ConfigError, EngineError } from '../../errors.ts';
import { findTasks } from '../../eval/benchmarks/index.ts';
import { ownFileTask } from '../../eval/benchmarks/own-file.ts';
import { compareLogs, type Comparison } from '../../eval/comparison.ts';
import { type LoadedTask, loadTask } from '../../eval/data/load-task.ts';
import { regrade } from '../../eval/grading.ts';
import { evaluateTask, type TaskProgress } from '../../eval/harness.ts';
import { lazyGenerator } from '../../eval/lazy-generator.ts';
import { type EvaluationLog, type EvaluationSettings, isEvaluation, openLog, readLog } from '../../eval/log.ts';
import { findEvaluated, type FoundModel, openGenerator } from '../../eval/model.ts';
import { summarize } from '../../eval/report.ts';
import { evaluationFolder, writeResults } from '../../eval/results.ts';
import { evaluationGrader } from '../../eval/scoring/math.ts';
import type { Task } from '../../eval/task.ts';
import { printJson, printLines, type Io } from '../io.ts';
import type { CommonFlags } from '../options.ts';
import { comparisonLines, resultLines } from '../render/evaluation.ts';
import { clean, count } from '../render/format.ts';
import { configOf } from '../settings.ts';
import { onStopRequest } from '../signals.ts';

export interface EvalTaskFlags extends CommonFlags {
  model?: string;
  tasks?: string;
  task?: string;
  question?: string;
  answer?: string;
  choices?: string;
  dataDir?: string;
  baseline?: string;
  judge?: string;
  k?: number;
  limit?: number;
  maxTokens?: number;
  temperature?: number;
  seed?: number;
  domain?: string;
  out?: string;
  rescore?: boolean;
  set?: string[];
}

/** Whether flags ask for benchmarks, and not for the domain's held-out test. */
export function asksForTasks({ tasks, task, rescore }: EvalTaskFlags): boolean {
  return tasks !== undefined || task !== undefined || rescore === true;
}

/** Exit code 0, or the signal's when it was stopped by one. */
export async function run(flags: EvalTaskFlags, io: Io): Promise<number> {
  const grader = evaluationGrader();
  const closers: (() => void | Promise<void>)[] = [() => grader.close()];
  const closing = <T extends { close(): void | Promise<void> }>(opened: T): T => {
    closers.push(() => opened.close());
    return opened;
  };
  try {
    return await play(flags, grader, io, closing);
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

async function play(
  flags: EvalTaskFlags,
  grader: Grader,
  io: Io,
  closing: <T extends { close(): void | Promise<void> }>(opened: T) => T,
): Promise<number> {
  if (flags.rescore === true && flags.out !== undefined && flags.model === undefined) {
    return rescore(flags, closing(openLog(flags.out)), grader, io);
  }
  const options = { runsDir: flags.runsDir ?? 'runs' };
  const found = await findEvaluated(flags.model ?? configOf({}).model, options);
  const plan = planOf(flags, found);
  if (flags.rescore === true) return rescore(flags, closing(openLog(plan.folder)), grader, io);
  const tasks = await loadAll(flags, io);
  const judge =
    flags.judge === undefined ? undefined : closing(openNamed(await findEvaluated(flags.judge, options), flags));
  const baseline = flags.baseline === undefined ? null : await findBaseline(flags.baseline, plan, options);
  const stop = stopOnSignal(io);
  try {
    const work = { tasks, flags, grader, judge, io, stop };
    const log = closing(openLog(plan.folder, { model: found.identity, settings: plan.settings }));
    await evaluate(found, log, work);
    if (baseline === null || stop.exitCode() !== null) {
      show(flags, io, log, namesOf(tasks), null);
      return stop.exitCode() ?? 0;
    }
    if (baseline.found !== null) {
      const other = closing(openLog(baseline.folder, { model: baseline.found.identity, settings: plan.settings }));
      await evaluate(baseline.found, other, work);
    }
    const other = closing(readLog(baseline.folder));
    show(flags, io, log, namesOf(tasks), compareLogs(other, log, namesOf(tasks)));
    return stop.exitCode() ?? 0;
  } finally {
    stop.dispose();
  }
}

interface Plan {
  settings: EvaluationSettings;
  folder: string;
}

function planOf(flags: EvalTaskFlags, found: FoundModel): Plan {
  const own: Partial<RunConfig> = found.config ?? {};
  const config = configOf({ set: flags.set }, { ...own });
  const { temperature, topP, topK } = config.evaluation;
  const settings: EvaluationSettings = {
    seed: flags.seed ?? config.seed,
    temperature: flags.temperature ?? temperature,
    topP,
    topK,
    maxTokens: flags.maxTokens ?? null,
    prompts: loadDomain(flags.domain ?? found.config?.domain ?? 'math').name,
  };
  return { settings, folder: flags.out ?? evaluationFolder(found, settings) };
}

async function loadAll(flags: EvalTaskFlags, io: Io): Promise<LoadedTask[]> {
  const tasks: Task[] = [...(flags.tasks === undefined ? [] : findTasks(flags.tasks)), ...ownTask(flags)];
  const dataDir = flags.dataDir ?? process.env.RZERO_DATA;
  const onFile = (path: string, bytes: number | null): void =>
    io.err(`downloading ${clean(path)}${bytes === null ? '' : ` (${count(bytes / 1e3)} kB)`}\n`);
  const loaded: LoadedTask[] = [];
  for (const task of tasks) loaded.push(await loadTask(task, { dataDir, hub: { onFile } }));
  return loaded;
}

function ownTask({ task, question, answer, choices }: EvalTaskFlags): Task[] {
  if (task === undefined) return [];
  if (question === undefined || answer === undefined) {
    throw new ConfigError(
      `--task ${task} needs to know which column is what.`,
      'Add --question COLUMN --answer COLUMN, and --choices COLUMN for multiple choice.',
    );
  }
  return [ownFileTask(task, { question, answer, choices })];
}

interface Work {
  tasks: readonly LoadedTask[];
  flags: EvalTaskFlags;
  grader: Grader;
  judge: Generator | undefined;
  io: Io;
  stop: StopSignal;
}

/** Brings one model's log to where everything asked is answered, or to where it was stopped. What is stored already opens no model. */
async function evaluate(found: FoundModel, log: EvaluationLog, work: Work): Promise<void> {
  const { tasks, flags, grader, judge, io, stop } = work;
  const generator = openNamed(found, flags);
  const onProgress = progressNotes(io, found.identity.name);
  const { settings } = log.about();
  const tools = { generator, grader, log, judge, domain: loadDomain(settings.prompts) };
  const dials = { samples: flags.k ?? null, limit: flags.limit ?? null };
  try {
    for (const loaded of tasks) {
      if (!(await evaluateTask(tools, loaded, dials, { signal: stop.signal, stop: stop.signal, onProgress }))) break;
    }
    writeResults(log.dir, summarize(log));
  } catch (error) {
    if (!(error instanceof EngineError && error.kind === 'aborted' && stop.exitCode() !== null)) throw error;
  } finally {
    await generator.close();
  }
}

function openNamed(found: FoundModel, flags: EvalTaskFlags): Generator {
  return lazyGenerator(found.identity.name, () => openGenerator(found, flags.set));
}

interface Baseline {
  folder: string;
  /** Null: an evaluation's folder was named, which is taken as it is. */
  found: FoundModel | null;
}

/** Another model is evaluated in the same way as the first. */
async function findBaseline(spec: string, plan: Plan, options: { runsDir: string }): Promise<Baseline> {
  const found = isEvaluation(spec) ? null : await findEvaluated(spec, options);
  const folder = found === null ? spec : evaluationFolder(found, plan.settings);
  if (resolve(folder) === resolve(plan.folder)) {
    throw new ConfigError(`The baseline ${spec} is the model itself.`, 'Name another one.');
  }
  return { folder, found };
}

async function rescore(flags: EvalTaskFlags, log: EvaluationLog, grader: Grader, io: Io): Promise<number> {
  const names = flags.tasks === undefined ? undefined : findTasks(flags.tasks).map(({ name }) => name);
  for (const record of log.tasks()) {
    if (names === undefined || names.includes(record.name)) await regrade(log, record, grader);
  }
  writeResults(log.dir, summarize(log));
  show(flags, io, log, names, null);
  return 0;
}

function show(
  flags: EvalTaskFlags,
  io: Io,
  log: EvaluationLog,
  names: readonly string[] | undefined,
  comparison: Comparison | null,
): void {
  const results = summarize(log, names);
  if (flags.json === true) return printJson(io, { folder: log.dir, ...results, comparison });
  printLines(io, resultLines(results, log.dir, io.palette));
  if (comparison !== null) printLines(io, ['', ...comparisonLines(comparison, io.palette)]);
}

function namesOf(tasks: readonly LoadedTask[]): string[] {
  return tasks.map(({ task }) => task.name);
}

const NOTE_SECONDS = 5;

function progressNotes(io: Io, name: string): (progress: TaskProgress) => void {
  let last = io.now();
  return ({ task, mode, done, total }) => {
    if (io.now() - last < NOTE_SECONDS) return;
    last = io.now();
    io.err(`${clean(name)} · ${task} · ${mode}: ${count(done)} of ${count(total)}\n`);
  };
}

interface StopSignal {
  signal: AbortSignal;
  exitCode(): number | null;
  dispose(): void;
}

/** The first Ctrl-C gives up the replies under way and reports what there is; the next leaves at once. */
function stopOnSignal(io: Io): StopSignal {
  const controller = new AbortController();
  const requests = onStopRequest(
    () => {
      io.err('stopping; the same command goes on from here\n');
      controller.abort();
    },
    (exitCode) => process.exit(exitCode),
  );
  return { signal: controller.signal, exitCode: requests.exitCode, dispose: requests.dispose };
}
