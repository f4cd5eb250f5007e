/**
 * The engine itself, which runs in the worker thread: open policies, samplers and snapshots. A backend does the work. `worker.ts` passes it one call at a time.
 */

import { availableParallelism } from 'node:os';

import { EngineError } from '../../errors.ts';
import { adapterParameters } from '../../models/adapters/adapter.ts';
import { type DecoderConfig, parameterCount } from '../../models/decoder-config.ts';
import type { Backend, LocalSampler, Training } from './backend.ts';
import { checkSampleRequest } from '../check-request.ts';
import type { DrawnTokens, ModelInfo, Progress, SampleRequest, WeightsRef } from '../engine.ts';
import { HostBackend } from './host-backend.ts';
import { collectGarbage } from './memory/collect.ts';
import type { Loaded } from './memory/loaded.ts';
import { ModelsInMemory } from './memory/models-in-memory.ts';
import type { CallName, Calls, LocalEngineOptions } from './protocol.ts';
import { TokenStream } from './sampling/token-stream.ts';
import { loadTrainerStart, saveState } from './state-folder.ts';
import { folderOf, stateOf } from './states.ts';
import { WebGpuBackend } from './webgpu/backend.ts';

interface OpenPolicy {
  training: Training;
  source: Loaded;
}

interface OpenSampler {
  loaded: Loaded;
  sampler: LocalSampler;
}

/** Callbacks of a running call. */
export interface CallControl {
  progress: (progress: Progress) => void;
  /** Throws if the caller has aborted. */
  checkAborted: () => void;
  /** Returns whether the caller has aborted one request of the call. */
  isAborted: (request: number) => boolean;
  /** Sends drawn tokens to the caller. */
  tokens: (drawn: DrawnTokens[]) => void;
}

export type Handlers = {
  [Name in CallName]: (args: Calls[Name]['args'], control: CallControl) => Promise<Calls[Name]['result']>;
};

export class LocalCore {
  #backend: Backend;
  #models: ModelsInMemory;
  #policies = new Map<number, OpenPolicy>();
  #samplers = new Map<number, OpenSampler>();
  #snapshots = new Map<string, Loaded>();
  #handles = 0;

  constructor(options: LocalEngineOptions) {
    this.#backend = backendFor(options);
    this.#models = new ModelsInMemory(this.#backend.place);
  }

  readonly handlers: Handlers = {
    inspect: async ({ ref }) => this.#inspect(ref),
    openPolicy: async ({ from, optimizer, adapt }) => {
      if (from.kind === 'snapshot') {
        throw new EngineError(
          'user',
          'A snapshot cannot be trained.',
          'Open a policy from a folder: a base model or a saved state.',
        );
      }
      const folder = folderOf(from);
      const source = await this.#models.openToTrain(folder, adapt);
      const start = await loadTrainerStart(folder, optimizer).catch(async (error: unknown) => {
        await this.#models.close(source);
        throw error;
      });
      const training = await this.#backend.train(source, start);
      const handle = ++this.#handles;
      this.#policies.set(handle, { training, source });
      return { handle, version: training.version };
    },
    closePolicy: async ({ handle }) => {
      const open = this.#policies.get(handle);
      this.#policies.delete(handle);
      if (open !== undefined) await this.#closePolicy(open);
      return null;
    },
    openSampler: async ({ ref }) => {
      const loaded = await this.#open(ref);
      const sampler = await this.#backend.openSampler(loaded).catch(async (error: unknown) => {
        await this.#models.close(loaded);
        throw error;
      });
      const handle = ++this.#handles;
      this.#samplers.set(handle, { loaded, sampler });
      return { handle, version: loaded.version };
    },
    closeSampler: async ({ handle }) => {
      const open = this.#samplers.get(handle);
      this.#samplers.delete(handle);
      if (open !== undefined) await this.#closeSampler(open);
      return null;
    },
    sample: async ({ handle, requests, streamed }, control) => {
      const { loaded, sampler } = this.#sampler(handle);
      checkRequests(requests, loaded.config);
      const total = requests.reduce((sum, request) => sum + request.n, 0);
      const stream = streamed ? new TokenStream(control.tokens) : null;
      const completions = await sampler.sample(requests, {
        tick: reporter(control, total),
        isAborted: control.isAborted,
        ...(stream === null ? {} : { stream }),
      });
      stream?.flush();
      return completions;
    },
    scoreSampler: async ({ handle, examples }, control) => {
      const { loaded } = this.#sampler(handle);
      return this.#backend.score(loaded, examples, reporter(control, examples.length));
    },
    measureSampler: async ({ handle, examples }, control) => {
      const { loaded } = this.#sampler(handle);
      return this.#backend.measure(loaded, examples, reporter(control, examples.length));
    },
    scorePolicy: async ({ handle, examples }, control) =>
      this.#policy(handle).training.score(examples, reporter(control, examples.length)),
    backward: async ({ handle, examples, coefficients }, control) =>
      this.#policy(handle).training.backward(examples, coefficients, reporter(control, examples.length)),
    discard: async ({ handle }) => {
      await this.#policies.get(handle)?.training.discard();
      return null;
    },
    step: async ({ handle, options }) => {
      const { training } = this.#policy(handle);
      const { gradNorm } = await training.step(options);
      return { gradNorm, version: training.version };
    },
    publish: async ({ handle }) => {
      const { training, source } = this.#policy(handle);
      const id = `snapshot-${++this.#handles}`;
      // The previous copy is usually closed by now.
      collectGarbage();
      this.#snapshots.set(id, await this.#models.copy(source, training.version));
      return { kind: 'snapshot', id, version: training.version };
    },
    save: async ({ handle, place }) => {
      const { training, source } = this.#policy(handle);
      const { version, updates } = training;
      const optimizer = await training.moments();
      const state = stateOf(place);
      await saveState(folderOf(state), source, { version, updates, optimizer });
      return state;
    },
    keep: async ({ id, place }) => {
      const snapshot = this.#snapshot(id);
      const state = stateOf(place);
      await saveState(folderOf(state), snapshot, { version: snapshot.version, updates: 0, optimizer: new Map() });
      return state;
    },
    removeSnapshot: async ({ id }) => {
      const snapshot = this.#snapshots.get(id);
      this.#snapshots.delete(id);
      if (snapshot !== undefined) this.#models.drop(snapshot);
      return null;
    },
    shutdown: async () => {
      for (const sampler of this.#samplers.values()) await this.#closeSampler(sampler);
      for (const policy of this.#policies.values()) await this.#closePolicy(policy);
      await this.#backend.close();
      return null;
    },
  };

  /** Also reads the weights, so that a broken model is found before a run begins. */
  async #inspect(ref: WeightsRef): Promise<ModelInfo> {
    const loaded = await this.#open(ref);
    const { config, adapter } = loaded;
    await this.#models.close(loaded);
    return {
      parameters: parameterCount(config),
      adapter: adapter && { ...adapter.shape, parameters: adapterParameters(config, adapter.shape) },
      vocabulary: config.vocabulary,
      maxContext: config.maxPositions,
      architecture: config.architecture,
    };
  }

  /** Enters the base; the caller must leave it. */
  async #open(ref: WeightsRef): Promise<Loaded> {
    if (ref.kind !== 'snapshot') return this.#models.open(folderOf(ref));
    return this.#models.enter(this.#snapshot(ref.id));
  }

  async #closePolicy({ training, source }: OpenPolicy): Promise<void> {
    await training.close();
    await this.#models.close(source);
  }

  async #closeSampler({ sampler, loaded }: OpenSampler): Promise<void> {
    await sampler.close();
    await this.#models.close(loaded);
  }

  #snapshot(id: string): Loaded {
    return found(this.#snapshots.get(id), 'lost-sampler', `snapshot ${id}`);
  }

  #policy(handle: number): OpenPolicy {
    return found(this.#policies.get(handle), 'lost-policy', 'policy');
  }

  #sampler(handle: number): OpenSampler {
    return found(this.#samplers.get(handle), 'lost-sampler', 'sampler');
  }
}

function backendFor(options: LocalEngineOptions): Backend {
  if (options.device === 'webgpu') return new WebGpuBackend(options);
  return new HostBackend(options, options.threads === 0 ? availableParallelism() : options.threads);
}

function found<T>(value: T | undefined, kind: 'lost-policy' | 'lost-sampler', what: string): T {
  if (value !== undefined) return value;
  throw new EngineError(kind, `The ${what} is closed or was never opened.`, 'Open it again from a saved state.');
}

/** Reports progress, and lets a call be aborted between batches. */
function reporter(control: CallControl, total: number): (done: number, tokens: number) => void {
  const start = performance.now();
  let tokens = 0;
  return (done, added) => {
    control.checkAborted();
    tokens += added;
    const seconds = (performance.now() - start) / 1000;
    control.progress({ done, total, tokensPerSecond: seconds > 0 ? tokens / seconds : null });
  };
}

function checkRequests(requests: readonly SampleRequest[], config: DecoderConfig): void {
  for (const request of requests) {
    checkSampleRequest(request, config.vocabulary);
    checkRoom(request, config.maxPositions);
  }
}

function checkRoom({ prompt, maxTokens }: SampleRequest, context: number): void {
  const room = context - prompt.length;
  if (maxTokens <= room) return;
  throw new EngineError(
    'user',
    `A prompt of ${prompt.length} tokens and ${maxTokens} new ones exceed the model's context of ${context}.`,
    room < 1
      ? `Shorten the prompt to at most ${context - 1} tokens, or use a model with a longer context.`
      : `Lower maxTokens to at most ${room} (in a run, that of challenger, pool, votes, solver or evaluation), or use a model with a longer context.`,
  );
}
