/**
 * Finds a model by the name that the user gives: a checkpoint folder, a run (its best iteration), `RUN@iteration`, the
 * name of a model on the hub, or the URL of an endpoint. Only this module distinguishes them; other code uses a
 * `Generator`.
 */

import { createHash } from 'node:crypto';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { resolveConfig } from '../config/load.ts';
import type { RunConfig } from '../config/schema.ts';
import type { BaseRef, StateRef, WeightsRef } from '../engine/engine.ts';
import type { Generator } from './generator.ts';
import { createFlow } from '../engine/flow/flow.ts';
import type { EngineHooks } from '../engine/kind.ts';
import { openEngine } from '../engine/open-engine.ts';
import { savedFolder } from '../engine/local/states.ts';
import { type EndpointOptions, isAddress, openEndpoint, shownAddress } from './openai/index.ts';
import { placeOfModel } from '../models/adapters/adapter-base.ts';
import { DOMAIN_RECORD } from '../models/domain-record.ts';
import { findModel } from '../models/hub/find-model.ts';
import type { HubOptions } from '../models/hub/hub.ts';
import { isOnHub, obtainModel } from '../models/hub/obtain-model.ts';
import { today } from '../models/tokenizer/strftime.ts';
import { loadTokenizer } from '../models/tokenizer/tokenizer.ts';
import { localGenerator } from './local-generator.ts';
import { modelOfRun, namedRun, type NamedRun } from './run-model.ts';

/** Identity of a model, so that an evaluation is never continued with another one. Serialisable as JSON. */
export interface ModelIdentity {
  kind: 'folder' | 'run' | 'hub' | 'endpoint' | 'service';
  /** Name in reports. */
  name: string;
  /** Absolute folder, URL of an endpoint or a service with the model's name, or the engine's id of a saved state. */
  location: string;
  /** Fingerprint of weights, config and tokenizer; null for an endpoint. */
  fingerprint: string | null;
  /** Iteration of a run; null for `best` and for models outside a run. */
  iteration: number | null;
}

export type FoundModel = {
  identity: ModelIdentity;
  /** Folder of the run that the model belongs to. */
  runDir: string | null;
  /** Config of that run. */
  config: RunConfig | null;
} & (
  | {
      /** Weights for an engine, and the folder of the tokenizer. */
      model: { weights: BaseRef | StateRef; tokenizer: string };
      endpoint: null;
    }
  /** Options of the endpoint, including secrets. */
  | { model: null; endpoint: EndpointOptions }
);

/** Options that apply only to endpoints. */
export type Access = Pick<EndpointOptions, 'apiKeyEnv' | 'concurrency' | 'tokenBudget'>;

export interface FindOptions {
  runsDir: string;
  hub?: HubOptions;
  access?: Access;
}

/**
 * Finds the model without opening it. If the URL of an endpoint does not name a model after `#`, the endpoint is asked
 * for its model, so that an evaluation is never continued with another one.
 *
 * @throws EngineError if the endpoint cannot be asked; EvalError, StoreError or ModelLoadError if the model is not found
 */
export async function findEvaluated(spec: string, { runsDir, hub, access }: FindOptions): Promise<FoundModel> {
  if (isAddress(spec)) return findEndpoint({ url: spec, ...access });
  if (isOnHub(spec)) return fromHub(spec, hub);
  const named = namedRun(spec, runsDir);
  return named === null ? plain('folder', spec, await obtainModel(spec, hub)) : ofRun(named);
}

/**
 * Opens a found model for sampling. The caller closes the generator, which closes its engine.
 * @param set settings over those of the model's run
 * @param date date for chat templates that write it, unless the settings have one
 * @param hooks what the engine calls, for the folder of the model
 */
export async function openGenerator(
  found: FoundModel,
  set: readonly string[] = [],
  date: string = today(),
  hooks: (model: string) => EngineHooks = (model) => ({ model }),
): Promise<Generator> {
  const { name } = found.identity;
  if (found.endpoint !== null) return openEndpoint(found.endpoint);
  const { weights, tokenizer: folder } = found.model;
  const { engine: dials, template, prompt } = resolveConfig({ set, flags: { ...found.config } });
  const tokenizer = await loadTokenizer(folder, { template, prompt: { ...prompt, date: prompt.date || date } });
  const engine = await openEngine(dials, undefined, hooks(folder));
  try {
    const { maxContext } = await engine.inspect(weights);
    const sampler = await engine.openSampler(weights);
    const close = async (): Promise<void> => {
      await sampler.close();
      await engine.close();
    };
    const flow = createFlow(engine);
    return localGenerator({ name, sampler, tokenizer, maxContext, batch: engine.slots, flow, close });
  } catch (error) {
    await engine.close();
    throw error;
  }
}

async function plain(kind: 'folder' | 'hub', name: string, folder: string): Promise<FoundModel> {
  const identity = { kind, name, location: folder, fingerprint: await fingerprintOf(folder), iteration: null };
  const weights: BaseRef = { kind: 'base', path: folder };
  return { identity, runDir: null, config: null, model: { weights, tokenizer: folder }, endpoint: null };
}

async function ofRun(named: NamedRun): Promise<FoundModel> {
  const { id, dir, config, weights, iteration } = await modelOfRun(named);
  const identity: ModelIdentity = {
    kind: 'run',
    name: iteration === null ? `${id} (best)` : `${id}@${iteration}`,
    ...(await identityOf(weights)),
    iteration,
  };
  const model = { weights, tokenizer: savedFolder(weights) ?? findModel(config.model) };
  return { identity, runDir: dir, config, model, endpoint: null };
}

async function fromHub(spec: string, hub?: HubOptions): Promise<FoundModel> {
  return plain('hub', spec, await obtainModel(spec, hub));
}

async function findEndpoint(options: EndpointOptions): Promise<FoundModel> {
  const { name, model } = await namedModel(options);
  const identity: ModelIdentity = { kind: 'endpoint', name, location: name, fingerprint: null, iteration: null };
  return { identity, runDir: null, config: null, model: null, endpoint: { ...options, model } };
}

/** Describes the model of an endpoint. `model` is undefined if the URL names it. */
async function namedModel(options: EndpointOptions): Promise<{ name: string; model?: string }> {
  const shown = shownAddress(options.url);
  if (shown.includes('#')) return { name: shown };
  const { name, model, close } = await openEndpoint(options);
  await close();
  return { name, model };
}

/** Returns the folder of weights on this machine, otherwise the engine's id. */
export function locationOf(ref: WeightsRef): string {
  const folder = ref.kind === 'snapshot' ? null : savedFolder(ref);
  return folder ?? (ref.kind === 'base' ? ref.path : ref.id);
}

/** Returns location and fingerprint of weights. The fingerprint is null if they are not in a folder on this machine. */
export async function identityOf(ref: WeightsRef): Promise<Pick<ModelIdentity, 'location' | 'fingerprint'>> {
  const folder = ref.kind === 'snapshot' ? null : savedFolder(ref);
  return { location: locationOf(ref), fingerprint: folder === null ? null : await fingerprintOf(folder) };
}

const EDGE_BYTES = 65_536;

/**
 * Computes the fingerprint of a folder from names, sizes, the content of small files and both ends of large ones; for
 * an adapter, also from its base. A copy has the same fingerprint; a training step changes it.
 */
export async function fingerprintOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const { base } = await placeOfModel(folder);
  if (base !== folder) hash.update(await fingerprintOf(base));
  const names = (await readdir(folder)).filter((name) => /\.(?:safetensors|json|jinja)$/.test(name)).toSorted();
  for (const name of names.filter((one) => one !== 'optimizer.safetensors' && one !== DOMAIN_RECORD)) {
    const path = join(folder, name);
    const { size } = await stat(path);
    hash.update(`${name}\n${size}\n`);
    if (size <= 2 * EDGE_BYTES) hash.update(await readFile(path));
    else await hashEnds(path, size, hash);
  }
  return hash.digest('hex').slice(0, 16);
}

async function hashEnds(path: string, size: number, hash: ReturnType<typeof createHash>): Promise<void> {
  const file = await open(path);
  try {
    for (const position of [0, size - EDGE_BYTES]) {
      const { buffer } = await file.read(Buffer.alloc(EDGE_BYTES), 0, EDGE_BYTES, position);
      hash.update(buffer);
    }
  } finally {
    await file.close();
  }
}

/** Returns a folder name for an evaluation of this model. */
export function slugOf({ kind, name, iteration }: ModelIdentity): string {
  if (kind === 'run') return iteration === null ? 'best' : `iteration-${iteration}`;
  // For an endpoint, the model's name is more informative than the host's.
  const short = basename(kind === 'endpoint' ? name.slice(name.indexOf('#') + 1) : name);
  return (
    short
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 40) || 'model'
  );
}
