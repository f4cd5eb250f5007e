/** Answers of the page: JSON, compressed if it is large, and refusals for what a view cannot read. */

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { messageOf, RzeroError } from '../../errors.ts';
import { MissingItem } from '../../view/missing.ts';
import { Refusal } from '../shell/refusal.ts';

const compressed = promisify(gzip);

/** Smaller bodies fit in one packet. */
const SMALLEST_COMPRESSED = 1400;

/** Returns whether a client reads gzip. */
export function acceptsGzip(accept: string | undefined): boolean {
  return (accept ?? '').split(',').some((coding) => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(coding));
}

/**
 * Answers with what a view reads. Throws Refusal: 404 for what does not exist, 500 with the reason for a run that cannot
 * be read. `accept`: the `Accept-Encoding` of the request.
 */
export async function jsonAnswer<T>(accept: string | undefined, read: () => Promise<T>): Promise<Response> {
  let value: T;
  try {
    value = await read();
  } catch (error) {
    throw refusalOf(error);
  }
  const body = Buffer.from(JSON.stringify(value));
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', Vary: 'Accept-Encoding' };
  if (body.length < SMALLEST_COMPRESSED || !acceptsGzip(accept)) return new Response(body, { headers });
  // The fast level: most readers are on this machine.
  const bytes = await compressed(body, { level: 3 });
  return new Response(bytes, { headers: { ...headers, 'Content-Encoding': 'gzip' } });
}

/** Does something that can fail as a view does. Throws Refusal as `jsonAnswer`. */
export function asRefusal<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw refusalOf(error);
  }
}

/** A fault of this program stays one: only errors that are for users become refusals. */
function refusalOf(error: unknown): unknown {
  if (error instanceof MissingItem) return new Refusal(404, error.message);
  return error instanceof RzeroError ? new Refusal(500, messageOf(error)) : error;
}
