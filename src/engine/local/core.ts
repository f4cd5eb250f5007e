/**
 * The engine proper, as it lives in the worker thread: open policies, samplers and snapshots, and the
 * sessions that they share (one set per architecture). `worker.ts` feeds it calls one after another.
 */

import { availableParallelism } from 'node:os';

import { EngineError, ModelLoadError } from '../../errors.ts';
import { loadCheckpoint, type Checkpoint } from '../../models/checkpoint.ts';
import { decoderTensors, type DecoderConfig, type Weights } from '../../models/decoder-config.ts';
import { loadTokenizer } from '../../models/tokenizer.ts';
import { checkSampleRequest } from '../check-request.ts';
import type { ModelInfo, Progress, SampleRequest, WeightsRef } from '../engine.ts';
import type { Decode } from '../stop-strings.ts';
import { BatchSampler } from './batch-sampler.ts';
import { Prefill } from './prefill.ts';
import type { CallName, Calls, LocalEngineOptions } from './protocol.ts';
import { SequenceRunner } from './sequence-runner.ts';
import { loadTrainerStart, readVersion, saveState } from './state-folder.ts';
import { Trainer } from './trainer.ts';

/** Weights in memory, and the folder that their tokenizer comes from. */
interface Loaded extends Checkpoint {
  folder: string;
  version: number;
  eosIds: readonly number[];
  decode: Decode;
}

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

/** What a running call may do to the outside. */
export interface CallControl {
  progress: (progress: Progress) => void;
  /** Throws when the caller has given up. */
  checkAborted: () => void;
}

export type Handlers = {
  [Name in CallName]: (args: Calls[Name]['args'], control: CallControl) => Promise<Calls[Name]['result']>;
};

export class LocalCore {
  #options: LocalEngineOptions;
  #threads: number;
  #policies = new Map<number, OpenPolicy>();
  #samplers = new Map<number, OpenSampler>();
  #snapshots = new Map<string, Loaded>();
  #sessions = new Map<string, Sessions>();
  #handles = 0;

  constructor(options: LocalEngineOptions) {
    this.#options = options;
    this.#threads = options.threads === 0 ? availableParallelism() : options.threads;
  }

  readonly handlers: Handlers = {
    inspect: async ({ ref }) => this.#inspect(ref),
    openPolicy: async ({ from, optimizer }) => {
      if (from.kind === 'snapshot') {
        throw new EngineError(
          'user',
          'A snapshot cannot be trained.',
          'Open a policy from a folder: a base model or a saved state.',
        );
      }
      const source = await this.#load(from);
      const start = await loadTrainerStart(from.path, optimizer);
      const trainer = new Trainer(this.#sessionsFor(source.config).runner, source.weights, start, this.#threads);
      const handle = ++this.#handles;
      this.#policies.set(handle, { trainer, source });
      return { handle, version: trainer.version };
    },
    closePolicy: async ({ handle }) => {
      await this.#policies.get(handle)?.trainer.close();
      this.#policies.delete(handle);
      return null;
    },
    openSampler: async ({ ref }) => {
      const loaded = await this.#load(ref);
      const { prefill } = this.#sessionsFor(loaded.config);
      const { slots, sharePrompts } = this.#options;
      const { eosIds, decode, version: policyVersion } = loaded;
      const options = { threads: this.#threads, slots, eosIds, decode, policyVersion, sharePrompts };
      const handle = ++this.#handles;
      this.#samplers.set(handle, { loaded, sampler: new BatchSampler(loaded.weights, prefill, options) });
      return { handle, version: loaded.version };
    },
    closeSampler: async ({ handle }) => {
      await this.#samplers.get(handle)?.sampler.close();
      this.#samplers.delete(handle);
      return null;
    },
    sample: async ({ handle, requests }, control) => {
      const { loaded, sampler } = this.#sampler(handle);
      checkRequests(requests, loaded.config);
      const total = requests.reduce((sum, request) => sum + request.n, 0);
      const report = reporter(control, total);
      return sampler.sample(requests, report);
    },
    scoreSampler: async ({ handle, examples }, control) => {
      const { loaded } = this.#sampler(handle);
      const { runner } = this.#sessionsFor(loaded.config);
      return runner.score(loaded.weights, examples, reporter(control, examples.length));
    },
    scorePolicy: async ({ handle, examples }, control) =>
      this.#policy(handle).trainer.score(examples, reporter(control, examples.length)),
    backward: async ({ handle, examples, coefficients }, control) =>
      this.#policy(handle).trainer.backward(examples, coefficients, reporter(control, examples.length)),
    step: async ({ handle, options }) => {
      const { trainer } = this.#policy(handle);
      const { gradNorm } = await trainer.step(options);
      return { gradNorm, version: trainer.version };
    },
    publish: async ({ handle }) => {
      const { trainer, source } = this.#policy(handle);
      const id = `snapshot-${++this.#handles}`;
      this.#snapshots.set(id, { ...source, version: trainer.version, weights: copyWeights(trainer.weights) });
      return { kind: 'snapshot', id, version: trainer.version };
    },
    save: async ({ handle, path }) => {
      const { trainer, source } = this.#policy(handle);
      const { version, updates, optimizer } = trainer;
      await saveState(path, { config: source.config, weights: trainer.weights }, source.folder, {
        version,
        updates,
        optimizer,
      });
      return { kind: 'state', path, version };
    },
    remove: async ({ ref }) => {
      if (ref.kind === 'snapshot') this.#snapshots.delete(ref.id);
      return null;
    },
    shutdown: async () => {
      for (const { sampler } of this.#samplers.values()) await sampler.close();
      for (const { trainer } of this.#policies.values()) await trainer.close();
      for (const { runner, prefill } of this.#sessions.values()) {
        await runner.close();
        await prefill.close();
      }
      return null;
    },
  };

  /** Reads the weights, too: a broken model is to be known before a run begins. */
  async #inspect(ref: WeightsRef): Promise<ModelInfo> {
    const { config } = await this.#load(ref);
    const parameters = decoderTensors(config).reduce(
      (sum, { shape }) => sum + shape.reduce((size, dim) => size * dim, 1),
      0,
    );
    return {
      parameters,
      vocabulary: config.vocabulary,
      maxContext: config.maxPositions,
      architecture: config.architecture,
    };
  }

  async #load(ref: WeightsRef): Promise<Loaded> {
    if (ref.kind === 'snapshot') return this.#snapshot(ref.id);
    const checkpoint = await loadCheckpoint(ref.path);
    checkSupported(checkpoint.config, ref.path);
    const { eosIds, decode } = await loadTokenizer(ref.path);
    return { ...checkpoint, folder: ref.path, version: await readVersion(ref.path), eosIds, decode };
  }

  #sessionsFor(config: DecoderConfig): Sessions {
    const key = JSON.stringify(config);
    let sessions = this.#sessions.get(key);
    if (sessions === undefined) {
      const { microBatchTokens } = this.#options;
      sessions = {
        runner: new SequenceRunner(config, { threads: this.#threads, microBatchTokens }),
        prefill: new Prefill(config, this.#threads),
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

/** Counts tokens per second, and lets a call be given up between batches. */
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

function copyWeights(weights: Weights): Weights {
  return new Map(Array.from(weights, ([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
}

function checkRequests(requests: readonly SampleRequest[], config: DecoderConfig): void {
  for (const request of requests) {
    checkSampleRequest(request, config.vocabulary);
    const { prompt, maxTokens } = request;
    if (prompt.length + maxTokens > config.maxPositions) {
      throw new EngineError(
        'user',
        `A prompt of ${prompt.length} tokens and ${maxTokens} new ones exceed the model's context of ${config.maxPositions}.`,
        'Lower maxTokens in the config, or use a model with a longer context.',
      );
    }
  }
}

/** ONNX Runtime's rotary kernel wants an even head; nothing else is assumed of the shapes. */
function checkSupported(config: DecoderConfig, folder: string): void {
  if (config.headDim % 2 === 0 && config.heads % config.kvHeads === 0) return;
  throw new ModelLoadError(
    `${folder}: head_dim ${config.headDim} with ${config.heads} heads and ${config.kvHeads} key heads cannot be run: an even head_dim and a whole number of query heads per key head are expected.`,
    'Use another checkpoint.',
  );
}
