/** Resolves the options of a command to a config and to the model it uses. */

import { resolveConfig } from '../config/load.ts';
import { modelName } from '../config/model-name.ts';
import type { ConfigInput, RunConfig } from '../config/schema.ts';
import type { Domain } from '../domains/domain.ts';
import { openDomainFrom } from '../loop/run/code-record.ts';
import type { BaseRef, StateRef } from '../engine/engine.ts';
import { domainOfFolder } from '../generate/model-domain.ts';
import { savedFolder } from '../engine/local/states.ts';
import {
  exportedBest,
  folderOfModel,
  isNamedByRun,
  modelOfRun,
  namedRun,
  type NamedRun,
} from '../generate/run-model.ts';
import { obtainTexts } from '../loop/remote/texts.ts';
import { findModel } from '../models/hub/find-model.ts';
import { isOnHub, obtainModel } from '../models/hub/obtain-model.ts';
import { MEASURED } from '../roles.ts';
import type { Role } from '../types.ts';
import { showDownload } from './download.ts';
import type { Io } from './io.ts';
import {
  addressFlags,
  engineFlags,
  namesService,
  type ServiceFlags,
  withDevice,
  withService,
} from './service/flags.ts';

/** Options for the main settings, as typed. The config schema validates them. */
export interface ConfigFlags extends ServiceFlags {
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
  const given = {
    model,
    domain,
    iterations,
    scale,
    seed,
    runsDir,
    ...more,
    ...adaptFlag(lora, more),
    ...engineFlags(flags),
  } as ConfigInput;
  const config = resolveConfig({ files, set: withDevice(flags.device, set), flags: given });
  // The model's name is that on the service, also if a file chooses the engine.
  const isNamed = model === undefined || config.engine.kind !== 'tinker' || namesService(flags);
  return isNamed ? config : configOf({ ...flags, engine: 'tinker' }, more);
}

/** The `adapt` section with `--lora` applied over the values in `under`. */
export function adaptFlag(lora: boolean | undefined, under: ConfigInput): ConfigInput {
  return lora === true ? { adapt: { ...under.adapt, method: 'lora' } } : {};
}

/**
 * The config for using a model: that of its run, if it has one, otherwise with the domain that its folder records, with
 * the options applied over it.
 */
export function configFor(subject: Subject, flags: Pick<ConfigFlags, 'domain' | 'set'> & ServiceFlags): RunConfig {
  const own: ConfigInput = subject.config ?? {};
  const domain = flags.domain ?? own.domain ?? subject.domain ?? undefined;
  // A run's service may have moved.
  const engine = own.engine?.kind === 'tinker' ? { ...own.engine, ...addressFlags(flags) } : own.engine;
  return withService(configOf({ set: flags.set, device: flags.device }, { ...own, engine, domain }));
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
  /** Config of the run that trained it, or of the service that has it; null for a plain folder. */
  config: RunConfig | null;
  /** Folder of that run. */
  runDir: string | null;
  /** Folder that its run exported it to, if the weights themselves are elsewhere; else null. */
  exported: string | null;
  /** Domain that it was trained in; null if neither a run nor its folder names one. */
  domain: string | null;
}

/**
 * Finds the model that `--model` names: a checkpoint folder, a model on the hub, or a run. A run stands for its best
 * Solver or its newest Challenger, and `RUN@N` for the role after iteration N.
 */
export async function findSubject(
  flags: Pick<ConfigFlags, 'model' | 'runsDir' | 'set'> & ServiceFlags,
  role: Role,
  io: Io,
): Promise<Subject> {
  const named = flags.model ?? configOf({}).model;
  const run = isOnHub(named) || isOnService(flags) ? null : namedRun(named, flags.runsDir ?? 'runs');
  if (run !== null) return subjectOfRun(run, role);
  if (namesService(flags)) return onService(flags, io);
  // Downloads a model on the hub, and the base of an adapter.
  return ofFolder(await showDownload(io, named, (onProgress) => obtainModel(named, { onProgress })), named);
}

/** Whether the options name a model of a service rather than a run: an address alone only says where a run's service is. */
function isOnService(flags: Pick<ConfigFlags, 'model' | 'runsDir'> & ServiceFlags): boolean {
  return namesService(flags) && (flags.model === undefined || !isNamedByRun(flags.model, flags.runsDir ?? 'runs'));
}

async function onService(
  flags: Pick<ConfigFlags, 'model' | 'runsDir' | 'set'> & ServiceFlags,
  io: Io,
): Promise<Subject> {
  const { model, set, engine, url, challengerUrl, solverUrl, referenceUrl, tokenizer, runsDir = 'runs' } = flags;
  const service = { engine, url, challengerUrl, solverUrl, referenceUrl, tokenizer };
  const named = withService(configOf({ model, set, ...service }));
  const folder = await showDownload(io, named.model, (onProgress) => obtainTexts(named.model, runsDir, { onProgress }));
  const config = { ...named, model: folder };
  return {
    weights: { kind: 'base', path: folder },
    tokenizer: folder,
    name: modelName(named),
    config,
    runDir: null,
    exported: null,
    domain: null,
  };
}

async function ofFolder(folder: string, name: string): Promise<Subject> {
  const domain = await domainOfFolder(folder);
  return {
    weights: { kind: 'base', path: folder },
    tokenizer: folder,
    name,
    config: null,
    runDir: null,
    exported: null,
    domain,
  };
}

/** Returns the checkpoint folder of a subject. Throws ConfigError if its weights are not in a folder on this machine. */
export function folderOfSubject({ weights, name, exported }: Subject): string {
  return exported ?? folderOfModel({ id: name, weights });
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
    exported: role === MEASURED ? exportedBest(run) : null,
    domain: config.domain,
  };
}
