/** Finds runs: creates ids, lists runs and resolves the names that users give. */

import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { modelName } from '../config/model-name.ts';
import { similarNames } from '../config/suggest.ts';
import { StoreError, messageOf } from '../errors.ts';
import type { RunSummary } from '../events.ts';
import { moduleLabel } from '../modules.ts';
import type { Cursor } from '../types.ts';
import { missingRun, requireRun, runFolders } from './database.ts';
import { isLocked } from './lock.ts';
import { openOverview, type RunOverview } from './sqlite.ts';
import { headlineEvaluations } from './headline-evaluations.ts';

/** An entry of `rzero runs`. */
export type RunListing = ReadableRun | BrokenRun;

/**
 * How a run ended, or how its newest session did: `stopped`, `failed` with an error, or `crashed` without a record (e.g.
 * a kill). `rzero resume` continues these, and `unfinished` ones, whose sessions were not recorded. `running`: a live
 * process works on it.
 */
export type RunState = RunSummary['outcome'] | 'running' | 'failed' | 'crashed' | 'unfinished';

export interface ReadableRun {
  id: string;
  dir: string;
  /** ISO 8601. */
  created: string;
  model: string;
  domain: string;
  cursor: Cursor;
  /** Number of planned iterations. */
  iterations: number;
  outcome: RunState;
  /** Newest held-out score (mean@k, 0..1), or null before the first evaluation. */
  score: { iteration: number; mean: number } | null;
}

/** A folder that cannot be opened as a run. */
export interface BrokenRun {
  id: string;
  dir: string;
  outcome: 'broken';
  reason: string;
}

/**
 * Creates an id for a run started at `date` (UTC) from the base `model` (a folder), e.g. `2026-11-23-arith-base-01`.
 * Its number is above those of all `existing` ids of the same day and model.
 */
export function newRunId(date: Date, model: string, existing: Iterable<string>): string {
  const prefix = `${date.toISOString().slice(0, 10)}-${slug(basename(resolve(model)))}-`;
  const numbers = [...existing]
    .filter((id) => id.startsWith(prefix) && /^\d+$/.test(id.slice(prefix.length)))
    .map((id) => Number(id.slice(prefix.length)));
  return `${prefix}${String(Math.max(0, ...numbers) + 1).padStart(2, '0')}`;
}

const LONGEST_SLUG = 32;

function slug(name: string): string {
  const clean = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, LONGEST_SLUG)
    .replaceAll(/^-+|-+$/g, '');
  return clean === '' ? 'model' : clean;
}

/**
 * Lists all runs in a folder, newest first, then broken ones with the reason. Throws only if the folder cannot be read.
 */
export function listRuns(runsDir: string): RunListing[] {
  const root = resolve(runsDir);
  const listings = runFolders(root).map((name) => listing(join(root, name)));
  const readable = listings.filter((run) => run.outcome !== 'broken');
  const broken = listings.filter((run) => run.outcome === 'broken');
  return [...readable.toSorted(newestFirst), ...broken];
}

/**
 * Returns the absolute folder of a run: `latest`, an id (or a prefix of exactly one id) in `runsDir`, or a path. Throws
 * StoreError, with the existing runs, if there is no such run.
 */
export function resolveRun(runsDir: string, run = 'latest'): string {
  const root = resolve(runsDir);
  if (run === 'latest') return latest(root);
  const names = runFolders(root);
  if (names.includes(run)) return join(root, run);
  const path = resolve(run);
  if (existsSync(path) && statSync(path).isDirectory()) {
    requireRun(path);
    return path;
  }
  const starting = names.filter((name) => name.startsWith(run));
  if (starting.length === 1) return join(root, starting[0]);
  if (starting.length > 1)
    throw new StoreError(`Several runs start with ${run}: ${starting.join(', ')}.`, 'Give more of the id.');
  throw missingRun(`There is no run ${run}.`, { names, shown: otherRuns(run, names, root), runsDir: root });
}

const MOST_NAMED = 5;

/** Names the runs that a mistyped name may stand for, else the last ones. */
function otherRuns(run: string, names: readonly string[], root: string): string {
  const similar = similarNames(run, names).slice(0, MOST_NAMED);
  if (similar.length > 0) return `The most similar in ${root}: ${similar.join(', ')}.`;
  const rest = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more (\`rzero runs\`)` : '';
  return `Runs in ${root}: ${names.slice(-MOST_NAMED).join(', ')}${rest}.`;
}

function latest(root: string): string {
  const [newest] = listRuns(root);
  if (newest !== undefined && newest.outcome !== 'broken') return newest.dir;
  const why =
    newest === undefined
      ? `There are no runs in ${root}.`
      : `No run in ${root} can be opened; ${newest.id}: ${newest.reason}`;
  throw new StoreError(why, 'Start one with `rzero evolve`, or name the folder with --runs-dir FOLDER.');
}

function listing(dir: string): RunListing {
  try {
    const store = openOverview(dir);
    try {
      return describe(store);
    } finally {
      store.close();
    }
  } catch (error) {
    return { id: basename(dir), dir, outcome: 'broken', reason: messageOf(error) };
  }
}

function describe(store: RunOverview): ReadableRun {
  const { createdAt, config } = store.meta();
  const newest = headlineEvaluations(store).at(-1);
  return {
    id: basename(store.dir),
    dir: store.dir,
    created: createdAt,
    model: modelName(config),
    domain: moduleLabel(config.domain),
    cursor: store.cursor(),
    iterations: config.iterations,
    outcome: stateOf(store),
    score: newest === undefined ? null : { iteration: newest.iteration, mean: newest.mean.value },
  };
}

/** Returns the state of a run. */
export function stateOf(store: Pick<RunOverview, 'dir' | 'summary' | 'sessions'>): RunState {
  if (isLocked(store.dir)) return 'running';
  const newest = store.sessions().at(-1);
  const ended = newest === undefined ? 'unfinished' : (newest.end?.outcome ?? 'crashed');
  return store.summary()?.outcome ?? ended;
}

function newestFirst(a: ReadableRun, b: ReadableRun): number {
  if (a.created !== b.created) return a.created < b.created ? 1 : -1;
  return a.id < b.id ? 1 : -1;
}
