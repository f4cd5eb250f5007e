/**
 * The models that are being trained, each a policy of the engine with its own order of requests. Creating, loading and
 * unloading them is here; what the requests do is in `requests.ts`.
 */

import type { Policy } from '../../../engine/engine.ts';
import type { AdapterShape } from '../../../types.ts';
import { Refusal } from '../../shell/refusal.ts';
import type { Checkpoint } from '../checkpoints/store.ts';
import { type Context, fulfil } from '../context.ts';
import type { Future } from '../futures.ts';
import type { Session } from '../sessions.ts';
import { loraFields, requireSameAdapter, savedAdapter } from './adapters.ts';
import { Order } from './order.ts';
import { Stepper } from './stepper.ts';

/** What became of a request number: the future of an accepted request, or null for a refused one. */
interface Used {
  /** Hash of the request's body. */
  hash: string;
  future: Future | null;
}

export interface Model {
  readonly id: string;
  readonly session: Session;
  readonly order: Order;
  readonly used: Map<number, Used>;
  /** Null: all parameters are trained. */
  adapter: AdapterShape | null;
  /** Whether the client chose alpha itself. */
  ownAlpha: boolean;
  /** Null until it is open, or if it could not be opened. */
  stepper: Stepper | null;
  lastRequest: string;
}

export interface NewModel {
  session: Session;
  seq: number;
  hash: string;
  adapter: AdapterShape | null;
  ownAlpha: boolean;
  seed: number;
  metadata: Record<string, unknown> | null;
  /** The checkpoint to create it from; null for the served model. */
  from: { checkpoint: Checkpoint; optimizer: boolean } | null;
}

export class Models {
  #context: Context;
  #models = new Map<string, Model>();
  #created = new Map<string, { hash: string; future: Future }>();
  #unloaded = new Map<string, Future>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Returns a model, and notes that its session lives. Throws Refusal 404 if it is not loaded. */
  get(id: string): Model {
    const model = this.#models.get(id);
    if (model === undefined) {
      const what = this.#unloaded.has(id) ? 'was unloaded' : 'is not loaded';
      throw new Refusal(
        404,
        `The model ${JSON.stringify(id.slice(0, 120))} ${what}. Create one, and load its last state.`,
      );
    }
    model.session.heard = performance.now();
    model.lastRequest = new Date().toISOString();
    return model;
  }

  list(): Model[] {
    return [...this.#models.values()];
  }

  /** Returns when a run's model was last asked for something; undefined if it is not loaded. */
  lastRequest(id: string): string | undefined {
    return this.#models.get(id)?.lastRequest;
  }

  /** Creates a model. A repeated request returns the same future. Throws Refusal. */
  create(given: NewModel): { future: Future; modelId: string } {
    const { session, seq, hash } = given;
    const modelId = `${session.id}:train:${seq}`;
    const known = this.#created.get(modelId);
    if (known !== undefined) {
      if (known.hash === hash) return { future: known.future, modelId };
      throw new Refusal(409, `Number ${seq} of this session is a model with other settings.`);
    }
    if (this.#models.size >= this.#context.limits.models) {
      throw new Refusal(
        400,
        `The server trains at most ${this.#context.limits.models} models at once: unload one first.`,
      );
    }
    const future = this.#context.futures.create(modelId);
    this.#created.set(modelId, { hash, future });
    trim(this.#created);
    const model: Model = {
      id: modelId,
      session,
      order: new Order({
        gapMs: this.#context.limits.gapMs,
        onGap: (missing, { seq: next }) => {
          model.stepper?.giveUpStep(`request ${missing} did not arrive before request ${next}`);
        },
      }),
      used: new Map(),
      adapter: given.adapter,
      ownAlpha: given.ownAlpha,
      stepper: null,
      lastRequest: new Date().toISOString(),
    };
    this.#models.set(modelId, model);
    session.models.add(modelId);
    void fulfil(this.#context, modelId, future, async () => {
      try {
        model.stepper = new Stepper(await this.#open(given), this.#context.stopped);
      } catch (error) {
        this.#models.delete(modelId);
        throw error;
      }
      this.#record(model, given.metadata);
      const base = this.#context.model.name;
      return { kind: 'json', value: { model_id: modelId, base_model: base, ...loraFields(model.adapter) } };
    });
    return { future, modelId };
  }

  /** Replaces the weights of a model that has done nothing yet by a checkpoint's. Throws RequestFailure. */
  async load(model: Model, checkpoint: Checkpoint, optimizer: boolean): Promise<void> {
    const shape = savedAdapter(checkpoint);
    requireSameAdapter(shape, model.adapter, model.ownAlpha);
    const policy = await this.#openState(checkpoint, optimizer);
    await model.stepper?.policy.close();
    model.stepper = new Stepper(policy, this.#context.stopped);
    model.adapter = shape;
    this.#record(model, this.#context.store.run(model.id)?.metadata ?? null);
  }

  /** Unloads a model. Its requests that wait fail. Repeating it, and an unknown model, change nothing. */
  unload(id: string): Future {
    const known = this.#unloaded.get(id);
    if (known !== undefined) return known;
    const model = this.get(id);
    const future = this.#context.futures.create(id);
    this.#unloaded.set(id, future);
    trim(this.#unloaded);
    this.#models.delete(id);
    model.order.close('The model was unloaded.');
    void fulfil(this.#context, id, future, async () => {
      await model.stepper?.policy.close();
      return { kind: 'json', value: { model_id: id, type: 'unload_model' } };
    });
    return future;
  }

  async #open({ adapter, seed, from }: NewModel): Promise<Policy> {
    if (from !== null) return this.#openState(from.checkpoint, from.optimizer);
    return this.#context.engine.openPolicy({
      from: this.#context.model.ref,
      optimizer: 'fresh',
      adapt: adapter === null ? { kind: 'full' } : { kind: 'lora', seed, ...adapter },
    });
  }

  async #openState({ ref }: Checkpoint, optimizer: boolean): Promise<Policy> {
    return this.#context.engine.openPolicy({ from: ref, optimizer: optimizer ? 'restore' : 'fresh' });
  }

  #record({ id, session, adapter }: Model, metadata: Record<string, unknown> | null): void {
    const created = new Date().toISOString();
    const base = this.#context.model.name;
    const shape = adapter === null ? null : { ...adapter, targets: [...adapter.targets] };
    this.#context.store.addRun({ runId: id, sessionId: session.id, base, adapter: shape, created, metadata });
  }
}

/** Models that are remembered after they were unloaded, to recognise repeated requests. */
const REMEMBERED = 10_000;

function trim(map: Map<string, unknown>): void {
  if (map.size > REMEMBERED) for (const oldest of map.keys()) return void map.delete(oldest);
}
