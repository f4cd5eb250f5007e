/** The fake's models, their order of requests, and their checkpoints. */

import { asBoolean, asInteger, asObject, asText, optional } from '../../../src/wire/json/fields.ts';
import type { JsonObject } from '../../../src/wire/json/fields.ts';
import { forwardBackwardOutputJson } from '../../../src/wire/json/training.ts';
import type { AdamParams, ForwardBackward } from '../../../src/wire/messages.ts';
import { encodeForwardBackwardOutput } from '../../../src/wire/protobuf/training.ts';
import { FakeModel, copyState } from './model.ts';
import type { FakeState } from './model.ts';

/** A result in both encodings, made when it is fetched. */
export interface FakeResult {
  json: () => string;
  protobuf?: () => Uint8Array;
}

export function jsonResult(value: unknown): FakeResult {
  return { json: () => JSON.stringify(value) };
}

export interface Checkpoint {
  model: string;
  kind: 'weights' | 'sampler_weights';
  name: string;
  state: FakeState;
}

/** A model with the requests that wait for an earlier number. */
class OrderedModel {
  readonly model: FakeModel;
  #next = 1;
  #waiting = new Map<number, () => void>();
  /** Results by number: a repeated request gets the first one's. */
  #done = new Map<number, Promise<FakeResult>>();

  constructor(model: FakeModel) {
    this.model = model;
  }

  /** Whether a request has been made: only then may weights be loaded no more. */
  get used(): boolean {
    return this.#next > 1;
  }

  /** Runs a request after all with smaller numbers; at once without a number. */
  run(seqId: number, work: () => FakeResult): Promise<FakeResult> {
    if (seqId === 0) return Promise.reject(new Error('seq_id is missing'));
    const before = this.#done.get(seqId);
    if (before !== undefined) return before;
    const result = new Promise<FakeResult>((resolve, reject) => {
      this.#waiting.set(seqId, () => {
        try {
          resolve(work());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    this.#done.set(seqId, result);
    for (let run = this.#waiting.get(this.#next); run !== undefined; run = this.#waiting.get(this.#next)) {
      this.#waiting.delete(this.#next);
      run();
      this.#next++;
    }
    return result;
  }
}

export class FakeTraining {
  readonly checkpoints = new Map<string, Checkpoint>();
  #models = new Map<string, OrderedModel>();
  #base: FakeState;
  #vocabulary: number;

  constructor(base: FakeState, vocabulary: number) {
    this.#base = base;
    this.#vocabulary = vocabulary;
  }

  has(model: string): boolean {
    return this.#models.has(model);
  }

  create(id: string): FakeResult {
    this.#models.set(id, new OrderedModel(new FakeModel(copyState(this.#base), this.#vocabulary)));
    return jsonResult({ model_id: id, type: 'create_model' });
  }

  unload(id: string): FakeResult {
    this.#models.delete(id);
    return jsonResult({ model_id: id, type: 'unload_model' });
  }

  pass({ modelId, seqId, data, loss, config, forwardOnly }: ForwardBackward): Promise<FakeResult> {
    const ordered = this.#model(modelId);
    return ordered.run(seqId, () => {
      const result = ordered.model.pass(data, loss, config ?? {}, forwardOnly);
      const metrics = { 'loss:sum': result.loss };
      const output = { outputType: 'fake', logprobs: result.logprobs, metrics };
      return { json: () => forwardBackwardOutputJson(output), protobuf: () => encodeForwardBackwardOutput(output) };
    });
  }

  step(fields: JsonObject): Promise<FakeResult> {
    const ordered = this.#model(asText(fields.model_id, 'model_id'));
    return ordered.run(asInteger(fields.seq_id, 'seq_id'), () => {
      const norm = ordered.model.step(adamParams(asObject(fields.adam_params, 'adam_params')));
      return jsonResult({ metrics: { grad_norm: norm } });
    });
  }

  /** Saves a checkpoint. `session` gives the id of a sampling session if none is named. */
  save(kind: Checkpoint['kind'], fields: JsonObject, session: (path: string) => string): Promise<FakeResult> {
    const id = asText(fields.model_id, 'model_id');
    const ordered = this.#model(id);
    return ordered.run(asInteger(fields.seq_id, 'seq_id'), () => {
      const name = optional(fields.path, 'path', asText);
      const stored = name ?? `session-${asInteger(fields.sampling_session_seq_id, 'sampling_session_seq_id')}`;
      const path = `tinker://${id}/${kind}/${stored}`;
      if (this.checkpoints.has(path)) throw new Error(`the checkpoint ${stored} exists`);
      this.checkpoints.set(path, { model: id, kind, name: stored, state: copyState(ordered.model.state) });
      if (name !== undefined) return jsonResult({ path, type: kind });
      return jsonResult({ path: null, sampling_session_id: session(path) });
    });
  }

  load(fields: JsonObject): Promise<FakeResult> {
    const ordered = this.#model(asText(fields.model_id, 'model_id'));
    const path = asText(fields.path, 'path');
    const found = this.checkpoints.get(path);
    if (found === undefined) throw new Error(`no checkpoint ${path}`);
    if (ordered.used) throw new Error('weights can be loaded by the first request only');
    return ordered.run(asInteger(fields.seq_id, 'seq_id'), () => {
      ordered.model.state = copyState(found.state, !(optional(fields.optimizer, 'optimizer', asBoolean) ?? false));
      return jsonResult({ path, type: 'load_weights' });
    });
  }

  #model(id: string): OrderedModel {
    const found = this.#models.get(id);
    if (found === undefined) throw new Error(`model ${id} not found`);
    return found;
  }
}

function adamParams(fields: JsonObject): AdamParams {
  const read = (name: keyof AdamParams, fallback: number): number =>
    optional(fields[name], name, (value) => Number(value)) ?? fallback;
  return {
    learning_rate: read('learning_rate', 1e-4),
    beta1: read('beta1', 0.9),
    beta2: read('beta2', 0.95),
    eps: read('eps', 1e-12),
    weight_decay: read('weight_decay', 0),
    grad_clip_norm: read('grad_clip_norm', 0),
  };
}
