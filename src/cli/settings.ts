/** Resolves the options of a command to a config and to the model it uses. */

import { resolveConfig } from '../config/load.ts';
import type { ConfigInput, RunConfig } from '../config/schema.ts';
import type { Domain } from '../domains/domain.ts';
import { openDomainFrom } from '../loop/run/code-record.ts';
import type { BaseRef, StateRef } from '../engine/engine.ts';
import { domainOfFolder } from '../generate/model-domain.ts';
import { savedFolder } from '../engine/local/states.ts';
import { folderOfModel, modelOfRun, namedRun, type NamedRun } from '../generate/run-model.ts';
import { findModel } from '../models/hub/find-model.ts';
import { isOnHub, obtainModel } from '../models/hub/obtain-model.ts';
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
  engine?: string;
}

/** The config from the options. Throws ConfigError as `resolveConfig` does. */
export function configOf(flags: ConfigFlags, more: ConfigInput = {}): RunConfig {
  const { set, config: files, model, domain, iterations, scale, seed, runsDir, lora, engine } = flags;
  const given = {
    model,
    domain,
    iterations,
    scale,
    seed,
    runsDir,
    ...more,
    ...adaptFlag(lora, more),
    ...engineFlag(engine),
  } as ConfigInput;
  return resolveConfig({ files, set, flags: given });
}

/** The `adapt` section with `--lora` applied over the values in `under`. */
export function adaptFlag(lora: boolean | undefined, under: ConfigInput): ConfigInput {
  return lora === true ? { adapt: { ...under.adapt, method: 'lora' } } : {};
}

/** `--engine`: the kind `local`, or the file of a module. */
function engineFlag(engine: string | undefined): ConfigInput {
  if (engine === undefined) return {};
  return { engine: engine === 'local' ? { kind: 'local' } : { kind: 'module', path: engine } };
}

/**
 * The config for using a model: that of its run, if it has one, otherwise with the domain that its folder records, with
 * the options applied over it.
 */
export function configFor(subject: Subject, flags: Pick<ConfigFlags, 'domain' | 'set'>): RunConfig {
  const own: ConfigInput = subject.config ?? {};
  return configOf({ set: flags.set }, { ...own, domain: flags.domain ?? own.domain ?? subject.domain ?? undefined });
}

/** Opens the domain for using a model. A run's own domain must be as it was when the run started. */
export async function openDomainFor(
  subject: Pick<Subject, 'runDir'>,
  config: RunConfig,
  flags: Pick<ConfigFlags, 'domain'>,
): Promise<Domain> {
  return (await openDomainFrom(flags.domain === undefined ? subject.runDir : null, config.domain)).domain;
}

/** A model that a command uses. */
export interface Subject {
  weights: BaseRef | StateRef;
  /** Folder of its tokenizer. */
  tokenizer: string;
  /** Name to display. */
  name: string;
  /** Config of the run that trained it; null for a plain folder. */
  config: RunConfig | null;
  /** Folder of that run. */
  runDir: string | null;
  /** Domain that it was trained in; null if neither a run nor its folder names one. */
  domain: string | null;
}

/**
 * Finds the model that `--model` names: a checkpoint folder, a model on the hub, or a run. A run stands for its best
 * Solver or its newest Challenger, and `RUN@N` for the role after iteration N.
 */
export async function findSubject(model: string | undefined, runsDir: string, role: Role, io: Io): Promise<Subject> {
  const named = model ?? configOf({}).model;
  const run = isOnHub(named) ? null : namedRun(named, runsDir);
  if (run !== null) return subjectOfRun(run, role);
  // Downloads a model on the hub, and the base of an adapter.
  return ofFolder(await showDownload(io, named, (onProgress) => obtainModel(named, { onProgress })), named);
}

async function ofFolder(folder: string, name: string): Promise<Subject> {
  const domain = await domainOfFolder(folder);
  return { weights: { kind: 'base', path: folder }, tokenizer: folder, name, config: null, runDir: null, domain };
}

/** Returns the checkpoint folder of a subject. Throws ConfigError if its weights are not in a folder on this machine. */
export function folderOfSubject({ weights, name }: Subject): string {
  return folderOfModel({ id: name, weights });
}

async function subjectOfRun(run: NamedRun, role: Role): Promise<Subject> {
  const { id, dir, config, weights, iteration } = await modelOfRun(run, role);
  const at = iteration === null || run.iteration === null ? '' : `@${iteration}`;
  return {
    weights,
    tokenizer: savedFolder(weights) ?? findModel(config.model),
    name: `${id}${at} (${iteration === 0 ? 'base' : role})`,
    config,
    runDir: dir,
    domain: config.domain,
  };
}
