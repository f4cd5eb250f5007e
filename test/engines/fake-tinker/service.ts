/** The fake's HTTP side: the routes of the Tinker wire, and its futures. */

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { asObject, asText, optional } from '../../../src/wire/json/fields.ts';
import type { JsonObject } from '../../../src/wire/json/fields.ts';
import { parseJson } from '../../../src/wire/json/parse.ts';
import { readSampleRequestJson, sampleOutputJson } from '../../../src/wire/json/sampling.ts';
import { readForwardBackwardJson } from '../../../src/wire/json/training.ts';
import { PROTOBUF_TYPE } from '../../../src/wire/protobuf/message.ts';
import { encodeSampleOutput } from '../../../src/wire/protobuf/sampling.ts';
import { decodeForwardBackward } from '../../../src/wire/protobuf/training.ts';
import { baseState } from './model.ts';
import type { FakeState } from './model.ts';
import type { FakeOptions } from './options.ts';
import { sampleFake } from './sampling.ts';
import { FakeTraining, jsonResult } from './training.ts';
import type { FakeResult } from './training.ts';

/** A poll is held this long at most. */
const POLL_MS = 20_000;
/** Fetched results that are kept for a repeated poll. */
const KEPT_RESULTS = 10_000;
const API = '/api/v1/';

interface Reply {
  status: number;
  type: string;
  body: string | Uint8Array;
}

function json(value: unknown, status = 200): Reply {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

export class FakeService {
  readonly #options: FakeOptions;
  readonly #base: FakeState;
  readonly #training: FakeTraining;
  readonly #futures = new Map<string, Promise<FakeResult>>();
  readonly #fetched: string[] = [];
  /** What a sampling session samples from. */
  readonly #sessions = new Map<string, { state: FakeState; path: string | null }>();
  #count = 0;

  constructor(options: FakeOptions) {
    this.#options = options;
    this.#base = baseState(options.seed);
    this.#training = new FakeTraining(this.#base, options.vocabulary);
  }

  /** Returns a server that is not listening yet. */
  server(): Server {
    const server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => send(response, json({ detail: String(error) }, 400)));
    });
    server.keepAliveTimeout = 60_000;
    return server;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const path = (request.url ?? '').split('?')[0];
    if (!path.startsWith(API)) return send(response, json({ detail: 'Not Found' }, 404));
    const route = path.slice(API.length);
    send(response, await (request.method === 'POST' ? this.#post(route, body, request) : this.#rest(request, route)));
  }

  async #post(route: string, body: Buffer, { headers }: IncomingMessage): Promise<Reply> {
    if (route === 'forward_backward' && headers['content-type'] === PROTOBUF_TYPE) {
      return this.#promise(this.#training.pass(decodeForwardBackward(body)));
    }
    const parsed = parseJson(body);
    if (route === 'forward_backward' || route === 'forward') {
      return this.#promise(this.#training.pass(readForwardBackwardJson(parsed)));
    }
    if (route === 'asample') return this.#asample(parsed);
    const fields = asObject(parsed, 'the body');
    if (route === 'retrieve_future') {
      return this.#fetch(asText(fields.request_id, 'request_id'), String(headers.accept).includes(PROTOBUF_TYPE));
    }
    const model = optional(fields.model_id, 'model_id', asText);
    if (model !== undefined && !this.#training.has(model)) return json({ detail: `model ${model} not found` }, 404);
    return this.#command(route, fields);
  }

  #command(route: string, fields: JsonObject): Reply {
    const training = this.#training;
    switch (route) {
      case 'client/config':
        return json({ use_pyqwest_transport: false });
      case 'client/dynamic_config':
        return json({ refresh_interval_sec: 300 });
      case 'telemetry':
        return json({ status: 'accepted' });
      case 'create_session':
        return json({ session_id: this.#name('session'), type: 'create_session' });
      case 'session_heartbeat':
        return json({ type: 'session_heartbeat' });
      case 'create_model':
        if (fields.base_model !== this.#options.model) return json({ detail: 'the model is not supported' }, 400);
        return this.#promise(Promise.resolve(training.create(this.#name('model'))));
      case 'unload_model':
        return this.#promise(Promise.resolve(training.unload(asText(fields.model_id, 'model_id'))));
      case 'get_info':
        return json({ model_id: fields.model_id, model_data: { model_name: this.#options.model }, is_lora: true });
      case 'optim_step':
        return this.#promise(training.step(fields));
      case 'load_weights':
        return this.#promise(training.load(fields));
      case 'save_weights':
        return this.#promise(training.save('weights', fields, () => ''));
      case 'save_weights_for_sampler':
        return this.#promise(training.save('sampler_weights', fields, (path) => this.#openSession(path)));
      case 'create_sampling_session':
        return this.#createSession(fields);
      case 'weights_info': {
        const known = this.#training.checkpoints.has(asText(fields.tinker_path, 'tinker_path'));
        return known ? json({ base_model: this.#options.model, is_lora: true }) : json({ detail: 'Not Found' }, 404);
      }
      default:
        return json({ detail: 'Not Found' }, 404);
    }
  }

  #createSession(fields: JsonObject): Reply {
    const path = optional(fields.model_path, 'model_path', asText);
    if (path !== undefined && !this.#training.checkpoints.has(path)) return json({ detail: `no ${path}` }, 404);
    if (path === undefined && fields.base_model !== this.#options.model) {
      return json({ detail: 'the model is not supported' }, 400);
    }
    return json({ sampling_session_id: this.#openSession(path), type: 'create_sampling_session' });
  }

  #openSession(path?: string): string {
    const id = this.#name('sampling');
    const state = path === undefined ? this.#base : (this.#training.checkpoints.get(path)?.state ?? this.#base);
    this.#sessions.set(id, { state, path: path ?? null });
    return id;
  }

  #asample(parsed: unknown): Reply {
    const request = readSampleRequestJson(parsed);
    const { samplingSession, modelPath, n, prompt, params } = request;
    const session = samplingSession === undefined ? undefined : this.#sessions.get(samplingSession);
    if (samplingSession !== undefined && session === undefined) return json({ detail: 'no such session' }, 404);
    if (n < 1 || params.max_tokens < 1) return json({ detail: 'num_samples and max_tokens must be positive' }, 400);
    if (prompt.length + params.max_tokens > this.#options.maxContext)
      return json({ detail: 'beyond the context' }, 400);
    const saved = modelPath === undefined ? undefined : this.#training.checkpoints.get(modelPath);
    const state = session?.state ?? saved?.state ?? this.#base;
    const turn = ++this.#count;
    // Drawn again for each encoding that is asked for, so that a waiting result costs no memory.
    const output = () => sampleFake(this.#options, state, request, turn);
    const result = { json: () => sampleOutputJson(output()), protobuf: () => encodeSampleOutput(output()) };
    const ready = this.#options.latencyMs > 0 ? sleep(this.#options.latencyMs, result) : Promise.resolve(result);
    return this.#promise(ready, { sample_sequence_ids: Array.from({ length: n }, (_, i) => `${turn}-${i}`) });
  }

  #promise(result: Promise<FakeResult>, more: object = {}): Reply {
    const id = this.#name('future');
    // A failed request is an answer, not an accident.
    const answered = result.catch((error: unknown) => jsonResult({ error: String(error), category: 'user' }));
    this.#futures.set(id, answered);
    return json({ request_id: id, ...more });
  }

  async #fetch(id: string, protobuf: boolean): Promise<Reply> {
    const future = this.#futures.get(id);
    if (future === undefined) return json({ detail: 'the request is unknown' }, 404);
    const controller = new AbortController();
    const late = sleep(POLL_MS, null, { signal: controller.signal }).catch(() => null);
    const result = await Promise.race([future, late]);
    controller.abort();
    if (result === null) return json({ type: 'try_again', request_id: id, queue_state: 'active' });
    this.#fetched.push(id);
    if (this.#fetched.length > KEPT_RESULTS) this.#futures.delete(this.#fetched.shift() ?? '');
    if (protobuf && this.#options.protobuf && result.protobuf !== undefined) {
      return { status: 200, type: PROTOBUF_TYPE, body: result.protobuf() };
    }
    return { status: 200, type: 'application/json', body: result.json() };
  }

  #rest({ method }: IncomingMessage, route: string): Reply {
    const { model, maxContext } = this.#options;
    if (route === 'healthz') return json({ status: 'ok' });
    if (route === 'get_server_capabilities') {
      return json({ supported_models: [{ model_name: model, max_context_length: maxContext }] });
    }
    const sampler = /^samplers\/([^/]+)$/.exec(route);
    if (sampler !== null) {
      const session = this.#sessions.get(sampler[1]);
      if (session === undefined) return json({ detail: 'Not Found' }, 404);
      return json({ sampler_id: sampler[1], base_model: model, model_path: session.path });
    }
    const [, run, , rest] = /^training_runs\/([^/]+)\/checkpoints(\/(.+))?$/.exec(route) ?? [];
    if (run === undefined) return json({ detail: 'Not Found' }, 404);
    if (method === 'DELETE') {
      return this.#training.checkpoints.delete(`tinker://${run}/${rest}`)
        ? json({})
        : json({ detail: 'Not Found' }, 404);
    }
    const all = [...this.#training.checkpoints].filter(([, checkpoint]) => checkpoint.model === run);
    const checkpoints = all.map(([path, { kind, name }]) => ({
      checkpoint_id: `${kind}/${name}`,
      checkpoint_type: kind === 'weights' ? 'training' : 'sampler',
      tinker_path: path,
    }));
    return rest === undefined ? json({ checkpoints }) : json({ detail: 'Not Found' }, 404);
  }

  #name(kind: string): string {
    this.#count++;
    return `${kind}-${this.#count}`;
  }
}

function send(response: ServerResponse, { status, type, body }: Reply): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
