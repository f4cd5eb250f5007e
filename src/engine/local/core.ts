/**
 * The engine itself, which runs in the worker thread: open policies, samplers and snapshots, and the sessions that they
 * share (one set per architecture and adapter shape). `worker.ts` passes it one call at a time.
 */

import { availableParallelism } from 'node:os';

import { EngineError } from '../../errors.ts';
import { adapterParameters } from '../../models/adapters/adapter.ts';
import { type DecoderConfig, parameterCount } from '../../models/decoder-config.ts';
import { checkSampleRequest } from '../check-request.ts';
import type { DrawnTokens, ModelInfo, Progress, SampleRequest, WeightsRef } from '../engine.ts';
import { BatchSampler } from './sampling/batch-sampler.ts';
import { TokenStream } from './sampling/token-stream.ts';
import { collectGarbage } from './memory/collect.ts';
import { activationBytes } from './memory/forecast-memory.ts';
import type { Loaded } from './memory/loaded.ts';
import { ModelsInMemory } from './memory/models-in-memory.ts';
import { Prefill } from './sampling/prefill.ts';
import type { CallName, Calls, LocalEngineOptions } from './protocol.ts';
import { SequenceRunner } from './training/sequence-runner.ts';
import { loadTrainerStart, saveState } from './state-folder.ts';
import { folderOf, stateOf } from './states.ts';
import { Trainer } from './training/trainer.ts';

interface OpenPolicy {
  trainer: Trainer;
  source: Loaded;
}

interface OpenSampler {
  loaded: Loaded;
  sampler: BatchSampler;
}

interface Sessions {
  runner: SequenceRunner;
  prefill: Prefill;
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
  #options: LocalEngineOptions;
  #threads: number;
  #models: ModelsInMemory;
  #policies = new Map<number, OpenPolicy>();
  #samplers = new Map<number, OpenSampler>();
  #snapshots = new Map<string, Loaded>();
  #sessions = new Map<string, Sessions>();
  #handles = 0;

  constructor(options: LocalEngineOptions) {
    this.#options = options;
    this.#threads = options.threads === 0 ? availableParallelism() : options.threads;
    this.#models = new ModelsInMemory(this.#threads);
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
        await source.base.leave();
        throw error;
      });
      const trainer = new Trainer(this.#sessionsFor(source).runner, source.weights, start, this.#threads);
      const handle = ++this.#handles;
      this.#policies.set(handle, { trainer, source });
      return { handle, version: trainer.version };
    },
    closePolicy: async ({ handle }) => {
      const open = this.#policies.get(handle);
      this.#policies.delete(handle);
      await open?.trainer.close();
      await open?.source.base.leave();
      return null;
    },
    openSampler: async ({ ref }) => {
      const loaded = await this.#open(ref);
      const { prefill } = this.#sessionsFor(loaded);
      const { slots, sharePrompts } = this.#options;
      const { eosIds, decode, version: policyVersion } = loaded;
      const options = { slots, eosIds, decode, policyVersion, sharePrompts };
      const decoding = loaded.base.decoding(loaded.adapter?.shape ?? null);
      const handle = ++this.#handles;
      this.#samplers.set(handle, {
        loaded,
        sampler: new BatchSampler(loaded.weights, prefill, decoding, options),
      });
      return { handle, version: loaded.version };
    },
    closeSampler: async ({ handle }) => {
      const open = this.#samplers.get(handle);
      this.#samplers.delete(handle);
      await open?.loaded.base.leave();
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
      const { runner } = this.#sessionsFor(loaded);
      return runner.score(loaded.weights, examples, reporter(control, examples.length));
    },
    scorePolicy: async ({ handle, examples }, control) =>
      this.#policy(handle).trainer.score(examples, reporter(control, examples.length)),
    backward: async ({ handle, examples, coefficients }, control) =>
      this.#policy(handle).trainer.backward(examples, coefficients, reporter(control, examples.length)),
    discard: async ({ handle }) => {
      this.#policies.get(handle)?.trainer.discard();
      return null;
    },
    step: async ({ handle, options }) => {
      const { trainer } = this.#policy(handle);
      const { gradNorm } = await trainer.step(options);
      return { gradNorm, version: trainer.version };
    },
    publish: async ({ handle }) => {
      const { trainer, source } = this.#policy(handle);
      const id = `snapshot-${++this.#handles}`;
      // The previous copy is usually closed by now.
      collectGarbage();
      this.#snapshots.set(id, this.#models.copy(source, trainer.version));
      return { kind: 'snapshot', id, version: trainer.version };
    },
    save: async ({ handle, place }) => {
      const { trainer, source } = this.#policy(handle);
      const { version, updates, optimizer } = trainer;
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
      this.#snapshots.get(id)?.base.release();
      this.#snapshots.delete(id);
      return null;
    },
    shutdown: async () => {
      for (const { loaded } of this.#samplers.values()) await loaded.base.leave();
      for (const { trainer, source } of this.#policies.values()) {
        await trainer.close();
        await source.base.leave();
      }
      for (const { runner, prefill } of this.#sessions.values()) {
        await runner.close();
        await prefill.close();
      }
      return null;
    },
  };

  /** Also reads the weights, so that a broken model is found before a run begins. */
  async #inspect(ref: WeightsRef): Promise<ModelInfo> {
    const { config, adapter, base } = await this.#open(ref);
    await base.leave();
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
    const snapshot = this.#snapshot(ref.id);
    snapshot.base.enter();
    return snapshot;
  }

  #sessionsFor({ config, adapter }: Loaded): Sessions {
    const shape = adapter?.shape ?? null;
    const key = JSON.stringify({ config, shape });
    let sessions = this.#sessions.get(key);
    if (sessions === undefined) {
      const { microBatchTokens, activationBytes: most = Infinity } = this.#options;
      const recompute = (count: number, time: number): boolean => activationBytes(config, count * time, time) > most;
      sessions = {
        runner: new SequenceRunner(config, { threads: this.#threads, microBatchTokens, recompute }, shape),
        prefill: new Prefill(config, this.#threads, shape),
      };
      this.#sessions.set(key, sessions);
    }
    return sessions;
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
