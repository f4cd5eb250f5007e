/**
 * A Tinker service for tests of the client's transport, over real HTTP. It keeps all rules of the wire but has no model:
 * it counts what it was asked to do. Any answer can be replaced by a script, per route.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { asObject } from '../../src/wire/json/fields.ts';
import { parseJson } from '../../src/wire/json/parse.ts';
import { readSampleRequestJson, sampleOutputJson } from '../../src/wire/json/sampling.ts';
import { forwardBackwardOutputJson, readForwardBackwardJson } from '../../src/wire/json/training.ts';
import type { ForwardBackward, ForwardBackwardOutput, SampleOutput } from '../../src/wire/messages.ts';
import { encodeSampleOutput } from '../../src/wire/protobuf/sampling.ts';
import { decodeForwardBackward, encodeForwardBackwardOutput } from '../../src/wire/protobuf/training.ts';

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  /** Objects become JSON. */
  body?: string | Buffer | object;
}

/**
 * What happens to one request.
 *
 * - a reply: answered with it, and not done
 * - `pass`: done and answered
 * - `reset`: not done, and the connection breaks
 * - `lost`: done, and the connection breaks
 * - `cut`: done, and the connection breaks in the middle of the answer
 * - `silent`: not done, never answered
 */
export type Action =
  | Reply
  | 'pass'
  | 'reset'
  | 'lost'
  | 'cut'
  | 'silent'
  | ((request: Received) => Action | Promise<Action>);

export interface Received {
  /** The last part of the path that is no identifier: `asample`, `checkpoints`. */
  route: string;
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

interface Future {
  json: () => string;
  binary?: () => Uint8Array;
}

export interface Traits {
  /** The same number of the same model is done once. */
  idempotent: boolean;
  /** Reads protobuf bodies; otherwise it answers them with this status. */
  protobuf: true | number;
  instance?: string;
  requiredKey?: string;
  config: object;
}

/** Routes whose last part is an identifier or a word of their own. */
const LONG = /\/training_runs\/([^/]+)\/checkpoints(?:\/(.*))?$/;

export class ScriptedService {
  readonly received: Received[] = [];
  /** What was done, in order: `pass m1 3`, `step m1 4`, `sample`. */
  readonly done: string[] = [];
  readonly checkpoints = new Map<string, { run: string; type: string; id: string }>();
  readonly sessions = new Set<string>();
  readonly models = new Set<string>();
  readonly samplers = new Set<string>();
  readonly traits: Traits;
  #futures = new Map<string, Future>();
  #numbers = new Map<string, string>();
  #scripts = new Map<string, Action[]>();
  #always = new Map<string, Action>();
  #count = 0;
  #server: Server | null = null;
  #port = 0;

  constructor(traits: Partial<Traits> = {}) {
    this.traits = { idempotent: true, protobuf: true, config: {}, ...traits };
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The next requests of a route get these actions, one each. */
  script(route: string, ...actions: Action[]): void {
    this.#scripts.set(route, [...(this.#scripts.get(route) ?? []), ...actions]);
  }

  /** All requests of a route get this action, after those that are scripted. */
  always(route: string, action: Action): void {
    this.#always.set(route, action);
  }

  /** Requests of a route so far. */
  requests(route: string): Received[] {
    return this.received.filter((each) => each.route === route);
  }

  bodies(route: string): Record<string, unknown>[] {
    return this.requests(route).map(({ body }) => ({ ...asObject(parseJson(body), 'the body') }));
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
      });
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Ends at once, with all connections. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  /** Loses everything that is not a checkpoint. */
  forget(): void {
    for (const each of [this.#futures, this.#numbers, this.sessions, this.models, this.samplers]) each.clear();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const path = request.url ?? '';
    const received: Received = {
      route: LONG.test(path) ? 'checkpoints' : path.slice(path.lastIndexOf('/') + 1),
      method: request.method ?? '',
      path,
      headers: request.headers,
      body: Buffer.concat(parts),
    };
    this.received.push(received);
    let action = this.#scripts.get(received.route)?.shift() ?? this.#always.get(received.route) ?? 'pass';
    while (typeof action === 'function') action = await action(received);
    if (action === 'silent') return;
    if (action === 'reset') return void request.socket.destroy();
    const reply = typeof action === 'object' ? action : this.#work(received);
    if (action === 'lost') return void request.socket.destroy();
    const body = bytesOf(reply.body ?? '');
    response.writeHead(reply.status ?? 200, {
      'content-type': typeof reply.body === 'string' ? 'text/html' : 'application/json',
      ...(this.traits.instance === undefined ? {} : { 'x-rzero-instance': this.traits.instance }),
      ...reply.headers,
      'content-length': body.length,
    });
    if (action !== 'cut') return void response.end(body);
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => request.socket.destroy());
  }

  #work(received: Received): Reply {
    const { route, path, method, headers } = received;
    if (this.traits.requiredKey !== undefined && headers['x-api-key'] !== this.traits.requiredKey)
      return detail(401, `bad key ${String(headers['x-api-key'])}`);
    const long = LONG.exec(path);
    if (long !== null) return this.#checkpointRoute(method, long[1], long[2]);
    switch (route) {
      case 'config':
        return { body: this.traits.config };
      case 'get_server_capabilities':
        return { body: { supported_models: [{ model_name: 'base', max_context_length: 4096 }] } };
      case 'create_session': {
        const id = this.#name('session');
        this.sessions.add(id);
        return { body: { session_id: id, type: 'create_session' } };
      }
      case 'forward':
      case 'forward_backward':
        return this.#pass(received);
      default:
        return this.#json(received);
    }
  }

  #json({ route, body, headers }: Received): Reply {
    const fields = asObject(parseJson(body), 'the body');
    const model = text(fields['model_id']);
    const known = fields['model_id'] === undefined || this.models.has(model);
    if (!known) return detail(404, `Model not found`);
    if (fields['session_id'] !== undefined && !this.sessions.has(text(fields['session_id'])))
      return detail(404, 'Session not found');
    switch (route) {
      case 'session_heartbeat':
        return { body: { type: 'session_heartbeat' } };
      case 'create_model': {
        const id = this.#name('model');
        this.models.add(id);
        return this.#promise(() => JSON.stringify({ model_id: id }));
      }
      case 'optim_step':
        return this.#numbered(fields, () => {
          this.done.push(`step ${model} ${text(fields['seq_id'])}`);
          return this.#promise(() => '{"metrics":{"grad_norm":1.5}}');
        });
      case 'load_weights':
        return this.#numbered(fields, () => {
          this.done.push(`load ${text(fields['path'])}`);
          return this.#promise(() => '{}');
        });
      case 'unload_model':
        this.models.delete(model);
        return this.#promise(() => JSON.stringify({ model_id: model }));
      case 'save_weights':
      case 'save_weights_for_sampler':
        return this.#save(route, fields);
      case 'create_sampling_session': {
        const path = fields['model_path'];
        if (typeof path === 'string' && !this.checkpoints.has(path)) return detail(404, 'Checkpoint not found');
        return { body: { sampling_session_id: this.#sampler() } };
      }
      case 'asample':
        return this.#sample(fields);
      case 'retrieve_future':
        return this.#future(text(fields['request_id']), String(headers.accept));
      default:
        return detail(404, 'Not Found');
    }
  }

  #pass({ route, body, headers }: Received): Reply {
    const binary = headers['content-type'] === 'application/x-protobuf';
    if (binary && this.traits.protobuf !== true)
      return this.traits.protobuf === 500
        ? { status: 500, body: 'Internal Server Error', headers: { 'content-type': 'text/plain' } }
        : detail(this.traits.protobuf, 'not JSON');
    const read: ForwardBackward = binary ? decodeForwardBackward(body) : readForwardBackwardJson(parseJson(body));
    const forwardOnly = read.forwardOnly || route === 'forward';
    if (!this.models.has(read.modelId)) return detail(404, `Model not found`);
    return this.#numbered({ model_id: read.modelId, seq_id: read.seqId }, () => {
      this.done.push(`${forwardOnly ? 'forward' : 'pass'} ${read.modelId} ${read.seqId} ${read.data.length}`);
      const output: ForwardBackwardOutput = {
        outputType: 'scalar',
        logprobs: read.data.map(({ tokens }) => Float32Array.from(tokens, (token) => -token / 8)),
        metrics: { 'loss:sum': read.data.length, 'first:min': read.data[0].tokens[0] },
      };
      return this.#promise(
        () => forwardBackwardOutputJson(output),
        () => encodeForwardBackwardOutput(output),
      );
    });
  }

  #numbered(fields: Readonly<Record<string, unknown>>, work: () => Reply): Reply {
    const key = `${text(fields['model_id'])} ${text(fields['seq_id'])}`;
    const before = this.#numbers.get(key);
    if (this.traits.idempotent && before !== undefined) return { body: { request_id: before } };
    const reply = work();
    if (typeof reply.body === 'object' && 'request_id' in reply.body)
      this.#numbers.set(key, String(reply.body.request_id));
    return reply;
  }

  #save(route: string, fields: Readonly<Record<string, unknown>>): Reply {
    const run = text(fields['model_id']);
    const kind = route === 'save_weights' ? 'weights' : 'sampler_weights';
    const named = fields['path'] !== undefined;
    const name = named ? text(fields['path']) : `ss_${text(fields['sampling_session_seq_id'])}`;
    const path = `tinker://${run}/${kind}/${name}`;
    if (this.checkpoints.has(path)) return detail(409, 'Checkpoint already exists');
    this.done.push(`save ${path}`);
    const type = kind === 'weights' ? 'training' : 'sampler';
    this.checkpoints.set(path, { run, type, id: name });
    if (named) return this.#promise(() => JSON.stringify({ path }));
    const sampler = this.#sampler();
    return this.#promise(() => JSON.stringify({ path: null, sampling_session_id: sampler }));
  }

  #sample(fields: Readonly<Record<string, unknown>>): Reply {
    const { samplingSession = '', n, prompt } = readSampleRequestJson(fields);
    if (!this.samplers.has(samplingSession)) return detail(404, 'Sampling session not found');
    this.done.push(`sample ${samplingSession} ${text(fields['seq_id'])}`);
    const output: SampleOutput = {
      sequences: Array.from({ length: n }, (_, i) => ({
        tokens: Int32Array.of(prompt[0], i),
        logprobs: Float32Array.of(-0.5, -1),
        stopReason: 'length' as const,
      })),
      promptLogprobs: null,
    };
    return this.#promise(
      () => sampleOutputJson(output),
      () => encodeSampleOutput(output),
    );
  }

  #checkpointRoute(method: string, run: string, rest: string | undefined): Reply {
    const all = [...this.checkpoints].filter(([, each]) => each.run === run);
    if (rest === undefined) {
      const checkpoints = all.map(([path, { type, id }]) => ({
        checkpoint_id: id,
        checkpoint_type: type,
        tinker_path: path,
      }));
      return { body: { checkpoints } };
    }
    const found = this.checkpoints.delete(`tinker://${run}/${rest}`);
    return method === 'DELETE' && found ? { status: 204 } : detail(404, 'Checkpoint not found');
  }

  #future(id: string, accept: string): Reply {
    const future = this.#futures.get(id);
    if (future === undefined) return detail(404, 'Future not found');
    if (future.binary === undefined || !accept.includes('protobuf')) return { body: Buffer.from(future.json()) };
    return { body: Buffer.from(future.binary()), headers: { 'content-type': 'application/x-protobuf' } };
  }

  #promise(json: () => string, binary?: () => Uint8Array): Reply {
    const id = this.#name('future');
    this.#futures.set(id, { json, binary });
    return { body: { request_id: id } };
  }

  #sampler(): string {
    const id = this.#name('sampler');
    this.samplers.add(id);
    return id;
  }

  #name(kind: string): string {
    this.#count++;
    return `${kind}-${this.#count}`;
  }
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
}

/** An error as most services write it. */
export function detail(status: number, text: string, headers: Record<string, string> = {}): Reply {
  return { status, body: { detail: text }, headers };
}

function bytesOf(body: string | Buffer | object): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
