/** Reads requests of the wire: their bodies, in both encodings, and their queries. */

import { createHash } from 'node:crypto';
import type { Context as HonoContext, Hono } from 'hono';
import { asObject, type JsonObject } from '../../../wire/json/fields.ts';
import { parseJson } from '../../../wire/json/parse.ts';
import { WireFormatError } from '../../../wire/format-error.ts';
import { PROTOBUF_TYPE } from '../../../wire/protobuf/message.ts';
import type { BodyReader } from '../../shell/body.ts';
import { Refusal } from '../../shell/refusal.ts';
import type { ShellEnv } from '../../shell/shell.ts';

export type Request = HonoContext<ShellEnv>;

/** A JSON body, parsed. */
export interface JsonBody {
  fields: JsonObject;
  hash: string;
  bytes: number;
}

/** Adds a POST route with a JSON body. `handle` returns the answer, as a JSON value or as a response. */
export function onJson(
  page: Hono<ShellEnv>,
  bodies: BodyReader,
  path: string,
  handle: (body: JsonBody, request: Request) => object | Promise<object>,
): void {
  const answer = async (request: Request): Promise<Response> => {
    const given = await handle(await jsonBody(request, bodies), request);
    return given instanceof Response ? given : Response.json(given);
  };
  page.post(path, (request) => answer(request));
}

/** Reads a JSON body. Throws Refusal 400 if it is no JSON object, 415 for another type. */
export async function jsonBody(request: Request, bodies: BodyReader): Promise<JsonBody> {
  const type = mediaType(request);
  if (type !== 'application/json') throw unsupported(['application/json']);
  return bodies.read(request.env.incoming, (body) => ({
    fields: wired(() => asObject(parseJson(body), 'the body')),
    hash: hashOf(body),
    bytes: body.length,
  }));
}

/** Reads a body that is JSON or protobuf. */
export async function eitherBody<T>(
  request: Request,
  bodies: BodyReader,
  use: { json: (body: JsonBody) => T; protobuf: (body: Buffer, hash: string) => T },
): Promise<T> {
  const type = mediaType(request);
  if (type === PROTOBUF_TYPE) return bodies.read(request.env.incoming, (body) => use.protobuf(body, hashOf(body)));
  if (type !== 'application/json') throw unsupported(['application/json', PROTOBUF_TYPE]);
  return use.json(await jsonBody(request, bodies));
}

/** Whether the client reads protobuf. */
export function wantsProtobuf(request: Request): boolean {
  return (request.req.header('accept') ?? '').includes(PROTOBUF_TYPE);
}

/** Runs a reader of the wire's messages, and turns its error into Refusal 400. */
export function wired<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof WireFormatError) throw new Refusal(400, `${sentence(error.message)}.`);
    throw error;
  }
}

/** Returns a whole number of the query, at least 0, or the default. Throws Refusal 400. */
export function queryNumber(request: Request, name: string, absent: number): number {
  const text = request.req.query(name);
  if (text === undefined || text === '') return absent;
  if (!/^\d{1,9}$/.test(text)) throw new Refusal(400, `${name} must be a whole number.`);
  return Number(text);
}

function mediaType(request: Request): string {
  return (request.req.header('content-type') ?? '').split(';', 1)[0].trim().toLowerCase();
}

function unsupported(types: readonly string[]): Refusal {
  return new Refusal(415, `The body must be of the type ${types.join(' or ')}.`, { Connection: 'close' });
}

function hashOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('base64');
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
