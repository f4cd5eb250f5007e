/** Sampling sessions and their requests. A session stands for weights that do not change. */

import type { WireSampleRequest } from '../../../wire/messages.ts';
import { Refusal } from '../../shell/refusal.ts';
import { parsePath } from '../checkpoints/paths.ts';
import type { Context } from '../context.ts';
import { failed } from '../failure.ts';
import type { Future, Result } from '../futures.ts';
import type { Session } from '../sessions.ts';
import type { Model } from '../training/models.ts';
import type { Task } from '../training/requests.ts';
import { type Ask, Batcher } from '../../../generate/batch/batcher.ts';
import { checkSample } from './check-sample.ts';
import { outputOf } from './output.ts';
import { type Source, Sources } from './sources.ts';

export interface SamplingSession {
  readonly id: string;
  readonly session: Session;
  readonly source: Source;
  /** The checkpoint's `tinker://` path; null for the base and for a snapshot without a name. */
  readonly path: string | null;
  /** Requests by number. The numbers exceed the exact integers of a `number`. */
  readonly used: Map<bigint, { hash: string; future: Future }>;
}

/** Requests that wait or are in progress. */
const WAITING = 16_384;

export class Sampling {
  #context: Context;
  #sources: Sources;
  #batcher: Batcher<Source>;
  #sessions = new Map<string, SamplingSession>();
  /** Of checkpoints that were sampled from, by path and serial number. */
  #checkpoints = new Map<string, Source>();

  constructor(context: Context, spillHome: string) {
    const { engine, model, limits } = context;
    this.#context = context;
    this.#sources = new Sources(engine, { base: model.ref, spillHome, inMemory: limits.snapshotsInMemory });
    this.#batcher = new Batcher({
      slots: engine.slots,
      turn: (lane, job) => context.queue.add(`sample:${lane}`, job),
      sampler: (source) => this.#sources.sampler(source),
      stopped: context.stopped,
    });
  }

  /** Throws Refusal 404 if there is none. */
  get(id: string): SamplingSession {
    const found = this.#sessions.get(id);
    if (found === undefined) {
      throw new Refusal(404, `The sampling session ${JSON.stringify(id.slice(0, 120))} is not open. Create one.`);
    }
    found.session.heard = performance.now();
    return found;
  }

  /**
   * Opens a sampling session; a repeated request returns the same one. Throws Refusal: 404 for weights that do not exist,
   * 400 for another base model.
   */
  open(session: Session, seq: number, from: { baseModel?: string; modelPath?: string }): SamplingSession {
    const id = `${session.id}:sample:${seq}`;
    const source = this.#sourceOf(from);
    const known = this.#sessions.get(id);
    if (known !== undefined) {
      if (known.source === source) return known;
      throw new Refusal(409, `Number ${seq} of this session is a sampling session over other weights.`);
    }
    return this.#add(id, session, source, from.modelPath ?? null);
  }

  /** Publishes a model's weights as a sampling session, until its session ends. */
  publish({ session }: Model, seq: number): Task {
    const id = `${session.id}:sample:${seq}`;
    if (this.#sessions.has(id)) throw new Refusal(409, `Number ${seq} of this session is a sampling session already.`);
    return {
      reading: true,
      work: async ({ id: modelId }, { policy }): Promise<Result> => {
        this.#add(id, session, await this.#sources.addSnapshot(modelId, await policy.publish()), null);
        return { kind: 'json', value: { path: null, sampling_session_id: id, type: 'save_weights_for_sampler' } };
      },
    };
  }

  /**
   * Accepts a request to sample; a repeated one returns the same future. Throws Refusal: 404 for weights that do not
   * exist, 409 for another body under a used number, 400 for a request that cannot be done.
   */
  submit(request: WireSampleRequest, hash: string): Future {
    const { samplingSession, seqId } = request;
    const own = samplingSession === undefined ? null : this.get(samplingSession);
    const known = seqId === undefined ? undefined : own?.used.get(seqId);
    if (known !== undefined) {
      if (known.hash === hash) return known.future;
      throw new Refusal(409, `Request number ${seqId} of this sampling session is that of another request.`);
    }
    const source = own?.source ?? this.#sourceOf(request);
    const ask = checkSample(request, this.#context.model);
    this.#checkRoom();
    const forget = own === null || seqId === undefined ? undefined : () => void own.used.delete(seqId);
    const future = this.#context.futures.create(null, forget);
    if (own !== null && seqId !== undefined) own.used.set(seqId, { hash, future });
    void this.#answer(source, ask, future);
    return future;
  }

  /** Settles the future of a request. Never rejects. */
  async #answer(source: Source, { request, scored }: Pick<Ask, 'request' | 'scored'>, future: Future): Promise<void> {
    const { futures, onFault } = this.#context;
    try {
      // The first token of a prompt has no log-probability, so one of one token is not scored.
      const example = scored?.input.length === 0 ? null : scored;
      const answer = await this.#batcher.ask(source, { request, scored: example });
      const output = outputOf({ drawn: request !== null, scored }, answer);
      futures.settle(future, { kind: 'sample', output });
    } catch (error) {
      futures.settle(future, failed(error, onFault));
    }
  }

  #checkRoom(): void {
    if (this.#batcher.waiting < WAITING) return;
    throw new Refusal(429, 'Too many sample requests wait. Repeat the request.', { 'Retry-After': '1' });
  }

  /** Closes the sampling sessions of a session, and frees its snapshots. */
  async end(session: Session): Promise<void> {
    for (const id of session.samplers) {
      const own = this.#sessions.get(id);
      this.#sessions.delete(id);
      if (own !== undefined && 'modelId' in own.source) {
        await this.#context.queue.do(`sample:${own.source.key}`, () => this.#sources.free(own.source));
      }
    }
  }

  #add(id: string, session: Session, source: Source, path: string | null): SamplingSession {
    const added: SamplingSession = { id, session, source, path, used: new Map() };
    this.#sessions.set(id, added);
    session.samplers.add(id);
    return added;
  }

  #sourceOf({ baseModel, modelPath }: { baseModel?: string; modelPath?: string }): Source {
    const { model, store } = this.#context;
    if (baseModel !== undefined && baseModel !== model.name) {
      throw new Refusal(400, `This server has the model ${JSON.stringify(model.name)} only.`);
    }
    if (modelPath === undefined) {
      if (baseModel === undefined)
        throw new Refusal(400, 'Name the weights: base_model, model_path or sampling_session_id.');
      return this.#sources.base;
    }
    const checkpoint = store.find(parsePath(modelPath));
    if (checkpoint === undefined) throw new Refusal(404, 'There is no such checkpoint.');
    const key = `${modelPath}#${checkpoint.record.serial}`;
    const source = this.#checkpoints.get(key) ?? { key, ref: checkpoint.ref, gone: false };
    this.#checkpoints.set(key, source);
    return source;
  }
}
