/**
 * Models over OpenAI's API, as a page of the HTTP shell: `/v1/models`, `/v1/chat/completions`, `/v1/completions`, and
 * `/health`. `fields.ts` says what is read, ignored and refused; `chat.ts` and `completions.ts` answer. Which models
 * there are is in `../../generate/models/`.
 */

import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import type { ModelEntry } from '../../generate/models/catalogue.ts';
import type { Model, Models } from '../../generate/models/models.ts';
import type { BodyReader } from '../shell/body.ts';
import type { Refusal } from '../shell/refusal.ts';
import type { Page, ShellEnv } from '../shell/shell.ts';
import { answerChat, streamChat } from './chat.ts';
import { answerCompletion, streamCompletion } from './completions.ts';
import { ApiError, asApiError, errorResponse, fromRefusal } from './errors.ts';
import { readChat, readCompletion } from './fields.ts';
import { API_LIMITS, type ApiLimits } from './limits.ts';
import { clientSignal, EventStream } from './stream.ts';

export interface OpenAiPageOptions {
  /** The caller closes them after the server. */
  models: Models;
  limits?: Partial<ApiLimits>;
  /** Called with failures that are faults of this program or of the machine. */
  onFault?: (error: unknown) => void;
}

/** How a kind of requests is read and answered. */
interface Kind<Fields> {
  read: (body: unknown) => Fields;
  answer: (fields: Fields, model: Model, limits: ApiLimits, signal: AbortSignal) => Promise<object>;
  stream: (fields: Fields, model: Model, limits: ApiLimits, stream: EventStream, signal: AbortSignal) => Promise<void>;
}

/** Makes the page. */
export function openAiPage({ models, limits: given, onFault = () => {} }: OpenAiPageOptions): Page {
  const limits = { ...API_LIMITS, ...given };
  return {
    keyless: [],
    refusal: (path, refusal: Refusal) => (isOwn(path) ? errorResponse(fromRefusal(refusal)) : null),
    routes: (bodies) => {
      const app = new Hono<ShellEnv>();
      app.get('/health', () => Response.json({ status: 'ok', waiting: models.waiting }));
      app.get('/v1/models', async () =>
        Response.json({ object: 'list', data: (await models.list()).map(modelObject) }),
      );
      app.get('/v1/models/:id', async ({ req }) => {
        const entry = (await models.list()).find(({ id }) => id === req.param('id'));
        return entry === undefined ? errorResponse(noModel(req.param('id'))) : Response.json(modelObject(entry));
      });
      const serve = { models, limits, onFault, bodies };
      addKind(app, '/v1/chat/completions', { read: readChat, answer: answerChat, stream: streamChat }, serve);
      addKind(
        app,
        '/v1/completions',
        { read: readCompletion, answer: answerCompletion, stream: streamCompletion },
        serve,
      );
      return app;
    },
  };
}

function isOwn(path: string): boolean {
  return path.startsWith('/v1/');
}

function modelObject({ id, created, role, run, iteration }: ModelEntry): object {
  return { id, object: 'model', created, owned_by: 'rzero', role, run, iteration };
}

interface Serve {
  models: Models;
  limits: ApiLimits;
  onFault: (error: unknown) => void;
  bodies: BodyReader;
}

function addKind<Fields extends { model: string; stream?: boolean | null }>(
  app: Hono<ShellEnv>,
  path: string,
  kind: Kind<Fields>,
  { models, limits, onFault, bodies }: Serve,
): void {
  const handle = async (context: Context<ShellEnv>): Promise<Response> => {
    const { incoming, outgoing } = context.env;
    const signal = clientSignal(outgoing);
    const stream = new EventStream(outgoing, limits.waitingBytes);
    try {
      const fields = kind.read(await bodies.read(incoming, parseJson));
      if (models.waiting >= limits.requests) throw busy();
      const model = await openModel(models, fields.model);
      if (fields.stream !== true) return Response.json(await kind.answer(fields, model, limits, signal));
      await kind.stream(fields, model, limits, stream, signal);
      stream.end();
      return RESPONSE_ALREADY_SENT;
    } catch (error) {
      // Nobody reads the answer; the status is for logs.
      if (signal.aborted) return stream.begun ? RESPONSE_ALREADY_SENT : new Response(null, { status: 499 });
      const failure = asApiError(error, onFault);
      if (!stream.begun) return errorResponse(failure);
      stream.end(failure);
      return RESPONSE_ALREADY_SENT;
    }
  };
  app.post(path, handle);
  app.on(['GET', 'PUT', 'DELETE', 'PATCH'], path, () => errorResponse(onlyPost()));
}

async function openModel(models: Models, id: string): Promise<Model> {
  const model = await models.open(id).catch(async (error: unknown) => {
    const isListed = (await models.list()).some((entry) => entry.id === id);
    throw isListed ? error : noModel(id);
  });
  if (model === null) throw noModel(id);
  return model;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new ApiError(400, 'The body is no valid JSON.');
  }
}

function noModel(id: string): ApiError {
  return new ApiError(
    404,
    `The model ${JSON.stringify(id.slice(0, 120))} does not exist, or its weights were removed. GET /v1/models lists the models.`,
    { param: 'model', code: 'model_not_found' },
  );
}

function busy(): ApiError {
  return new ApiError(429, 'Too many requests wait. Repeat the request.', {
    code: 'rate_limit_exceeded',
    headers: { 'Retry-After': '1' },
  });
}

function onlyPost(): ApiError {
  return new ApiError(405, 'This address takes POST requests only.', { headers: { Allow: 'POST' } });
}
