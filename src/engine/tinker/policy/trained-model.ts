/**
 * A model that is trained on a service, and that survives the loss of its remote model. A journal holds what was done
 * since the last durable state. When the remote model is lost, or it is unknown whether a call was done, a new model
 * loads that state with its optimizer, and the journal is done again. An optimizer step is therefore never repeated on
 * the model that may have done it.
 */

import type { AdamParams } from '../../../wire/messages.ts';
import type { Ctl, Example } from '../../engine.ts';
import { unweighted } from '../datum.ts';
import { isRecoverable, leavesDoubt } from '../failures.ts';
import { checkpointName } from '../states/record.ts';
import type { LoraConfig } from '../../../wire/messages.ts';
import { type CallOptions, type RemoteModel, ServiceError, type TinkerService } from '../service.ts';
import { deleteQuietly } from '../states/delete-checkpoint.ts';
import { backwardCall, type BackwardForm, type Batch, sequencesOf } from './backward.ts';
import { inChunks, type PassResult } from './chunks.ts';

/** Times that one call may find its model lost before it fails. */
const RECOVERIES = 8;
/** Times that one call may fail on the service before it fails. */
const FAILURES = 2;

/** How a service has to be used, derived from the findings. */
export interface Traits {
  form: BackwardForm;
  /** The service reads `mask`. */
  masks: boolean;
  /** False: a forward pass is a backward pass with weights 0. */
  forwardOnly: boolean;
  /** The gradient of an unloaded model stays in its slot, so that an empty step must clear it. */
  leaks: boolean;
}

/** What a remote model is created from. */
export interface ModelSpec {
  base: string;
  lora: LoraConfig;
}

/** A durable state. */
export interface Anchor {
  path: string;
  /** Whether its optimizer is loaded too. */
  optimizer: boolean;
  /** Whether only this model uses it, so that it is deleted when it is no longer needed. */
  own: boolean;
}

interface Step {
  batches: Batch[];
  params: AdamParams;
}

export class TrainedModel {
  readonly #service: TinkerService;
  readonly #spec: ModelSpec;
  readonly #traits: Traits;
  #model: RemoteModel | null = null;
  /** Models in doubt, to be unloaded before the next one is created. */
  #stale: RemoteModel[] = [];
  /** Whether a model was unloaded without clearing its gradient, on a service that leaves it in the slot. */
  #dirty = false;
  /** Whether the last call ended because the service did not answer. */
  #away = false;
  #anchor: Anchor | null;
  #steps: Step[] = [];
  #pending: Batch[] = [];

  private constructor(service: TinkerService, spec: ModelSpec, traits: Traits, anchor: Anchor | null) {
    this.#service = service;
    this.#spec = spec;
    this.#traits = traits;
    this.#anchor = anchor;
  }

  /** Opens a model from a state, or a new one, whose first state is saved at once because its random values are lost otherwise. */
  static async open(
    service: TinkerService,
    from: { spec: ModelSpec; traits: Traits; anchor: Anchor | null },
    options?: CallOptions,
  ): Promise<TrainedModel> {
    const opened = new TrainedModel(service, from.spec, from.traits, from.anchor);
    await opened.with(async (model) => {
      if (opened.#anchor !== null) return;
      const path = await model.saveWeights(checkpointName('start'), options);
      opened.#anchor = { path, optimizer: true, own: true };
    }, options);
    return opened;
  }

  /** Whether a gradient has been accumulated since the last step. */
  get hasGradient(): boolean {
    return this.#pending.length > 0;
  }

  get anchor(): Anchor | null {
    return this.#anchor;
  }

  /** Whether the last durable state is the current one. */
  get isDurable(): boolean {
    return this.#steps.length === 0 && this.#pending.length === 0;
  }

  /** Whether the remote model can be used, as far as is known. */
  get isLoaded(): boolean {
    return this.#model !== null && !this.#away;
  }

  /** Calls `work` with the remote model, and again with a new one if it is lost or in doubt. */
  async with<T>(work: (model: RemoteModel) => Promise<T>, options?: CallOptions): Promise<T> {
    let failures = 0;
    for (let tries = 1; ; tries++) {
      try {
        return await work(await this.#open(options));
      } catch (error) {
        this.#away = error instanceof ServiceError && (error.outcome === 'unreachable' || error.outcome === 'billing');
        if (!isRecoverable(error)) throw error;
        this.doubt(error.outcome === 'lost-model');
        failures += error.outcome === 'failed' ? 1 : 0;
        if (tries >= RECOVERIES || failures >= FAILURES) throw error;
      }
    }
  }

  /** Runs a forward pass. */
  forward(examples: readonly Example[], ctl?: Ctl): Promise<PassResult> {
    const { forwardOnly, masks } = this.#traits;
    return this.with(async (model) => {
      const pass = { loss: 'cross_entropy', forwardOnly };
      return inChunks(
        model,
        examples.map((one) => unweighted(one, masks)),
        pass,
        ctl,
      );
    }, ctl);
  }

  /** Adds the gradient of a batch. If it fails, `discard` must follow. */
  async backward(batch: Batch, ctl?: Ctl): Promise<PassResult | null> {
    const result =
      this.#traits.form === 'scaled-ratio' ? null : await this.with((model) => this.#send(model, batch, 0, ctl), ctl);
    this.#pending.push(batch);
    return result;
  }

  /** Forgets the gradient. There is no call for it, so a model that has one is given up. */
  discard(error: unknown): void {
    const sent = this.#traits.form !== 'scaled-ratio' && this.#pending.length > 0;
    if (sent || leavesDoubt(error)) this.doubt();
    this.#pending = [];
  }

  /** Applies the gradient; returns the metrics of the service. If it fails, `discard` must follow. */
  async step(params: AdamParams): Promise<Record<string, number>> {
    try {
      const metrics = await this.with((model) => this.#update(model, { batches: this.#pending, params }));
      this.#steps.push({ batches: this.#pending, params });
      return metrics;
    } catch (error) {
      // A part of the step may have been sent.
      this.doubt();
      throw error;
    } finally {
      this.#pending = [];
    }
  }

  /** Takes the last step back: its result is not used. */
  undo(): void {
    this.#steps.pop();
    this.doubt();
  }

  /** Makes a saved state the one to return to. */
  async settle(anchor: Anchor): Promise<void> {
    const before = this.#anchor;
    this.#anchor = anchor;
    this.#steps = [];
    if (before?.own === true) await deleteQuietly(this.#service, before.path);
  }

  /** Gives up the remote model; the next call opens a new one. */
  doubt(lost = false): void {
    if (this.#model !== null && !lost) this.#stale.push(this.#model);
    this.#model = null;
  }

  /** Unloads the remote model, unless its service did not answer: then no call waits for it again. */
  async close(): Promise<void> {
    this.doubt();
    const anchor = this.#anchor;
    this.#anchor = null;
    if (this.#away) return;
    await this.#unloadStale();
    if (anchor?.own === true) await deleteQuietly(this.#service, anchor.path);
  }

  /** Returns the remote model; opens one if there is none, and does again what is not saved. */
  async #open(options?: CallOptions): Promise<RemoteModel> {
    if (this.#model !== null) return this.#model;
    await this.#unloadStale();
    if (this.#dirty) await this.#clearSlot(options);
    const model = await this.#service.createModel(this.#spec.base, this.#spec.lora, options);
    this.#model = model;
    if (this.#anchor !== null) await model.loadWeights(this.#anchor.path, this.#anchor.optimizer, options);
    for (const step of this.#steps) {
      await this.#sendAll(model, step.batches, options);
      await this.#update(model, step);
    }
    await this.#sendAll(model, this.#pending, options);
    return model;
  }

  /** Clears the gradient that a lost model left in its slot, with a model that takes the slot for a moment. */
  async #clearSlot(options?: CallOptions): Promise<void> {
    const between = await this.#service.createModel(this.#spec.base, this.#spec.lora, options);
    await unload(between, true);
    this.#dirty = false;
  }

  async #sendAll(model: RemoteModel, batches: readonly Batch[], options?: CallOptions): Promise<void> {
    if (this.#traits.form === 'scaled-ratio') return;
    for (const batch of batches) await this.#send(model, batch, 0, options);
  }

  #send(model: RemoteModel, batch: Batch, sequences: number, ctl?: Ctl): Promise<PassResult> {
    const { loss, data } = backwardCall(this.#traits, batch, sequences);
    return inChunks(model, data, { loss, forwardOnly: false }, ctl);
  }

  async #update(model: RemoteModel, { batches, params }: Step): Promise<Record<string, number>> {
    if (this.#traits.form === 'scaled-ratio') {
      const sequences = batches.reduce((sum, batch) => sum + sequencesOf(batch), 0);
      for (const batch of batches) await this.#send(model, batch, sequences);
    }
    return model.optimStep(params);
  }

  async #unloadStale(): Promise<void> {
    for (let model = this.#stale.pop(); model !== undefined; model = this.#stale.pop()) {
      const cleared = await unload(model, this.#traits.leaks);
      this.#dirty ||= this.#traits.leaks && !cleared;
    }
  }
}

/** A step that changes nothing but the gradient, which it clears. */
const EMPTY_STEP: AdamParams = {
  learning_rate: 0,
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  weight_decay: 0,
  grad_clip_norm: 0,
};

/**
 * Unloads a model; one that is already gone, or that the service does not unload, is left as it is.
 * @param clear whether to clear its gradient first
 * @returns whether that was done
 */
export async function unload(model: RemoteModel, clear: boolean): Promise<boolean> {
  const cleared = clear && (await succeeds(() => model.optimStep(EMPTY_STEP)));
  await succeeds(() => model.unload());
  return cleared;
}

async function succeeds(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch {
    return false;
  }
}
