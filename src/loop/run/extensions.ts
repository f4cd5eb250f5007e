/** Opens the extensible parts of a run: built in, from modules named in the config, or passed as objects. */

import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Grader } from '../../answers/grader.ts';
import type { RunConfig } from '../../config/schema.ts';
import { checkDomain } from '../../domains/check-domain.ts';
import type { Domain } from '../../domains/domain.ts';
import { openDomain } from '../../domains/open-domain.ts';
import { ConfigError } from '../../errors.ts';
import { TASKS } from '../../eval/benchmarks/index.ts';
import { checkTask, isTaskPath, openTasks } from '../../eval/own-task.ts';
import type { Task } from '../../eval/task.ts';
import type { Generator } from '../../generate/generator.ts';
import { hashModule, isModulePath, type LoadedModule, moduleLabel } from '../../modules.ts';
import { DEFAULT_REWARDS, type Rewards, rewardsOf } from '../../rewards/rewards.ts';
import { openModuleScorer } from '../../scoring/module-scorer.ts';
import type { Scorer } from '../../scoring/scorer.ts';
import type { CodePart } from '../partials.ts';

/** Parts that a caller can provide. A run that was started with one must be resumed with the same one. */
export interface ExtensionOptions {
  /** Replaces `config.domain`. */
  domain?: Domain;
  /** Replaces the default rewards, and those that the domain's module exports. */
  rewards?: Rewards;
  /** Evaluated after the benchmarks in `config.evaluation.tasks`. */
  tasks?: readonly Task[];
  /** Counts votes and compares attempts with labels. The caller closes it. */
  grader?: Grader;
  /** Grades the held-out test and the benchmarks. The caller closes it. */
  examiner?: Grader;
  /** Judges a sample of the labels in every iteration. Replaces `audit.judge.url`. The caller closes it. */
  judge?: Generator;
}

/** The opened parts of a run. */
export interface Extensions {
  domain: Domain;
  rewards: typeof DEFAULT_REWARDS;
  /** By their entry in `config.evaluation.tasks`. */
  tasks: ReadonlyMap<string, readonly Task[]>;
  /** Scores responses to open tasks (`open.module`); null = none. */
  scorer: Scorer | null;
  /** All user code among them. */
  code: CodePart[];
}

/** Returns the config of a new run: with the names of passed objects, and with absolute paths. */
export function withExtensions(config: RunConfig, { domain, tasks = [] }: ExtensionOptions): RunConfig {
  const named = config.evaluation.tasks.map((entry) => (isTaskPath(entry) ? resolve(entry) : entry));
  return {
    ...config,
    domain: domain?.name ?? (isModulePath(config.domain) ? resolve(config.domain) : config.domain),
    open: { ...config.open, module: config.open.module === '' ? '' : resolve(config.open.module) },
    evaluation: { ...config.evaluation, tasks: [...named, ...tasks.map(({ name }) => name)] },
  };
}

/**
 * Opens the parts of a run.
 * @throws ConfigError if a module cannot be loaded or a part is invalid
 */
export async function openExtensions(config: RunConfig, given: ExtensionOptions): Promise<Extensions> {
  const { domain, module } =
    given.domain === undefined
      ? await openDomain(config.domain)
      : { domain: checkDomain(given.domain, 'the option domain'), module: null };
  const rewards = rewardsOfRun(given.rewards, module);
  const tasks = await tasksOf(config, given.tasks ?? []);
  const code: CodePart[] = [...rewards.code, ...tasks.code];
  if (module !== null) code.unshift(ofModule('domain', domain.name, module));
  else if (given.domain !== undefined) code.unshift(inCode('domain', domain.name, domain.version));
  for (const part of ['grader', 'examiner'] as const) {
    if (given[part] !== undefined) code.push(inCode(part, 'a grader'));
  }
  if (given.judge !== undefined) code.push(inCode('judge', given.judge.name));
  code.push(...engineCode(config));
  const own = config.open.module === '' ? null : await openModuleScorer(config.open.module, 'own');
  if (own !== null) code.push(ofModule('scorer', moduleLabel(own.module.path), own.module));
  return { domain, rewards: rewards.rewards, tasks: tasks.tasks, scorer: own?.scorer ?? null, code };
}

/** Returns the names of the parts that were passed as objects, in the form of `CodePart.part`. */
export function givenParts({ rewards, tasks = [], ...given }: ExtensionOptions): Set<string> {
  const parts = new Set(tasks.map(({ name }) => `tasks.${name}`));
  for (const role of ['challenger', 'solver'] as const) if (rewards?.[role] !== undefined) parts.add(`rewards.${role}`);
  for (const part of ['domain', 'grader', 'examiner', 'judge'] as const) if (given[part] !== undefined) parts.add(part);
  return parts;
}

/** Returns the record of the engine's module; the module itself is loaded when the engine is opened. */
function engineCode({ engine }: RunConfig): CodePart[] {
  if (engine.kind !== 'module' || !existsSync(engine.path)) return [];
  const path = resolve(engine.path);
  return [ofModule('engine', moduleLabel(path), { path, hash: hashModule(path) })];
}

/** Resolves the rewards. Passed functions take precedence over those that the domain's module exports. */
function rewardsOfRun(
  given: Rewards | undefined,
  module: LoadedModule | null,
): { rewards: typeof DEFAULT_REWARDS; code: CodePart[] } {
  const code: CodePart[] = [];
  const { version, ...inOptions } = given ?? {};
  const own = rewardsOf(inOptions, 'the option rewards');
  const exported = rewardsOf(module?.exports.rewards, module?.path ?? '');
  for (const role of ['challenger', 'solver'] as const) {
    const name = (reward: { name: string }): string => reward.name || role;
    if (own[role] !== undefined) code.push(inCode(`rewards.${role}`, name(own[role]), version));
    else if (exported[role] !== undefined && module !== null) {
      code.push(ofModule(`rewards.${role}`, name(exported[role]), module));
    }
  }
  return { rewards: { ...DEFAULT_REWARDS, ...exported, ...own }, code };
}

async function tasksOf(
  { evaluation }: RunConfig,
  given: readonly Task[],
): Promise<{ tasks: Map<string, readonly Task[]>; code: CodePart[] }> {
  const tasks = new Map<string, readonly Task[]>();
  const code: CodePart[] = [];
  for (const task of given) {
    checkTask(task, 'the option tasks');
    refuseTaken(task.name, new Set(tasks.keys()));
    tasks.set(task.name, [task]);
    code.push(inCode(`tasks.${task.name}`, task.name));
  }
  for (const entry of evaluation.tasks.filter((one) => !tasks.has(one))) {
    const { question, answer, choices, grading } = evaluation;
    const columns = { question, answer, ...(choices === '' ? {} : { choices }) };
    const opened = await openTasks(entry, columns, grading);
    const { module } = opened;
    const taken = new Set([...tasks.values()].flat().map(({ name }) => name));
    if (module !== null) {
      for (const { name } of opened.tasks) refuseTaken(name, taken);
      code.push(...opened.tasks.map(({ name }) => ofModule(`tasks.${name}`, name, module)));
    }
    tasks.set(
      entry,
      module === null && isTaskPath(entry) ? opened.tasks.map((one) => renamed(one, taken)) : opened.tasks,
    );
  }
  return { tasks, code };
}

function refuseTaken(name: string, taken: ReadonlySet<string>): void {
  if (!taken.has(name) && TASKS.every((task) => task.name !== name)) return;
  throw new ConfigError(`Two tasks are named ${name}.`, 'Rename your own task.');
}

/** Gives the task of a data file another name if that of its file is taken: `sums-2`. */
function renamed(task: Task, taken: ReadonlySet<string>): Task {
  if (!taken.has(task.name)) return task;
  let number = 2;
  while (taken.has(`${task.name}-${number}`)) number++;
  const [file] = task.source.files;
  return {
    ...task,
    name: `${task.name}-${number}`,
    title: `${task.title} (${basename(dirname(file))}/${basename(file)})`,
  };
}

function ofModule(part: string, name: string, { path, hash }: Pick<LoadedModule, 'path' | 'hash'>): CodePart {
  return { part, name, version: hash, path };
}

function inCode(part: string, name: string, version?: string): CodePart {
  return { part, name, version: version ?? null, path: null };
}
