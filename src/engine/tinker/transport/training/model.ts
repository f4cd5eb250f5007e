/** A model on the service: its passes, steps and loads. Next: `saves.ts`, `requests.ts`. */

import { optimStepJson, readMetrics } from '../../../../wire/json/training.ts';
import { parseJson } from '../../../../wire/json/parse.ts';
import { asObject } from '../../../../wire/json/fields.ts';
import type { AdamParams, ForwardBackward, ForwardBackwardOutput, WireDatum } from '../../../../wire/messages.ts';
import { type CallOptions, type Loss, type RemoteModel, type RepeatedPass, ServiceError } from '../../service.ts';
import type { Call } from '../exchange/caller.ts';
import { type Promised, readPromise } from '../exchange/futures.ts';
import type { HttpAnswer } from '../exchange/http.ts';
import type { Session } from '../session/sessions.ts';
import { joinOutputs, splitData } from './chunks.ts';
import { asLost, json, jsonText, modelLost, type ModelParts, Requests } from './requests.ts';
import { publishSnapshot, saveCheckpoint } from './saves.ts';

const SEPARATE = { key: null, harmless: false } as const;
const ENDING = { key: null, harmless: true, last: true } as const;

export class Model implements RemoteModel {
  readonly id: string;
  #parts: ModelParts;
  #requests: Requests;

  constructor(id: string, session: Session, parts: ModelParts) {
    this.id = id;
    this.#parts = parts;
    this.#requests = new Requests(id, session, parts);
  }

  async forwardBackward(
    data: readonly WireDatum[],
    loss: Loss,
    options: CallOptions = {},
  ): Promise<ForwardBackwardOutput> {
    // Some services never answer an empty batch.
    if (data.length === 0) throw new ServiceError('refused', 'a batch needs at least one datum');
    const forwardOnly = loss.forwardOnly === true;
    const output = await this.#requests.lane.run({ key: passKey(loss), harmless: forwardOnly }, async () => {
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
    return this.#requests.lane.run(SEPARATE, async () => {
      const request = this.#request(data, loss, this.#requests.next());
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
    const metrics = await this.#requests.lane.run({ harmless: false }, async () => {
      const mark = caller.mark();
      const promise = await this.#requests.submit(
        {
          path: '/api/v1/optim_step',
          body: jsonText(optimStepJson(this.id, this.#requests.next(), params)),
          read: readPromise,
          // A second update for one step would be a silent error: the service must be the very same process.
          repeat: async () => this.#parts.mayRepeat() && (await sessions.stillThere(mark)),
        },
        options,
      );
      return () => this.#requests.result(promise, { type: 'OptimStep', read: readStep }, options);
    });
    usage.request();
    return metrics;
  }

  async saveWeights(name: string, options: CallOptions = {}): Promise<string> {
    return saveCheckpoint(this.#requests, 'weights', name, options);
  }

  async saveWeightsForSampler(name: string, options: CallOptions = {}): Promise<string> {
    return saveCheckpoint(this.#requests, 'sampler_weights', name, options);
  }

  async publish(options: CallOptions = {}): Promise<string> {
    return publishSnapshot(this.#requests, options);
  }

  async loadWeights(path: string, restoreOptimizer: boolean, options: CallOptions = {}): Promise<void> {
    this.#parts.usage.request();
    await this.#requests.lane.run(SEPARATE, async () => {
      const promise = await this.#requests.submit(
        {
          path: '/api/v1/load_weights',
          body: json({
            model_id: this.id,
            seq_id: this.#requests.next(),
            path,
            optimizer: restoreOptimizer,
            type: 'load_weights',
          }),
          read: readPromise,
          repeat: this.#requests.repeat(),
          missing: (judgement) => (/checkpoint|path|weights/i.test(judgement.text) ? 'refused' : modelLost(judgement)),
        },
        options,
      );
      return () => this.#requests.result(promise, { type: 'LoadWeights', read: () => null }, options);
    });
  }

  async unload(options: CallOptions = {}): Promise<void> {
    const { caller, usage } = this.#parts;
    usage.request();
    const ended = new ServiceError('lost-model', 'it was unloaded');
    await this.#requests.lane.run(ENDING, async () => {
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
      this.#requests.lane.end(ended);
      if (promise !== null)
        await this.#requests.result(promise, { type: 'UnloadModel', read: () => null }, options, () => null);
      return async () => null;
    });
  }

  #request(data: readonly WireDatum[], loss: Loss, seqId: number): ForwardBackward {
    const { name, config, forwardOnly } = loss;
    return { modelId: this.id, seqId, data, loss: name, config, forwardOnly: forwardOnly === true };
  }

  /** Submits the chunks of a batch, the first one last: a service that keeps the order then has the whole batch. */
  async #submitChunks(chunks: (readonly WireDatum[])[], loss: Loss, options: CallOptions): Promise<Promised[]> {
    const requests = chunks.map((data) => this.#request(data, loss, this.#requests.next()));
    const promises: Promised[] = [];
    let accepted = 0;
    for (const index of [...requests.keys()].slice(1).concat(0)) {
      try {
        promises[index] = await this.#submitPass(requests[index], options);
        accepted++;
      } catch (error) {
        if (requests.length === 1) throw error;
        // Numbers of chunks that were never sent are missing now.
        if (accepted < requests.length - 1) this.#requests.lane.end(asLost(error));
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
      repeat: request.forwardOnly ? async () => true : this.#requests.repeat(),
      changed: (judgement) => {
        const instead = codec.instead(request, judgement);
        if (instead === null || call.body?.().type === 'application/json') return false;
        Object.assign(call, instead);
        return true;
      },
    };
    const promise = await this.#requests.submit(call, options);
    codec.accepted(call.body?.().type ?? 'application/json');
    return promise;
  }

  async #passResult(promise: Promised, loss: Loss, options: CallOptions): Promise<ForwardBackwardOutput> {
    const type = loss.forwardOnly === true ? 'Forward' : 'ForwardBackward';
    return this.#requests.result(
      promise,
      { type, binary: true, read: (answer) => this.#parts.codec.read(answer) },
      options,
    );
  }
}

/** Passes of one key may be merged by the service. */
function passKey({ name, config, forwardOnly }: Loss): string {
  return JSON.stringify([
    name,
    forwardOnly === true,
    Object.entries(config ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}

function readStep({ body }: HttpAnswer): Record<string, number> {
  const { metrics } = asObject(parseJson(body), 'the result');
  return metrics === undefined || metrics === null ? {} : readMetrics(metrics, 'metrics');
}
