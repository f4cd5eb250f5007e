/**
 * Finds the model that a run's name stands for: `RUN` is the best Solver if the run has chosen one, otherwise the newest;
 * `RUN@N` is the Solver after iteration N, and `RUN@0` the base. A role other than the Solver has no best.
 */

import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { RunConfig } from '../config/schema.ts';
import type { BaseRef, StateRef } from '../engine/engine.ts';
import { savedFolder } from '../engine/local/states.ts';
import { ConfigError, EvalError, StoreError } from '../errors.ts';
import { findModel, holdsModel } from '../models/hub/find-model.ts';
import { isOnHub } from '../models/hub/obtain-model.ts';
import { ALL_ROLES, findRole, MEASURED, ROLES } from '../roles.ts';
import { DATABASE_FILE } from '../store/database.ts';
import { resumeName } from '../store/failures.ts';
import { resolveRun } from '../store/runs.ts';
import { openRun } from '../store/sqlite.ts';
import type { RunStore, WeightsRecord } from '../store/store.ts';
import type { ModelRole } from '../types.ts';
import { confirmModelOfRun, keptInputs } from './run-inputs.ts';

const ITERATION = /^(.+)@(\d+)$/;

/** A run's folder, and the iteration that its name asks for; null without `@N`. */
export interface NamedRun {
  dir: string;
  iteration: number | null;
}

/** A model of a run. */
export interface RunModel {
  id: string;
  dir: string;
  config: RunConfig;
  weights: BaseRef | StateRef;
  /** 0 is the base; null for the best. */
  iteration: number | null;
}

/**
 * Returns the run that a model's name stands for; null if the name is an existing folder that is no run. A name on the
 * hub must be tried first.
 * @throws StoreError, with the existing runs, if there is no such run
 */
export function namedRun(name: string, runsDir: string): NamedRun | null {
  const folder = findModel(name);
  if (existsSync(join(folder, DATABASE_FILE))) return { dir: folder, iteration: null };
  if (existsSync(folder)) return null;
  const [, run, iteration] = ITERATION.exec(name) ?? [];
  if (run === undefined) return { dir: resolveRun(runsDir, name), iteration: null };
  return { dir: resolveRun(runsDir, run), iteration: Number(iteration) };
}

/**
 * Finds a model of a run. The base is compared with the run's record of it.
 * @throws EvalError if the run has no such iteration, or no longer has its weights; ModelLoadError if the base has changed
 */
export async function modelOfRun({ dir, iteration }: NamedRun, role: ModelRole = MEASURED): Promise<RunModel> {
  const store = openRun(dir, { readOnly: true });
  try {
    const { config, id } = store.meta();
    const best = join(store.dir, 'best');
    // A folder on this machine is of no use to a service, which has the weights of every iteration itself.
    const isRemote = config.engine.kind === 'tinker';
    if (iteration === null && role === MEASURED && !isRemote && holdsModel(best)) {
      return { id, dir: store.dir, config, weights: { kind: 'base', path: best }, iteration: null };
    }
    const results = resultsOf(store, config, role);
    // The best of a run on a service is known from its summary.
    const chosen = iteration ?? (isRemote && role === MEASURED ? (store.summary()?.best ?? null) : null);
    const record = chosen === null ? results.at(-1) : results.find((one) => one.iteration === chosen);
    if (record !== undefined) {
      requireKept(store, config, record, results);
      const weights: StateRef = { kind: 'state', id: record.state, home: store.dir };
      return {
        id,
        dir: store.dir,
        config,
        weights,
        iteration: iteration === null && chosen !== null ? null : record.iteration,
      };
    }
    if (iteration !== null && iteration > 0) throw noIteration(store, role, iteration, results);
    return { id, dir: store.dir, config, weights: await baseOf(store, config), iteration: 0 };
  } finally {
    store.close();
  }
}

/**
 * Returns the folder of a model that is named by its run; null if the name is not that of a run.
 * @throws as `modelOfRun`; for a name with `@N`, also StoreError if there is no such run
 */
export async function folderNamedByRun(name: string, runsDir: string): Promise<string | null> {
  const named = isOnHub(name) ? null : runIfNamed(name, runsDir);
  return named === null ? null : (exportedBest(named) ?? folderOfModel(await modelOfRun(named)));
}

/** Returns the folder that a finished run exported its best model to; null if it has none, or `@N` names another. */
export function exportedBest({ dir, iteration }: NamedRun): string | null {
  const best = join(dir, 'best');
  return iteration === null && holdsModel(best) ? best : null;
}

/** Returns whether a model's name is that of a run. Throws StoreError for a name with `@N` if there is no such run. */
export function isNamedByRun(name: string, runsDir: string): boolean {
  return !isOnHub(name) && runIfNamed(name, runsDir) !== null;
}

/**
 * Returns the folder of a run's model.
 * @throws ConfigError if its weights are not in a folder on this machine
 */
export function folderOfModel({ id, weights }: Pick<RunModel, 'id' | 'weights'>): string {
  const folder = savedFolder(weights);
  if (folder !== null) return folder;
  throw new ConfigError(
    `The weights of ${id} are stored by its engine, not in a folder on this machine.`,
    weights.kind === 'state' ? exportAdvice(weights) : 'Name a model that is in a folder.',
  );
}

/** Only a run's best Solver is in a folder, from the end of the run on. */
function exportAdvice({ home: dir, id }: StateRef): string {
  if (existsSync(join(dir, 'remote', `${id}.json`))) {
    return `\`rzero export --model ${resumeName(dir)} --out FOLDER\` downloads the best one, and with ${basename(dir)}@N that of iteration N. Name that folder.`;
  }
  const title = findRole(ROLES, 'name', MEASURED)?.title;
  return holdsModel(join(dir, 'best'))
    ? `Name the run without an iteration: it stands for its best ${title} then, which is in a folder.`
    : `\`rzero resume ${resumeName(dir)}\` finishes the run and exports its best ${title} to a folder; the name of the run stands for it then.`;
}

/** A mistyped folder without `@N` is no run: the reader of the folder says what is missing. */
function runIfNamed(name: string, runsDir: string): NamedRun | null {
  try {
    return namedRun(name, runsDir);
  } catch (error) {
    if (error instanceof StoreError && !ITERATION.test(name)) return null;
    throw error;
  }
}

/** Returns the result of every phase that trained the role, by iteration: the state of `keepStep`, otherwise the newest. */
export function resultsOf(store: RunStore, config: RunConfig, role: ModelRole): WeightsRecord[] {
  const roles = config.weights === 'shared' ? ROLES.map(({ name }) => name) : [role];
  const results = new Map<number, WeightsRecord>();
  const all = store.allWeights();
  // With shared weights, the last role of an iteration has its result.
  for (const name of roles) {
    const section = findRole(ALL_ROLES, 'name', name)?.section;
    const keepStep = section === undefined ? null : config[section].keepStep;
    const own = all.filter((record) => record.role === name);
    for (const iteration of new Set(own.map((record) => record.iteration))) {
      const phase = own.filter((record) => record.iteration === iteration);
      const result = phase.find(({ step }) => step === keepStep) ?? phase.at(-1);
      if (result !== undefined) results.set(iteration, result);
    }
  }
  return [...results.values()].toSorted((a, b) => a.iteration - b.iteration);
}

async function baseOf(store: RunStore, config: RunConfig): Promise<BaseRef> {
  const path = findModel(config.model);
  const kept = keptInputs(store);
  const advice = `Restore it as it was. The run ${basename(store.dir)} was made from the earlier one.`;
  if (kept !== null) await confirmModelOfRun(path, kept, { advice });
  return { kind: 'base', path };
}

/** Throws EvalError if the weights of a record were removed from the disk. Other engines keep theirs elsewhere. */
function requireKept(
  store: RunStore,
  config: RunConfig,
  record: WeightsRecord,
  results: readonly WeightsRecord[],
): void {
  const isOnDisk = ({ state }: WeightsRecord): boolean => existsSync(join(store.dir, state));
  if (config.engine.kind !== 'local' || isOnDisk(record)) return;
  throw new EvalError(
    `The weights of iteration ${record.iteration} were removed (pruned) from the run ${store.meta().id}: ${join(store.dir, record.state)} does not exist.`,
    `It still has: ${listed(results.filter(isOnDisk))}. Name one of them with @N after the name of the run.`,
  );
}

function noIteration(
  store: RunStore,
  role: ModelRole,
  iteration: number,
  results: readonly WeightsRecord[],
): EvalError {
  const title = findRole(ALL_ROLES, 'name', role)?.title ?? role;
  return new EvalError(
    `The run ${store.meta().id} has no ${title} of iteration ${iteration}.`,
    `It has: ${listed(results)}. Name one of them with @N after the name of the run.`,
  );
}

function listed(results: readonly WeightsRecord[]): string {
  return `${[0, ...results.map(({ iteration }) => iteration)].join(', ')} (0 is the base)`;
}
