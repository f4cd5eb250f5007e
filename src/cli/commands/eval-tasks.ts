/**
 * `rzero eval --tasks …`: evaluates a model on benchmarks, optionally with a baseline for comparison and a judge that
 * reviews failed answers. All answers are stored in the evaluation's folder, so the same command continues a stopped
 * evaluation. `--rescore` grades stored answers again, and without a task a stored evaluation is only shown: neither
 * needs a model. Output is in `eval-output.ts`, API keys and budgets in `eval-access.ts`.
 */

import { relative, resolve } from 'node:path';
import type { Grader } from '../../answers/grader.ts';
import type { RunConfig } from '../../config/schema.ts';
import { openDomain } from '../../domains/open-domain.ts';
import { openDomainFrom } from '../../loop/run/code-record.ts';
import { DEFAULT_COLUMNS } from '../../data/columns.ts';
import { textSettings } from '../../eval/log/text-settings.ts';
import { samplingOptions } from '../../engine/sampling-options.ts';
import type { Generator } from '../../generate/generator.ts';
import { ConfigError, EngineError } from '../../errors.ts';
import { findTasks } from '../../eval/benchmarks/index.ts';
import { type OpenGrading, ownFileTask } from '../../eval/benchmarks/own-file.ts';
import { isTaskModule, openTasks } from '../../eval/own-task.ts';
import { evaluatedFiles } from '../../eval/log/evaluated-files.ts';
import { regrade } from '../../eval/grading.ts';
import { evaluateTask, nameInLog } from '../../eval/harness.ts';
import { lazyGenerator } from '../../generate/lazy-generator.ts';
import { type LoadedTask, loadTask } from '../../eval/load-task.ts';
import { canContinue, putAside } from '../../eval/log/archive.ts';
import {
  type EvaluationLog,
  type EvaluationReader,
  type EvaluationSettings,
  isEvaluation,
  openLog,
  readLog,
} from '../../eval/log/log.ts';
import { domainOfModel, type DomainSource } from '../../generate/model-domain.ts';
import { type FoundModel, openGenerator } from '../../generate/open-model.ts';
import { evaluationFolder, storedEvaluationFolder, writeResults } from '../../eval/report/results.ts';
import { evaluationGrader } from '../../eval/scoring/math.ts';
import { requireReadable } from '../../eval/scoring/readable.ts';
import type { Task } from '../../eval/task.ts';
import { moduleLabel } from '../../modules.ts';
import type { Io } from '../io.ts';
import type { CommonFlags } from '../options.ts';
import { clean, count } from '../render/format.ts';
import { configOf } from '../settings.ts';
import { onStopRequest, stoppingLine } from '../signals.ts';
import { sameCommand } from '../stoppable.ts';
import { type AccessFlags, accessOf } from './eval-access.ts';
import { type Find, finder } from './eval-find.ts';
import { type ServiceFlags, withDevice } from '../service/flags.ts';
import { engineHooks } from '../service/waits.ts';
import { checkOutput, type OutputFlags, showEvaluation } from './eval-output.ts';
import { progressNotes, type Repeated, repeatedLines } from './eval-progress.ts';

export interface EvalTaskFlags extends CommonFlags, AccessFlags, OutputFlags, ServiceFlags {
  tasks?: string;
  task?: string;
  question?: string;
  answer?: string;
  choices?: string;
  dataDir?: string;
  k?: number;
  limit?: number;
  maxTokens?: number;
  temperature?: number;
  seed?: number;
  domain?: string;
  grading?: OpenGrading;
  out?: string;
  rescore?: boolean;
  /** Ask again, instead of using stored answers. */
  fresh?: boolean;
  set?: string[];
}

/** Whether the options request benchmarks rather than the domain's held-out test. */
export function requestsTasks(flags: EvalTaskFlags): boolean {
  const { tasks, task, out, html, modelCard } = flags;
  return flags.rescore === true || [tasks, task, out, html, modelCard].some((flag) => flag !== undefined);
}

/** Exit code when the token budget is spent. The answers so far are stored and shown. */
const BUDGET_SPENT = 3;

/** Exit code 0, 3 when the token budget is spent, or that of the signal that stopped it. */
export async function run(flags: EvalTaskFlags, io: Io): Promise<number> {
  checkOutput(flags);
  const grader = evaluationGrader();
  const closers: (() => void | Promise<void>)[] = [() => grader.close()];
  const closing: Closing = (opened) => {
    closers.push(() => opened.close());
    return opened;
  };
  try {
    const hasTasks = flags.tasks !== undefined || flags.task !== undefined;
    return flags.rescore === true || !hasTasks
      ? await revisit(flags, grader, io, closing)
      : await evaluateAll(flags, grader, io, closing);
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

/** Registers something to be closed at the end, and returns it. */
type Closing = <T extends { close(): void | Promise<void> }>(opened: T) => T;

async function evaluateAll(flags: EvalTaskFlags, grader: Grader, io: Io, closing: Closing): Promise<number> {
  const accesses = accessOf(flags);
  const find = finder(flags, accesses, io);
  const found = await find(modelOf(flags), 'model');
  const plan = await planOf(flags, found);
  if (flags.out === undefined && found.runDir !== null && !isWithin(found.runDir, plan.folder)) {
    io.err(`${clean(found.runDir)} cannot be written; the results are stored in ${clean(plan.folder)}\n`);
  }
  io.err(`${promptsLine(plan, found.identity.name)}\n`);
  const tasks = await loadAll(flags, io);
  if (flags.judge === undefined) for (const loaded of tasks) await requireReadable(loaded, grader);
  const judge = flags.judge === undefined ? undefined : closing(openNamed(await find(flags.judge, 'judge'), flags, io));
  const baseline = flags.baseline === undefined ? null : await findBaseline(flags.baseline, plan, find);
  const stop = stopOnSignal(io);
  try {
    const work: Work = { tasks, flags, grader, judge, io, stop, repeated: [] };
    if (flags.fresh === true && baseline !== null && baseline.found !== null) {
      await startOver(baseline.folder, baseline.found, plan.settings, tasks);
    }
    if (flags.fresh === true) await startOver(plan.folder, found, plan.settings, tasks);
    const log = closing(await openFor(plan.folder, found, plan.settings));
    const names = tasks.map((loaded) => nameInLog(log, loaded));
    let budgetSpent = await evaluate(found, log, work);
    const stopped = (): boolean => budgetSpent || stop.exitCode() !== null;
    if (baseline !== null && baseline.found !== null && !stopped()) {
      const other = await openFor(baseline.folder, baseline.found, plan.settings);
      try {
        budgetSpent = await evaluate(baseline.found, other, work);
      } finally {
        other.close();
      }
    }
    const other = baseline !== null && isEvaluation(baseline.folder) ? closing(readLog(baseline.folder)) : null;
    if (other !== null) writeResults(log, other);
    const why = stop.exitCode() !== null ? 'signal' : budgetSpent ? 'budget' : null;
    for (const line of repeatedLines(work.repeated)) io.err(`${line}\n`);
    showEvaluation(flags, io, { log, names, baseline: other, stopped: why, repeated: work.repeated });
    return stop.exitCode() ?? (budgetSpent ? BUDGET_SPENT : 0);
  } finally {
    stop.dispose();
  }
}

function isWithin(parent: string, folder: string): boolean {
  return !relative(parent, folder).startsWith('..');
}

/** Shows a stored evaluation, and grades it again with `--rescore`. */
async function revisit(flags: EvalTaskFlags, grader: Grader, io: Io, closing: Closing): Promise<number> {
  const find = finder(flags, accessOf(flags), io);
  const folder = flags.out ?? (await storedFolder(flags, await find(modelOf(flags), 'model')));
  const names = flags.tasks === undefined ? undefined : findTasks(flags.tasks).map(({ name }) => name);
  const baseline = flags.baseline === undefined ? null : closing(await storedBaseline(flags.baseline, folder, find));
  if (flags.rescore !== true) {
    showEvaluation(flags, io, { log: closing(readLog(folder)), names, baseline, stopped: null });
    return 0;
  }
  const log = closing(openLog(folder));
  for (const record of log.tasks()) {
    if (names === undefined || names.includes(record.name)) await regrade(log, record, grader);
  }
  writeResults(log, baseline ?? undefined);
  showEvaluation(flags, io, { log, names, baseline, stopped: null });
  return 0;
}

async function storedFolder(flags: EvalTaskFlags, found: FoundModel): Promise<string> {
  return storedEvaluationFolder(found, (await planOf(flags, found)).settings);
}

function modelOf({ model }: EvalTaskFlags): string {
  return model ?? configOf({}).model;
}

interface Plan {
  settings: EvaluationSettings;
  folder: string;
  /** Where the prompts come from. */
  from: DomainSource | 'option';
}

async function planOf(flags: EvalTaskFlags, found: FoundModel): Promise<Plan> {
  const own: Partial<RunConfig> = found.config ?? {};
  const config = configOf({ set: flags.set }, { ...own });
  const { prompts, from } = await promptsOf(flags, found);
  const settings: EvaluationSettings = {
    seed: flags.seed ?? config.seed,
    ...samplingOptions({ ...config.evaluation, temperature: flags.temperature ?? config.evaluation.temperature }),
    maxTokens: flags.maxTokens ?? null,
    prompts,
    text: textSettings(config),
  };
  return { settings, folder: flags.out ?? evaluationFolder(found, settings), from };
}

/**
 * Returns the domain whose prompts are used, as stored in the settings: a name, or the absolute path of a module. Without
 * an option, it is the one in which the model was trained.
 */
async function promptsOf(flags: EvalTaskFlags, found: FoundModel): Promise<{ prompts: string; from: Plan['from'] }> {
  const own = await domainOfModel(found);
  const domain = flags.domain ?? own.domain ?? 'math';
  try {
    const { module } = await openDomainFrom(flags.domain === undefined ? found.runDir : null, domain);
    return { prompts: module?.path ?? domain, from: flags.domain === undefined ? own.from : 'option' };
  } catch (cause) {
    if (flags.domain !== undefined || !(cause instanceof ConfigError)) throw cause;
    throw new ConfigError(
      `${found.identity.name} was trained in the domain ${domain}, which cannot be opened here: ${cause.message.split('\n', 1)[0]}`,
      'Name the domain whose prompts it knows with --domain MODULE, or use those of --domain math.',
      { cause },
    );
  }
}

const SOURCES: Record<Plan['from'], string> = {
  option: '',
  run: ', in which the run trained it',
  folder: ', which its folder records',
  none: ', because the model names no domain; choose others with --domain',
};

function promptsLine({ settings, from }: Plan, model: string): string {
  return `${clean(model)}: asked with the prompts of domain ${clean(moduleLabel(settings.prompts))}${SOURCES[from]}`;
}

async function loadAll(flags: EvalTaskFlags, io: Io): Promise<LoadedTask[]> {
  const tasks: Task[] = [...(flags.tasks === undefined ? [] : findTasks(flags.tasks)), ...(await ownTasks(flags))];
  const dataDir = flags.dataDir ?? process.env.RZERO_DATA;
  const onFile = (path: string, bytes: number | null): void =>
    io.err(`downloading ${clean(path)}${bytes === null ? '' : ` (${count(bytes / 1e3)} kB)`}\n`);
  const loaded: LoadedTask[] = [];
  for (const task of tasks) loaded.push(await loadTask(task, { dataDir, hub: { onFile } }));
  return loaded;
}

/** The task of `--task`: a module, or a data file with its columns. */
async function ownTasks({ task, grading, ...flags }: EvalTaskFlags): Promise<readonly Task[]> {
  if (task === undefined) return [];
  if (isTaskModule(task)) return (await openTasks(task)).tasks;
  const { question = DEFAULT_COLUMNS.question, answer = DEFAULT_COLUMNS.answer, choices } = flags;
  return [ownFileTask(task, { question, answer, choices }, grading)];
}

interface Work {
  tasks: readonly LoadedTask[];
  flags: EvalTaskFlags;
  grader: Grader;
  judge: Generator | undefined;
  io: Io;
  stop: StopSignal;
  /** Filled during the evaluation. */
  repeated: Repeated[];
}

/** Opens the evaluation of a model, or begins it. */
async function openFor(
  folder: string,
  { identity: model }: FoundModel,
  settings: EvaluationSettings,
): Promise<EvaluationLog> {
  return openLog(folder, { model, settings, files: await evaluatedFiles(folder, model) });
}

/**
 * Discards the stored answers of a model to the tasks (`--fresh`). Done for all models before any is asked, so that the
 * command without `--fresh` goes on with an evaluation that was stopped.
 */
async function startOver(
  folder: string,
  found: FoundModel,
  settings: EvaluationSettings,
  tasks: readonly LoadedTask[],
): Promise<void> {
  if (!(await canContinue(folder, { model: found.identity, settings }))) putAside(folder);
  const log = await openFor(folder, found, settings);
  try {
    for (const loaded of tasks) log.discard(nameInLog(log, loaded));
  } finally {
    log.close();
  }
}

/**
 * Evaluates one model until every question is answered or the evaluation is stopped. The model is opened only if
 * answers are missing. Returns true when the token budget is spent.
 */
async function evaluate(found: FoundModel, log: EvaluationLog, work: Work): Promise<boolean> {
  const { tasks, flags, grader, judge, io, stop } = work;
  const generator = openNamed(found, flags, io, log.createdAt().slice(0, 10));
  const notes = progressNotes(io, found.identity.name, work.repeated);
  const { settings } = log.about();
  const { domain } = await openDomain(settings.prompts);
  const tools = { generator, grader, log, judge, domain };
  const sizes = { samples: flags.k ?? null, limit: flags.limit ?? null };
  try {
    const ctl = { signal: stop.signal, stop: stop.signal, ...notes };
    for (const loaded of tasks) {
      if (!(await evaluateTask(tools, loaded, sizes, ctl))) break;
    }
    return false;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.kind === 'aborted' && stop.exitCode() !== null) return false;
    if (error.kind !== 'budget') throw error;
    io.err(`${error.message}\n`);
    return true;
  } finally {
    writeResults(log);
    await generator.close();
  }
}

/** `date`: the day of the evaluation's start, for chat templates that write it; the same when it is continued. */
function openNamed(found: FoundModel, flags: EvalTaskFlags, io: Io, date?: string): Generator {
  const set = withDevice(flags.device, flags.set);
  return lazyGenerator(found.identity.name, () => openGenerator(found, set, date, (model) => engineHooks(io, model)));
}

interface Baseline {
  folder: string;
  /** Null if the folder of an evaluation was passed, which is used as it is. */
  found: FoundModel | null;
}

/** The baseline to compare with: a model, which is evaluated with the same settings, or a stored evaluation. */
async function findBaseline(spec: string, plan: Plan, find: Find): Promise<Baseline> {
  const found = isEvaluation(spec) ? null : await find(spec, 'baseline');
  const folder = found === null ? spec : evaluationFolder(found, plan.settings);
  requireAnother(spec, folder, plan.folder);
  return { folder, found };
}

/** The stored evaluation of a baseline: its folder, or a model evaluated with the settings of the one in `folder`. */
async function storedBaseline(spec: string, folder: string, find: Find): Promise<EvaluationReader> {
  const other = isEvaluation(spec) ? spec : storedEvaluationFolder(await find(spec, 'baseline'), settingsIn(folder));
  if (!isEvaluation(other)) {
    throw new ConfigError(
      `The baseline ${spec} has not been evaluated with these settings.`,
      'Evaluate both models with --tasks TASKS, or pass the folder of an evaluation.',
    );
  }
  requireAnother(spec, other, folder);
  return readLog(other);
}

function settingsIn(folder: string): EvaluationSettings {
  const log = readLog(folder);
  try {
    return log.about().settings;
  } finally {
    log.close();
  }
}

function requireAnother(spec: string, baseline: string, folder: string): void {
  if (resolve(baseline) !== resolve(folder)) return;
  throw new ConfigError(
    `The baseline ${spec} is the model itself.`,
    'Pass another model or evaluation with --baseline.',
  );
}

interface StopSignal {
  signal: AbortSignal;
  exitCode(): number | null;
  dispose(): void;
}

/** The first Ctrl-C cancels the pending replies and shows the results so far; the second exits at once. */
function stopOnSignal(io: Io): StopSignal {
  const controller = new AbortController();
  const requests = onStopRequest((exitCode) => {
    io.err(`${stoppingLine(exitCode)}\nAll answers so far are kept. To continue: ${sameCommand(io)}\n`);
    controller.abort();
  });
  return { signal: controller.signal, exitCode: requests.exitCode, dispose: requests.dispose };
}
