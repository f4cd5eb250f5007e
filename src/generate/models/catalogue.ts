/**
 * The models of a folder of runs, and given model folders, by name: `RUN` is a run's best Solver (the newest one until
 * it has chosen), `RUN@N` the Solver after iteration N, `RUN@0` the base, `RUN:challenger` the newest Challenger and
 * `RUN@N:challenger` that of iteration N; `RUN:verifier` is the Verifier, if the run has one. A name is only compared with the names in the folder, so none leads anywhere
 * else. Nothing is opened here: that is `models.ts`.
 */

import { stat } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RunConfig } from '../../config/schema.ts';
import type { BaseRef, StateRef } from '../../engine/engine.ts';
import { savedFolder } from '../../engine/local/states.ts';
import { EvalError } from '../../errors.ts';
import { findModel, holdsModel } from '../../models/hub/find-model.ts';
import { ALL_ROLES, findRole, MEASURED, VERIFIER } from '../../roles.ts';
import { runFolders } from '../../store/database.ts';
import { openRun } from '../../store/sqlite.ts';
import type { ModelRole } from '../../types.ts';
import { domainOfFolder } from '../model-domain.ts';
import { modelOfRun, resultsOf } from '../run-model.ts';

/** A model that can be asked for by name. */
export interface ModelEntry {
  /** Its name in requests. */
  id: string;
  role: ModelRole;
  /** Name of its run; null for a model folder. */
  run: string | null;
  /** Iteration; null for a run's best or newest model, and for a model folder. */
  iteration: number | null;
  /** Start of its run, or change of its folder, in seconds since 1970. */
  created: number;
}

/** A model that was found, before it is opened. */
export interface FoundEntry extends ModelEntry {
  /** Two models with the same key have the same weights and texts. */
  key: string;
  weights: BaseRef | StateRef;
  /** Folder of the tokenizer and the chat template. */
  texts: string;
  /** Config of its run. */
  config: RunConfig | null;
  /** Folder of its run. */
  runDir: string | null;
  /** Domain that it was trained in: a name, or the path of a module; null if it names none. */
  domain: string | null;
}

/** Model folders by the name that requests use. */
export type NamedFolders = readonly { name: string; path: string }[];

export interface CatalogueOptions {
  /** Folder of runs; null for none. */
  runsDir: string | null;
  folders?: NamedFolders;
}

const NAME = /^(?<run>.+?)(?:@(?<iteration>\d{1,6}))?(?::(?<role>[a-z]+))?$/;

export class Catalogue {
  #runsDir: string | null;
  #folders: NamedFolders;

  constructor({ runsDir, folders = [] }: CatalogueOptions) {
    this.#runsDir = runsDir === null ? null : resolve(runsDir);
    this.#folders = folders.map(({ name, path }) => ({ name, path: findModel(path) }));
  }

  /**
   * Lists what can be opened: model folders first, then runs, newest first. Weights that were removed, runs of other
   * engines and folders that cannot be read are left out.
   */
  async list(): Promise<ModelEntry[]> {
    const folders = await Promise.all(this.#folders.map(folderEntry));
    const runs = this.#runs().flatMap((name) => {
      try {
        return runEntries(this.#dirOf(name), name);
      } catch {
        // It cannot be read as a run; `rzero runs` says why.
        return [];
      }
    });
    return [...folders, ...runs.toSorted((a, b) => b.created - a.created)];
  }

  /**
   * Finds a model by its name; null if there is none.
   * @throws EvalError for weights that were removed, or that another engine has; StoreError, ModelLoadError
   */
  async find(id: string): Promise<FoundEntry | null> {
    const folder = this.#folders.find(({ name }) => name === id);
    if (folder !== undefined) return foundFolder(folder);
    const { run, iteration, role: title = MEASURED } = NAME.exec(id)?.groups ?? {};
    const role = findRole(ALL_ROLES, 'name', title)?.name;
    if (run === undefined || role === undefined || !this.#runs().includes(run)) return null;
    const asked = { dir: this.#dirOf(run), iteration: iteration === undefined ? null : Number(iteration) };
    const found = await modelOfRun(asked, role);
    requireLocal(found.config, run);
    const { weights, config, dir } = found;
    // Before its first training, a Verifier is the base; most runs have none at all.
    if (role === VERIFIER.name && weights.kind === 'base') return null;
    return {
      id,
      role,
      run,
      iteration: asked.iteration,
      created: createdOf(dir),
      key: await keyOf(weights),
      weights,
      texts: savedFolder(weights) ?? findModel(config.model),
      config,
      runDir: dir,
      domain: config.domain,
    };
  }

  #runs(): string[] {
    return this.#runsDir === null ? [] : runFolders(this.#runsDir);
  }

  #dirOf(run: string): string {
    return join(this.#runsDir ?? '', run);
  }
}

async function folderEntry({ name, path }: NamedFolders[number]): Promise<ModelEntry> {
  const { mtimeMs } = await stat(path);
  return { id: name, role: MEASURED, run: null, iteration: null, created: Math.floor(mtimeMs / 1000) };
}

async function foundFolder(folder: NamedFolders[number]): Promise<FoundEntry> {
  const { path } = folder;
  const weights: BaseRef = { kind: 'base', path };
  const domain = await domainOfFolder(path);
  const key = await keyOf(weights);
  return { ...(await folderEntry(folder)), key, weights, texts: path, config: null, runDir: null, domain };
}

/** A state that a resumed run writes again has another time. */
async function keyOf(weights: BaseRef | StateRef): Promise<string> {
  const folder = savedFolder(weights);
  if (folder === null) return JSON.stringify(weights);
  const { mtimeMs, ino } = await stat(folder);
  return `${folder}#${ino}#${mtimeMs}`;
}

function requireLocal({ engine }: RunConfig, run: string): void {
  if (engine.kind === 'local') return;
  throw new EvalError(
    `The weights of ${run} belong to the engine kind ${engine.kind}, and this process runs models of this machine only.`,
    `\`rzero export --model ${run} --out FOLDER\` writes the model to a folder; name that folder with --model.`,
  );
}

function createdOf(dir: string): number {
  const store = openRun(dir, { readOnly: true });
  try {
    return secondsOf(store.meta().createdAt);
  } finally {
    store.close();
  }
}

function secondsOf(iso: string): number {
  return Math.floor(Date.parse(iso) / 1000);
}

/** Lists what a run has, the best first, then the Solvers by iteration, then those of the other roles. */
function runEntries(dir: string, run: string): ModelEntry[] {
  const store = openRun(dir, { readOnly: true });
  try {
    const { config, createdAt: iso } = store.meta();
    if (config.engine.kind !== 'local') return [];
    const entry = (role: ModelRole, iteration: number | null): ModelEntry => ({
      id: `${run}${iteration === null ? '' : `@${iteration}`}${role === MEASURED ? '' : `:${role}`}`,
      role,
      run,
      iteration,
      created: secondsOf(iso),
    });
    const kept = (role: ModelRole): number[] =>
      resultsOf(store, config, role)
        .filter(({ state }) => existsSync(join(dir, state)))
        .map(({ iteration }) => iteration);
    const solvers = kept(MEASURED);
    const newest = resultsOf(store, config, MEASURED).at(-1)?.iteration;
    const named = holdsModel(join(dir, 'best')) || newest === undefined || solvers.includes(newest);
    const others = ALL_ROLES.map(({ name }) => name).filter((role) => role !== MEASURED);
    return [
      ...(named ? [entry(MEASURED, null)] : []),
      ...(holdsModel(findModel(config.model)) ? [entry(MEASURED, 0)] : []),
      ...solvers.map((iteration) => entry(MEASURED, iteration)),
      ...others.flatMap((role) => {
        const own = kept(role);
        return own.length === 0 ? [] : [entry(role, null), ...own.map((iteration) => entry(role, iteration))];
      }),
    ];
  } finally {
    store.close();
  }
}
