/**
 * A Tinker service in memory, over the tables of the scripted engine: the engine's view of a service without HTTP. It can
 * be given the quirks of real services, can lose its models, and can fail at chosen calls.
 */

import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  CallOptions,
  RemoteModel,
  RemoteSampleRequest,
  ServiceUsage,
  SupportedModel,
  TinkerService,
} from '../../../src/engine/tinker/service.ts';
import { ServiceError } from '../../../src/engine/tinker/service.ts';
import { EngineError } from '../../../src/errors.ts';
import type { LoraConfig, SampleOutput, WireSamplingParams, WireSequence } from '../../../src/wire/messages.ts';
import { loadFolder, type LoadedFolder } from '../scripted/files.ts';
import { copyModel, nextLogprobs, sampleOne, type TableModel } from '../scripted/model.ts';
import { MemoryModel, type Saved } from './model.ts';
import { CONFORMING, type Quirks } from './quirks.ts';

/** Name of the only model. */
export const MEMORY_MODEL = 'tables/base';

/** A call that a test makes fail: before it takes effect, or after, when only its answer is lost. */
export interface Fault {
  call: keyof RemoteModel | 'createModel' | 'openSampling' | 'sample';
  when: 'before' | 'after';
  error: ServiceError | 'restart';
  /** Calls of that name to let pass first. */
  skip: number;
}

/** What a sampling session samples from. */
type Sampled = { model: string; frozen: TableModel } | { base: true };

const CONTEXT = 256;

export class MemoryBackend {
  readonly quirks: Quirks;
  readonly #folder: LoadedFolder;
  readonly #decode: (tokens: ArrayLike<number>) => string;
  readonly models = new Map<string, MemoryModel>();
  readonly checkpoints = new Map<string, { saved: Saved; lora: LoraConfig; model: string; frozen: TableModel }>();
  readonly sessions = new Map<string, Sampled>();
  /** Names of all calls, in order. */
  readonly calls: string[] = [];
  /** Faults to come, each at the next call of its name. */
  readonly faults: Fault[] = [];
  /** The gradient that an unloaded model left behind. */
  #left: MemoryModel['waiting'] = [];
  #count = 0;

  private constructor(folder: LoadedFolder, decode: (tokens: ArrayLike<number>) => string, quirks: Quirks) {
    this.#folder = folder;
    this.#decode = decode;
    this.quirks = quirks;
  }

  /** Opens a service over a base folder of the scripted engine. */
  static async open(
    folder: string,
    decode: (tokens: ArrayLike<number>) => string,
    quirks: Partial<Quirks> = {},
  ): Promise<MemoryBackend> {
    return new MemoryBackend(await loadFolder(folder), decode, { ...CONFORMING, ...quirks });
  }

  /** Loses models and sessions, as a restart does. */
  restart(): void {
    this.models.clear();
    this.sessions.clear();
  }

  service(url = 'memory:'): TinkerService {
    const usage: ServiceUsage = { requests: 0, sampledTokens: 0, prefilledTokens: 0, trainedTokens: 0 };
    const call = async <T>(name: Fault['call'], options: CallOptions | undefined, work: () => T): Promise<T> => {
      usage.requests++;
      await new Promise((resolve) => setImmediate(resolve));
      if (options?.signal?.aborted === true) throw new EngineError('aborted', 'aborted', 'none');
      this.calls.push(name);
      const fault = this.#dueFault(name);
      if (fault?.when === 'before') this.#fail(fault);
      const result = work();
      if (fault?.when === 'after') this.#fail(fault);
      return result;
    };
    const service: TinkerService = {
      url,
      repeatTraining: false,
      supportedModels: async (): Promise<SupportedModel[]> => [{ name: MEMORY_MODEL, maxContext: CONTEXT }],
      createModel: (base, lora, options) => call('createModel', options, () => this.#create(base, lora, call)),
      openSampling: (from, options) => call('openSampling', options, () => this.#openSampling(from)),
      sample: (request, options) =>
        call('sample', options, () => {
          const output = this.#sample(request);
          usage.sampledTokens += output.sequences.reduce((sum, { tokens }) => sum + tokens.length, 0);
          usage.prefilledTokens += request.prompt.length;
          return output;
        }),
      deleteCheckpoint: async (path) => this.checkpoints.delete(path),
      download: async (path, folder) => {
        if (this.quirks.archives === 'none') throw new ServiceError('refused', `no archive of ${path}`);
        if (this.quirks.archives === 'empty') return;
        for (const name of await readdir(this.#folder.base))
          await copyFile(join(this.#folder.base, name), join(folder, name));
      },
      usage: () => ({ ...usage }),
      close: async () => {},
    };
    return service;
  }

  #dueFault(name: Fault['call']): Fault | null {
    const at = this.faults.findIndex((fault) => fault.call === name);
    if (at < 0) return null;
    const { skip, ...rest } = this.faults[at];
    if (skip > 0) this.faults[at] = { ...rest, skip: skip - 1 };
    return skip > 0 ? null : this.faults.splice(at, 1)[0];
  }

  #fail({ call, error }: Fault): never {
    if (error !== 'restart') throw error;
    this.restart();
    throw new ServiceError(call === 'sample' ? 'lost-sampler' : 'lost-model', 'the service was restarted');
  }

  #create(
    base: string,
    lora: LoraConfig,
    call: <T>(name: Fault['call'], options: CallOptions | undefined, work: () => T) => Promise<T>,
  ): RemoteModel {
    if (base !== MEMORY_MODEL) throw new ServiceError('refused', `no model ${base}`);
    if (this.models.size >= this.quirks.maxModels) throw new ServiceError('failed', 'no free slot');
    const id = `model-${++this.#count}`;
    const created = new MemoryModel(this.#folder.model, lora, this.quirks);
    if (this.quirks.leaks) created.waiting = this.#left;
    this.#left = [];
    this.models.set(id, created);
    const model = (): MemoryModel => {
      const found = this.models.get(id);
      if (found !== undefined) return found;
      throw new ServiceError('lost-model', `model ${id} is gone`);
    };
    const save = (kind: string, name: string): string => {
      const path = `tinker://${id}/${kind}/${name}`;
      if (this.checkpoints.has(path)) throw new ServiceError('refused', `${name} exists`);
      const { trained } = model();
      this.checkpoints.set(path, { saved: model().save(), lora, model: id, frozen: copyModel(trained.model) });
      return path;
    };
    const opened: RemoteModel = {
      id,
      forwardBackward: (data, { name, config = {}, forwardOnly = false }, options) =>
        call('forwardBackward', options, () => {
          if (name === 'importance_sampling' && this.quirks.noImportance)
            throw new ServiceError('refused', `no loss ${name}`);
          if (forwardOnly && this.quirks.noForward) throw new ServiceError('refused', 'no such route');
          return model().pass(data, name, config, forwardOnly);
        }),
      repeatPass: (data, { name }, options) =>
        call('forwardBackward', options, () => {
          if (this.quirks.repeats) model().pass(data, name, {}, false);
          const output = model().pass(data, name, {}, false);
          return { output, repetition: this.quirks.repeats ? 'again' : 'same' };
        }),
      optimStep: (params, options) =>
        call('optimStep', options, () => {
          const norm = Math.fround(model().step(params));
          const reported = this.quirks.gradNorm === 'zero-for-nan' && !Number.isFinite(norm) ? 0 : norm;
          const metrics: Record<string, number> =
            this.quirks.gradNorm === 'absent' ? {} : { 'skyrl.ai/grad_norm': reported };
          return metrics;
        }),
      saveWeights: (name, options) => call('saveWeights', options, () => save('weights', name)),
      saveWeightsForSampler: (name, options) =>
        call('saveWeightsForSampler', options, () => save('sampler_weights', name)),
      publish: (options) =>
        call('publish', options, () => this.#session({ model: id, frozen: copyModel(model().trained.model) })),
      loadWeights: (path, optimizer, options) =>
        call('loadWeights', options, () => {
          const found = this.checkpoints.get(path);
          if (found === undefined) throw new ServiceError('refused', `no checkpoint ${path}`);
          model().load(found.saved, optimizer);
        }),
      unload: (options) =>
        call('unload', options, () => {
          this.#left = model().waiting;
          this.models.delete(id);
        }),
    };
    return opened;
  }

  #openSampling(from: { baseModel: string } | { path: string }): string {
    if ('baseModel' in from) {
      if (from.baseModel !== MEMORY_MODEL) throw new ServiceError('refused', `no model ${from.baseModel}`);
      return this.#session({ base: true });
    }
    const found = this.checkpoints.get(from.path);
    if (found === undefined) throw new ServiceError('refused', `no checkpoint ${from.path}`);
    return this.#session({ model: found.model, frozen: found.frozen });
  }

  #session(of: Sampled): string {
    const id = `session-${++this.#count}`;
    this.sessions.set(id, of);
    return id;
  }

  /** The tables that a session samples from. */
  #tables(id: string): TableModel {
    const found = this.sessions.get(id);
    if (found === undefined) throw new ServiceError('lost-sampler', `session ${id} is gone`);
    if ('base' in found) {
      const newest = [...this.models.values()].at(-1);
      return this.quirks.baseFollows && newest !== undefined ? newest.trained.model : this.#folder.model;
    }
    const model = this.models.get(found.model);
    if (model === undefined && this.quirks.mortalSnapshots) throw new ServiceError('lost-sampler', 'its model is gone');
    if (this.quirks.snapshots === 'live' && model !== undefined) return model.trained.model;
    if (this.quirks.snapshots === 'reverting' && model !== undefined) {
      if (model.sampled !== id) {
        model.trained.model.bigram.set(found.frozen.bigram);
        model.trained.model.skip.set(found.frozen.skip);
      }
      model.sampled = id;
      return model.trained.model;
    }
    return found.frozen;
  }

  #sample({ samplingSession, prompt, n, params, promptLogprobs = false }: RemoteSampleRequest): SampleOutput {
    const { quirks } = this;
    if (prompt.length + params.max_tokens > CONTEXT) throw new ServiceError('refused', 'too long');
    if (params.max_tokens === 0 && (quirks.drawsAlways || !promptLogprobs))
      throw new ServiceError('refused', 'no tokens are requested');
    if (quirks.seeds === 'small' && (params.seed ?? 0) > 0x7fff_ffff)
      throw new ServiceError('refused', 'seed too large');
    const tables = this.#tables(samplingSession);
    const seed =
      quirks.seeds === 'ignored' || params.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : params.seed;
    const sequences = Array.from({ length: n }, (_, at) =>
      this.#draw(tables, prompt, params, seed, quirks.sameSamples ? 0 : at),
    );
    const absent = !promptLogprobs || quirks.promptLogprobs === 'absent';
    return { sequences, promptLogprobs: absent ? null : promptScores(tables, prompt, quirks.promptLogprobs === 'n') };
  }

  #draw(tables: TableModel, prompt: Int32Array, params: WireSamplingParams, seed: number, index: number): WireSequence {
    const { quirks } = this;
    const stop = quirks.stops === 'ignored' ? [] : (params.stop ?? []);
    const options = {
      maxTokens: params.max_tokens,
      temperature: params.temperature,
      topK: quirks.noFilters || params.top_k < 0 ? 0 : params.top_k,
      topP: quirks.noFilters ? 1 : params.top_p,
      stopTokens: stop.filter((one) => typeof one === 'number'),
      stopStrings: stop.filter((one) => typeof one === 'string'),
    };
    // Real services do not know the end tokens of the folder: a request names them.
    const drawn = sampleOne(tables, prompt, options, { seed, index }, { eosIds: quirks.ends, decode: this.#decode });
    const scale = quirks.tempered && params.temperature > 0 ? 1 / params.temperature : 1;
    const cut = quirks.stops === 'excluded' && drawn.stop === 'stop' ? drawn.tokens.length - 1 : drawn.tokens.length;
    return {
      tokens: drawn.tokens.slice(0, cut),
      logprobs: drawn.logprobs.slice(0, cut).map((value) => value * scale),
      stopReason: quirks.stops === 'ignored' ? 'stop' : drawn.stop,
    };
  }
}

function promptScores(tables: TableModel, prompt: Int32Array, leading: boolean): Float32Array {
  const scores = Array.from(
    prompt.subarray(1),
    (token, at) => nextLogprobs(tables, prompt[at], at > 0 ? prompt[at - 1] : -1)[token],
  );
  return Float32Array.from(leading ? [Number.NaN, ...scores] : scores);
}
