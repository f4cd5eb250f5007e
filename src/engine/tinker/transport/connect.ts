/**
 * Opens a Tinker service: `TinkerService` over HTTP. Start here; `caller.ts` makes calls succeed, `futures.ts` waits for
 * results, `model.ts` and `sampling.ts` say what is sent. Nothing here knows about policies or losses.
 */

import { z } from 'zod';

import { parseJson } from '../../../wire/json/parse.ts';
import type { LoraConfig } from '../../../wire/messages.ts';
import {
  type CallOptions,
  type RemoteModel,
  type RemoteSampleRequest,
  ServiceError,
  type ServiceUsage,
  type SupportedModel,
  type TinkerService,
} from '../service.ts';
import { HOSTED_SERVICE } from '../address.ts';
import { downloadArchive } from './archive.ts';
import { Auth } from './exchange/auth.ts';
import { Caller } from './exchange/caller.ts';
import { deleteCheckpoint } from './checkpoints.ts';
import { type Clock, realClock } from './exchange/clock.ts';
import { PromiseLost, readPromise, waitForResult } from './exchange/futures.ts';
import { HttpClient } from './exchange/http.ts';
import { readLimits, type ServiceLimits } from './limits.ts';
import { Model } from './training/model.ts';
import type { ModelParts } from './training/requests.ts';
import { Sampling } from './sampling.ts';
import { SDK_VERSION, type Session, Sessions } from './session/sessions.ts';
import { TrainingCodec } from './training/training-codec.ts';
import { UsageCounter } from './usage.ts';
import { type OnWaiting, WaitMonitor } from './exchange/waiting.ts';

export interface ConnectOptions {
  /** Address of the service, with a path if it has one. */
  url: string;
  /** Key of the account; empty or absent if the service asks for none. Never part of a message. */
  apiKey?: string;
  /** Sample requests in flight at most; the service may allow fewer. */
  concurrency: number;
  /** Seconds to keep trying while the service does not answer, or blocks the account. */
  patience: number;
  /** The same for a service that has never answered: its address may be wrong. */
  firstPatience?: number;
  /** Seconds after which a request is given up although the service still promises a result. */
  deadline?: number;
  /** Seconds between heartbeats; 0 for a service that ends no silent session. */
  heartbeat?: number;
  /** Labels of the session on the service. */
  tags?: readonly string[];
  onWaiting?: OnWaiting;
  clock?: Clock;
}

const FIRST_PATIENCE_S = 30;
/** As long as the SDK waits for a sample. */
const DEADLINE_S = 7200;
const HEARTBEAT_S = 10;
/** Connections beyond those of samples: training, polls of its results, and the rest. */
const MORE_CONNECTIONS = 64;
/** How often a model is made again because the service has lost the request. */
const CREATIONS = 3;

const capabilities = z.object({
  supported_models: z.array(z.object({ model_name: z.string(), max_context_length: z.int().nullish() })),
});
const createdModel = z.object({ model_id: z.string() });
const sampling = z.object({ sampling_session_id: z.string() });

/** Connects to a service, and reads its settings. Throws ServiceError, or EngineError `aborted`. */
export async function connect(options: ConnectOptions, { signal }: CallOptions = {}): Promise<TinkerService> {
  const clock = options.clock ?? realClock;
  checkKey(options);
  const http = new HttpClient(options.url, options.concurrency + MORE_CONNECTIONS);
  const auth = new Auth(http, options.apiKey === undefined || options.apiKey === '' ? null : options.apiKey, clock);
  const caller = new Caller({
    http,
    auth,
    clock,
    monitor: new WaitMonitor(clock, options.onWaiting),
    patienceMs: options.patience * 1000,
    firstPatienceMs: (options.firstPatience ?? FIRST_PATIENCE_S) * 1000,
  });
  try {
    const limits = readLimits(await clientConfig(caller, 'config', signal));
    if (limits.tokens) auth.useTokens();
    // Its answer has nothing that this client uses, but a service may expect the call.
    await clientConfig(caller, 'dynamic_config', signal);
    return new Service(caller, limits, options);
  } catch (error) {
    await caller.close();
    throw error;
  }
}

/** The hosted service answers every call without a key of its form with an error that does not say so. */
function checkKey({ url, apiKey = '' }: ConnectOptions): void {
  if (new URL(url).host !== new URL(HOSTED_SERVICE).host || /^(?:tml-|eyJ)/.test(apiKey)) return;
  throw new ServiceError('refused', `${url} needs a key that begins with tml-`, { status: 401 });
}

/** Reads one of the two settings calls; null if the service has no such call. */
async function clientConfig(caller: Caller, name: string, signal?: AbortSignal): Promise<unknown> {
  try {
    return await caller.call({
      path: `/api/v1/client/${name}`,
      body: json({ sdk_version: SDK_VERSION }),
      signal,
      read: ({ body }) => parseJson(body),
    });
  } catch (error) {
    if (error instanceof ServiceError && (error.status === 404 || error.status === 405)) return null;
    throw error;
  }
}

class Service implements TinkerService {
  readonly url: string;
  repeatTraining = false;
  #caller: Caller;
  #sessions: Sessions;
  #sampling: Sampling;
  #usage = new UsageCounter();
  #deadlineMs: number;
  #models: ModelParts;

  constructor(caller: Caller, limits: ServiceLimits, options: ConnectOptions) {
    this.url = caller.parts.http.url;
    this.#caller = caller;
    this.#deadlineMs = (options.deadline ?? DEADLINE_S) * 1000;
    const everyMs = (options.heartbeat ?? HEARTBEAT_S) * 1000;
    this.#sessions = new Sessions(caller, { tags: options.tags ?? [], everyMs });
    const { concurrency } = options;
    const shared = { usage: this.#usage, limits, deadlineMs: this.#deadlineMs };
    this.#sampling = new Sampling(caller, { ...shared, concurrency });
    this.#models = {
      ...shared,
      caller,
      sessions: this.#sessions,
      codec: new TrainingCodec(),
      mayRepeat: () => this.repeatTraining,
      openSampling: (path, callOptions) => this.openSampling({ path }, callOptions),
    };
  }

  async supportedModels({ signal }: CallOptions = {}): Promise<SupportedModel[]> {
    const { supported_models: models } = await this.#caller.call({
      method: 'GET',
      path: '/api/v1/get_server_capabilities',
      signal,
      read: ({ body }) => capabilities.parse(parseJson(body)),
    });
    return models.map((each) => ({ name: each.model_name, maxContext: each.max_context_length ?? null }));
  }

  async createModel(baseModel: string, lora: LoraConfig, options: CallOptions = {}): Promise<RemoteModel> {
    this.#usage.request();
    for (let count = 1; ; count++) {
      try {
        return await this.#withSession((session) => this.#createIn(session, baseModel, lora, options));
      } catch (error) {
        if (!(error instanceof PromiseLost)) throw error;
        const text = `it loses every request: ${error.message}`;
        if (count >= CREATIONS) throw this.#caller.error('failed', 'create_model', { status: null, text });
      }
    }
  }

  async openSampling(from: { baseModel: string } | { path: string }, { signal }: CallOptions = {}): Promise<string> {
    this.#usage.request();
    const source = 'path' in from ? { model_path: from.path } : { base_model: from.baseModel };
    return this.#withSession((session) =>
      this.#caller.call({
        path: '/api/v1/create_sampling_session',
        body: json({
          session_id: session.id,
          sampling_session_seq_id: session.samplings++,
          ...source,
          type: 'create_sampling_session',
        }),
        signal,
        missing: () => ('path' in from ? 'lost-sampler' : 'refused'),
        gone: 'lost-sampler',
        read: ({ body }) => sampling.parse(parseJson(body)).sampling_session_id,
      }),
    );
  }

  sample(request: RemoteSampleRequest, options: CallOptions = {}): ReturnType<TinkerService['sample']> {
    return this.#sampling.sample(request, options);
  }

  async deleteCheckpoint(path: string, { signal }: CallOptions = {}): Promise<boolean> {
    this.#usage.request();
    return deleteCheckpoint(this.#caller, path, signal);
  }

  async download(path: string, folder: string, { signal }: CallOptions = {}): Promise<void> {
    this.#usage.request();
    await downloadArchive(this.#caller, path, folder, signal);
  }

  usage(): ServiceUsage {
    return this.#usage.read();
  }

  async close(): Promise<void> {
    await Promise.all([this.#sessions.close(), this.#caller.close()]);
  }

  async #createIn(session: Session, baseModel: string, lora: LoraConfig, { signal }: CallOptions): Promise<Model> {
    const promise = await this.#caller.call({
      path: '/api/v1/create_model',
      body: json({
        session_id: session.id,
        model_seq_id: session.models++,
        base_model: baseModel,
        lora_config: lora,
        type: 'create_model',
      }),
      signal,
      read: readPromise,
    });
    const id = await waitForResult(this.#caller, promise, {
      type: 'CreateModel',
      read: ({ body }) => createdModel.parse(parseJson(body)).model_id,
      deadlineMs: this.#deadlineMs,
      signal,
    });
    return new Model(id, session, this.#models);
  }

  /** Runs a call of the session; makes a new session if the service does not know it any more. */
  async #withSession<T>(call: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#sessions.get();
    try {
      return await call(session);
    } catch (error) {
      if (!(error instanceof ServiceError) || error.status !== 404) throw error;
      // An unknown checkpoint or base model is a 404 as well.
      if (!(await this.#sessions.hasLost(session))) throw error;
      this.#sessions.forget(session.id);
      return call(await this.#sessions.get());
    }
  }
}

function json(fields: Record<string, unknown>): () => { type: 'application/json'; content: string } {
  const content = JSON.stringify(fields);
  return () => ({ type: 'application/json', content });
}
