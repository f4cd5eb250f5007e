/** Resolves the options of a command to a config and to the model it uses. */

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { resolveConfig } from '../config/load.ts';
import type { ConfigInput, RunConfig } from '../config/schema.ts';
import { phaseResult } from '../loop/training/weights.ts';
import { findModel, holdsModel } from '../models/hub/find-model.ts';
import { isOnHub, obtainModel } from '../models/hub/obtain-model.ts';
import { resolveRun } from '../store/runs.ts';
import { openRun } from '../store/sqlite.ts';
import type { RunStore } from '../store/store.ts';
import type { Role } from '../types.ts';
import { showDownload } from './download.ts';
import type { Io } from './io.ts';

/** Options for the main settings, as typed. The config schema validates them. */
export interface ConfigFlags {
  model?: string;
  domain?: string;
  iterations?: number;
  scale?: string;
  seed?: number;
  runsDir?: string;
  set?: string[];
  config?: string[];
  lora?: boolean;
}

/** The config from the options. Throws ConfigError as `resolveConfig` does. */
export function configOf(flags: ConfigFlags, more: ConfigInput = {}): RunConfig {
  const { set, config: files, model, domain, iterations, scale, seed, runsDir, lora } = flags;
  const given = { model, domain, iterations, scale, seed, runsDir, ...more, ...adaptFlag(lora, more) } as ConfigInput;
  return resolveConfig({ files, set, flags: given });
}

/** The `adapt` section with `--lora` applied over the values in `under`. */
export function adaptFlag(lora: boolean | undefined, under: ConfigInput): ConfigInput {
  return lora === true ? { adapt: { ...under.adapt, method: 'lora' } } : {};
}

/** The config for using a model: that of its run, if it has one, with the options applied over it. */
export function configFor(subject: Subject, flags: Pick<ConfigFlags, 'domain' | 'set'>): RunConfig {
  const own: ConfigInput = subject.config ?? {};
  return configOf({ set: flags.set }, { ...own, domain: flags.domain ?? own.domain } as ConfigInput);
}

/** A model that a command uses. */
export interface Subject {
  /** Hugging Face folder with its tokenizer. */
  folder: string;
  /** Name to display. */
  name: string;
  /** Config of the run that trained it; null for a plain folder. */
  config: RunConfig | null;
}

/**
 * Finds the model that `--model` names: a checkpoint folder, a model on the hub, or a run. A run stands for its best
 * Solver or its newest Challenger.
 */
export async function findSubject(model: string | undefined, runsDir: string, role: Role, io: Io): Promise<Subject> {
  const named = model ?? configOf({}).model;
  if (isOnHub(named)) {
    const folder = await showDownload(io, named, (onProgress) => obtainModel(named, { onProgress }));
    return { folder, name: named, config: null };
  }
  const folder = findModel(named);
  const isRun = existsSync(join(folder, 'run.db'));
  const isFolder = existsSync(folder) && !isRun;
  if (model === undefined || isFolder) {
    // An adapter's base may have to be downloaded.
    await showDownload(io, named, (onProgress) => obtainModel(named, { onProgress }));
    return { folder, name: named, config: null };
  }
  return subjectOfRun(resolveRun(runsDir, model), role);
}

function subjectOfRun(dir: string, role: Role): Subject {
  const store = openRun(dir, { readOnly: true });
  try {
    const { config, id } = store.meta();
    const trained = trainedFolder(store, role);
    return {
      folder: trained ?? findModel(config.model),
      name: trained === null ? `${id} (base)` : `${id} (${role})`,
      config,
    };
  } finally {
    store.close();
  }
}

function trainedFolder(store: RunStore, role: Role): string | null {
  const best = join(store.dir, 'best');
  if (role === 'solver' && holdsModel(best)) return best;
  const { config } = store.meta();
  const newest = store.allWeights().findLast((weights) => config.weights === 'shared' || weights.role === role);
  const result = newest && phaseResult(store, config, newest.role, newest.iteration);
  return result ? resolve(store.dir, result.path) : null;
}
