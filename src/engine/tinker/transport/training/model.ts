/** A model on the service: training requests with their numbers, chunks and checkpoints. */

import { z } from 'zod';

import { readMetrics } from '../../../../wire/json/training.ts';
import { parseJson } from '../../../../wire/json/parse.ts';
import { asObject } from '../../../../wire/json/fields.ts';
import type { AdamParams, ForwardBackward, ForwardBackwardOutput, WireDatum } from '../../../../wire/messages.ts';
import {
  type CallOptions,
  type Loss,
  type RemoteModel,
  type RepeatedPass,
  ServiceError,
  type ServiceOutcome,
} from '../../service.ts';
import type { Call, Caller } from '../exchange/caller.ts';
import { findSaved, type CheckpointKind } from '../checkpoints.ts';
import { joinOutputs, splitData } from './chunks.ts';
import type { Judgement } from '../exchange/classify.ts';
import {
  type PollOptions,
  type Promised,
  PromiseLost,
  readPromise,
  type RequestType,
  waitForResult,
} from '../exchange/futures.ts';
import type { HttpAnswer } from '../exchange/http.ts';
import { Lane, leavesGap } from './lane.ts';
import type { ServiceLimits } from '../limits.ts';
import type { Session, Sessions } from '../session/sessions.ts';
import type { TrainingCodec } from './training-codec.ts';
import type { UsageCounter } from '../usage.ts';

/** What all models of a service share. */
export interface ModelParts {
  caller: Caller;
  sessions: Sessions;
  codec: TrainingCodec;
  usage: UsageCounter;
  limits: ServiceLimits;
  deadlineMs: number;
  /** Whether a training request may be sent twice: the service does it once. */
  mayRepeat: () => boolean;
  openSampling: (path: string, options: CallOptions) => Promise<string>;
}

const saved = z.object({ path: z.string().nullish(), sampling_session_id: z.string().nullish() });

/** A snapshot that exists already was made by a lost attempt; it has other numbers then. */
const PUBLISH_ATTEMPTS = 3;
const SEPARATE = { key: null, harmless: false } as const;
const SAVING = { key: null, harmless: true } as const;
const ENDING = { ...SAVING, last: true } as const;

export class Model implements RemoteModel {
  readonly id: string;
  #parts: ModelParts;
  #session: Session;
  #lane = new Lane();
  #seq = 0;

  constructor(id: string, session: Session, parts: ModelParts) {
    this.id = id;
    this.#session = session;
    this.#parts = parts;
  }

  async forwardBackward(
    data: readonly WireDatum[],
    loss: Loss,
    options: CallOptions = {},
  ): Promise<ForwardBackwardOutput> {
    // Some services never answer an empty batch.
    if (data.length === 0) throw new ServiceError('refused', 'a batch needs at least one datum');
    const forwardOnly = loss.forwardOnly === true;
    const output = await this.#lane.run({ key: passKey(loss), harmless: forwardOnly }, async () => {
      const promises = await this.#submitChunks(splitData(data, this.#parts.limits.chunk), loss, options);
      return async () => joinOutputs(await Promise.all(promises.map((each) => this.#passResult(each, loss, options))));
    });
    this.#parts.usage.trained(data);
    return output;
  }

  async repeatPass(data: readonly WireDatum[], loss: Loss, options: CallOptions = {}): Promise<RepeatedPass> {
    const { usage } = this.#parts;
    usage.trained(data);
    usage.trained(data);
    return this.#lane.run(SEPARATE, async () => {
      const request = this.#request(data, loss, this.#next());
      const first = await this.#submitPass(request, options);
      const second = await this.#submitPass(request, options).catch((error: unknown) => {
        if (error instanceof ServiceError) return null;
        throw error;
      });
      return async () => {
        const output = await this.#passResult(first, loss, options);
        if (second === null) return { output, repetition: 'refused' };
        if (second.id === first.id) return { output, repetition: 'same' };
        await this.#passResult(second, loss, options);
        return { output, repetition: 'again' };
      };
    });
  }

  async optimStep(params: AdamParams, options: CallOptions = {}): Promise<Record<string, number>> {
    const { caller, sessions, usage } = this.#parts;
    const metrics = await this.#lane.run({ harmless: false }, async () => {
      const mark = caller.mark();
      const promise = await this.#submit(
        {
          path: '/api/v1/optim_step',
          body: json({ adam_params: params, model_id: this.id, seq_id: this.#next(), type: 'optim_step' }),
          read: readPromise,
          // A second update for one step would be a silent error: the service must be the very same process.
          repeat: async () => this.#parts.mayRepeat() && (await sessions.stillThere(mark)),
        },
        options,
      );
      return () => this.#result(promise, { type: 'OptimStep', read: readStep }, options);
    });
    usage.request();
    return metrics;
  }

  async saveWeights(name: string, options: CallOptions = {}): Promise<string> {
    return this.#save('weights', name, options);
  }

  async saveWeightsForSampler(name: string, options: CallOptions = {}): Promise<string> {
    return this.#save('sampler_weights', name, options);
  }

  async publish(options: CallOptions = {}): Promise<string> {
    this.#parts.usage.request();
    return this.#lane.run(SAVING, async () => {
      const result = await this.#publish(options);
      return async () => result;
    });
  }

  async loadWeights(path: string, restoreOptimizer: boolean, options: CallOptions = {}): Promise<void> {
    this.#parts.usage.request();
    await this.#lane.run(SEPARATE, async () => {
      const promise = await this.#submit(
        {
          path: '/api/v1/load_weights',
          body: json({
            model_id: this.id,
            seq_id: this.#next(),
            path,
            optimizer: restoreOptimizer,
            type: 'load_weights',
          }),
          read: readPromise,
          repeat: this.#repeat(),
          missing: (judgement) => (/checkpoint|path|weights/i.test(judgement.text) ? 'refused' : modelLost(judgement)),
        },
        options,
      );
      return () => this.#result(promise, { type: 'LoadWeights', read: () => null }, options);
    });
  }

  async unload(options: CallOptions = {}): Promise<void> {
    const { caller, usage } = this.#parts;
    usage.request();
    const ended = new ServiceError('lost-model', 'it was unloaded');
    await this.#lane.run(ENDING, async () => {
      const promise = await caller
        .call<Promised | null>({
          path: '/api/v1/unload_model',
          body: json({ model_id: this.id, type: 'unload_model' }),
          signal: options.signal,
          read: readPromise,
        })
        .catch((error: unknown) => {
          if (error instanceof ServiceError && (error.status === 404 || error.status === 410)) return null;
          throw error;
        });
      this.#lane.end(ended);
      if (promise !== null) await this.#result(promise, { type: 'UnloadModel', read: () => null }, options, () => null);
      return async () => null;
    });
  }

  #next(): number {
    return ++this.#seq;
  }

  #repeat(): () => Promise<boolean> {
    const { caller, mayRepeat } = this.#parts;
    const mark = caller.mark();
    return async () => mayRepeat() && caller.sameInstance(mark);
  }

  #request(data: readonly WireDatum[], loss: Loss, seqId: number): ForwardBackward {
    const { name, config, forwardOnly } = loss;
    return { modelId: this.id, seqId, data, loss: name, config, forwardOnly: forwardOnly === true };
  }

  /** Submits the chunks of a batch, the first one last: a service that keeps the order then has the whole batch. */
  async #submitChunks(chunks: (readonly WireDatum[])[], loss: Loss, options: CallOptions): Promise<Promised[]> {
    const requests = chunks.map((data) => this.#request(data, loss, this.#next()));
    const promises: Promised[] = [];
    let accepted = 0;
    for (const index of [...requests.keys()].slice(1).concat(0)) {
      try {
        promises[index] = await this.#submitPass(requests[index], options);
        accepted++;
      } catch (error) {
        if (requests.length === 1) throw error;
        // Numbers of chunks that were never sent are missing now.
        if (accepted < requests.length - 1) this.#lane.end(asLost(error));
        const partial = accepted > 0 && error instanceof ServiceError && error.outcome === 'refused';
        throw partial ? new ServiceError('failed', error.message, { status: error.status ?? undefined }) : error;
      }
    }
    return promises;
  }

  async #submitPass(request: ForwardBackward, options: CallOptions): Promise<Promised> {
    const { codec } = this.#parts;
    const call: Call<Promised> = {
      ...codec.write(request),
      read: readPromise,
      // A forward pass that is done twice changes nothing.
      repeat: request.forwardOnly ? async () => true : this.#repeat(),
      changed: (judgement) => {
        const instead = codec.instead(request, judgement);
        if (instead === null || call.body?.().type === 'application/json') return false;
        Object.assign(call, instead);
        return true;
      },
    };
    const promise = await this.#submit(call, options);
    codec.accepted(call.body?.().type ?? 'application/json');
    return promise;
  }

  async #passResult(promise: Promised, loss: Loss, options: CallOptions): Promise<ForwardBackwardOutput> {
    const type = loss.forwardOnly === true ? 'Forward' : 'ForwardBackward';
    return this.#result(promise, { type, binary: true, read: (answer) => this.#parts.codec.read(answer) }, options);
  }

  /** Submits a numbered request. A number that may not have arrived ends the model: a strict service would wait. */
  async #submit<T>(call: Call<T>, { signal }: CallOptions): Promise<T> {
    call.missing ??= modelLost;
    call.gone = 'lost-model';
    call.signal = signal;
    try {
      return await this.#parts.caller.call(call);
    } catch (error) {
      if (leavesGap(error)) this.#lane.end(asLost(error));
      throw error;
    }
  }

  async #result<T>(
    promise: Promised,
    how: Pick<PollOptions<T>, 'type' | 'binary' | 'read'>,
    { signal }: CallOptions,
    lost?: (error: PromiseLost) => T,
  ): Promise<T> {
    const { caller, deadlineMs } = this.#parts;
    try {
      return await waitForResult(caller, promise, { ...how, deadlineMs, signal });
    } catch (error) {
      if (!(error instanceof PromiseLost)) throw error;
      if (lost !== undefined) return lost(error);
      throw caller.error('lost-model', how.type, { status: null, text: `it has lost the request: ${error.message}` });
    }
  }

  async #save(kind: CheckpointKind, name: string, options: CallOptions): Promise<string> {
    const { caller, usage } = this.#parts;
    usage.request();
    const sampler = kind === 'sampler_weights';
    const route = sampler ? 'save_weights_for_sampler' : 'save_weights';
    const type: RequestType = sampler ? 'SaveWeightsForSampler' : 'SaveWeights';
    const find = (): Promise<string | undefined> => findSaved(caller, { run: this.id, kind, name }, options.signal);
    return this.#lane.run(SAVING, async () => {
      const promise = await this.#submit<Promised | string>(
        {
          path: `/api/v1/${route}`,
          body: json({ model_id: this.id, path: name, seq_id: this.#next(), type: route }),
          read: readPromise,
          repeat: this.#repeat(),
          // The name is taken: an earlier attempt has arrived after all.
          conflict: find,
        },
        options,
      );
      if (typeof promise === 'string') return async () => promise;
      return async () => {
        try {
          return await this.#result(promise, { type, read: readPathOf }, options);
        } catch (error) {
          const found = mayHaveSaved(error) ? await find() : undefined;
          if (found === undefined) throw error;
          return found;
        }
      };
    });
  }

  async #publish(options: CallOptions): Promise<string> {
    for (let count = 1; ; count++) {
      try {
        return await this.#publishOnce(options);
      } catch (error) {
        const taken = error instanceof ServiceError && error.status === 409;
        const lost = error instanceof ServiceError && error.outcome === 'unknown';
        // A second snapshot of the same weights does no harm.
        if (!(taken || lost) || count >= PUBLISH_ATTEMPTS) throw error;
      }
    }
  }

  async #publishOnce(options: CallOptions): Promise<string> {
    const { caller, openSampling } = this.#parts;
    const promise = await caller.call({
      path: '/api/v1/save_weights_for_sampler',
      body: json({
        model_id: this.id,
        seq_id: this.#next(),
        sampling_session_seq_id: this.#session.samplings++,
        type: 'save_weights_for_sampler',
      }),
      read: readPromise,
      repeat: this.#repeat(),
      missing: modelLost,
      gone: 'lost-model',
      signal: options.signal,
    });
    const { path, sampling_session_id: id } = await this.#result(
      promise,
      { type: 'SaveWeightsForSampler', read: ({ body }) => saved.parse(parseJson(body)) },
      options,
    );
    if (id) return id;
    if (path) return openSampling(path, options);
    throw caller.error('failed', 'save_weights_for_sampler', { status: null, text: 'it names no sampling session' });
  }
}

function json(fields: Record<string, unknown>): NonNullable<Call<unknown>['body']> {
  const content = JSON.stringify(fields);
  return () => ({ type: 'application/json', content });
}

/** Passes of one key may be merged by the service. */
function passKey({ name, config, forwardOnly }: Loss): string {
  return JSON.stringify([
    name,
    forwardOnly === true,
    Object.entries(config ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}

/** A web framework's own 404 means that the service has no such route, not that it has no such model. */
function modelLost({ text }: Judgement): ServiceOutcome {
  return /^(?:not found|http 404)\.?$/i.test(text) ? 'refused' : 'lost-model';
}

function asLost(error: unknown): ServiceError {
  const text = error instanceof Error ? error.message : String(error);
  return new ServiceError('lost-model', text, { cause: error });
}

function mayHaveSaved(error: unknown): boolean {
  if (!(error instanceof ServiceError)) return false;
  return error.outcome === 'unknown' || error.outcome === 'lost-model' || /exists/i.test(error.message);
}

function readPathOf({ body }: HttpAnswer): string {
  const { path } = saved.parse(parseJson(body));
  if (!path) throw new Error('the answer to a save has no path');
  return path;
}

function readStep({ body }: HttpAnswer): Record<string, number> {
  const { metrics } = asObject(parseJson(body), 'the result');
  return metrics === undefined || metrics === null ? {} : readMetrics(metrics, 'metrics');
}
