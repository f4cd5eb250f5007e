/** The training requests of a model: each is checked when it arrives, and runs when its number is next. */

import type { StatePlace, StateRef } from '../../../engine/engine.ts';
import type { AdamParams } from '../../../wire/messages.ts';
import { Refusal } from '../../shell/refusal.ts';
import { checkName, pathOf, type CheckpointKind } from '../checkpoints/paths.ts';
import type { Checkpoint } from '../checkpoints/store.ts';
import { type Context, fulfil } from '../context.ts';
import { RequestFailure } from '../failure.ts';
import type { Future, Result } from '../futures.ts';
import type { Batch } from './batch.ts';
import type { Model, Models } from './models.ts';
import type { Stepper } from './stepper.ts';

/** Numbers of a model whose requests are remembered, to recognise repeated ones. */
const REMEMBERED = 10_000;
const HIGHEST = 0x7fffffff;

/** A request's place in its model's order, and what distinguishes it from another one. */
export interface Address {
  modelId: string;
  seq: number;
  /** Hash of the request's body. */
  hash: string;
  /** Size of the request's body. */
  bytes: number;
}

export interface SaveOptions {
  name: string;
  ttlSeconds: number | null;
  overwrite: boolean;
  metadata: Record<string, unknown> | null;
}

type Work = (model: Model, stepper: Stepper) => Promise<Result>;

/** What runs a request, and whether it only reads the model. */
export interface Task {
  reading: boolean;
  work: Work;
}

export class TrainingRequests {
  #context: Context;
  #models: Models;
  /** Bytes of the requests that wait or run. */
  #heldBytes = 0;

  constructor(context: Context, models: Models) {
    this.#context = context;
    this.#models = models;
  }

  /**
   * Accepts a request. A repeated one returns the same future. `prepare` checks the request, and throws if it must be
   * refused: then its number is used up. Throws Refusal: 404 for an unknown model, 409 for another body under a used
   * number, 429 if too many requests of the model wait.
   */
  submit({ modelId, seq, hash, bytes }: Address, prepare: (model: Model) => Task): Future {
    const model = this.#models.get(modelId);
    if (!Number.isInteger(seq) || seq < 1 || seq > HIGHEST)
      throw new Refusal(400, 'seq_id must be a whole number from 1.');
    const known = model.used.get(seq);
    if (known !== undefined) {
      if (known.hash !== hash)
        throw new Refusal(409, `Request number ${seq} of this model is that of another request.`);
      if (known.future !== null) return known.future;
      // Refuses it again, for the same reason.
      prepare(model);
      throw new Refusal(400, `Request number ${seq} of this model was refused before.`);
    }
    if (seq < model.order.next)
      throw new Refusal(400, `Request number ${seq} of this model comes too late: a later one has run.`);
    if (
      model.order.waiting >= this.#context.limits.waiting ||
      this.#heldBytes + bytes > this.#context.limits.heldBytes
    ) {
      throw new Refusal(429, 'Too many training requests wait. Repeat the request.', { 'Retry-After': '1' });
    }
    let task: Task;
    try {
      task = prepare(model);
    } catch (error) {
      remember(model, seq, { hash, future: null });
      model.order.skip(seq);
      throw error;
    }
    const future = this.#context.futures.create(modelId);
    remember(model, seq, { hash, future });
    this.#heldBytes += bytes;
    model.order.add({
      seq,
      reading: task.reading,
      run: async () => {
        await fulfil(this.#context, modelId, future, () => this.#run(model, task.work));
        this.#heldBytes -= bytes;
      },
      fail: (error) => {
        this.#context.futures.settle(future, { kind: 'failed', error, category: 'server' });
        this.#heldBytes -= bytes;
      },
    });
    return future;
  }

  /** A forward pass, or a forward and a backward pass. */
  pass(batch: Batch): Task {
    return {
      reading: false,
      work: async (_, stepper) => ({ kind: 'forward', output: await stepper.run(batch) }),
    };
  }

  /** An update by AdamW. Throws Refusal 400 if a setting is out of range. */
  optimStep(params: AdamParams): Task {
    checkAdam(params);
    return {
      reading: false,
      work: async (_, stepper) => ({
        kind: 'json',
        value: { metrics: await stepper.step(params), type: 'optim_step' },
      }),
    };
  }

  /** A named checkpoint. Throws Refusal 400 for a name that is not allowed. */
  save(kind: CheckpointKind, options: SaveOptions): Task {
    checkName(options.name);
    const type = kind === 'weights' ? 'save_weights' : 'save_weights_for_sampler';
    return {
      reading: true,
      work: async (model, stepper) => {
        const path = { runId: model.id, kind, name: options.name };
        if (!options.overwrite && this.#context.store.find(path) !== undefined) {
          throw new RequestFailure(`This model has a checkpoint named ${options.name} already. Choose another name.`);
        }
        await this.#context.store.add({ ...path, ...options }, (place) =>
          kind === 'weights' ? stepper.policy.save(place) : this.#saveForSampler(stepper, place),
        );
        return { kind: 'json', value: { path: pathOf(path), type } };
      },
    };
  }

  /** Replaces the weights. Throws Refusal 400 unless it is the first request of its model. */
  load(model: Model, checkpoint: Checkpoint, optimizer: boolean): Task {
    if (!model.order.untouched) {
      throw new Refusal(
        400,
        'A checkpoint can be loaded into a new model only, as its first request. Create a model for it.',
      );
    }
    return {
      reading: false,
      work: async () => {
        await this.#models.load(model, checkpoint, optimizer);
        return { kind: 'json', value: { path: pathOf(checkpoint), model_id: model.id, type: 'load_weights' } };
      },
    };
  }

  async #run(model: Model, work: Work): Promise<Result> {
    if (model.stepper === null) throw new RequestFailure('The model could not be created.');
    return work(model, model.stepper);
  }

  /** Saves only the weights, if the engine can. */
  async #saveForSampler({ policy }: Stepper, place: StatePlace): Promise<StateRef> {
    const { engine } = this.#context;
    if (engine.keep === undefined) return policy.save(place);
    const snapshot = await policy.publish();
    try {
      return await engine.keep(snapshot, place);
    } finally {
      await engine.remove(snapshot);
    }
  }
}

function remember({ used }: Model, seq: number, entry: { hash: string; future: Future | null }): void {
  used.set(seq, entry);
  if (used.size > REMEMBERED) for (const oldest of used.keys()) return void used.delete(oldest);
}

function checkAdam(params: AdamParams): void {
  const { learning_rate, beta1, beta2, eps, weight_decay, grad_clip_norm } = params;
  const rules: [name: string, value: number, wanted: string, fine: boolean][] = [
    ['learning_rate', learning_rate, 'at least 0', learning_rate >= 0],
    ['beta1', beta1, 'from 0 to below 1', beta1 >= 0 && beta1 < 1],
    ['beta2', beta2, 'from 0 to below 1', beta2 >= 0 && beta2 < 1],
    ['eps', eps, 'above 0', eps > 0],
    ['weight_decay', weight_decay, 'at least 0', weight_decay >= 0],
    ['grad_clip_norm', grad_clip_norm, 'at least 0', grad_clip_norm >= 0],
  ];
  for (const [name, value, wanted, fine] of rules) {
    if (!fine || !Number.isFinite(value)) throw new Refusal(400, `adam_params.${name} must be a number ${wanted}.`);
  }
}
