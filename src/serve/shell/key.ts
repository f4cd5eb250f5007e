/**
 * The key of a server that others can reach. Programs send it as `X-API-Key` or as a Bearer token. A browser gets a
 * cookie instead, once, when its user opens `/?key=KEY`.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { Headers } from './guard.ts';
import { Refusal } from './refusal.ts';

const COOKIE = 'rzero_page';

/** Returns whether a request carries the key. `cookies`: the cookie of a browser counts too. */
export function hasKey(headers: Headers, key: string, cookies: boolean): boolean {
  const { 'x-api-key': plain, authorization, cookie } = headers;
  if (plain !== undefined) return sameText(plain, key);
  if (authorization !== undefined) return sameText(bearerOf(authorization), key);
  return cookies && sameText(cookieOf(cookie), cookieValue(key));
}

/**
 * Answers a browser that opens `/?key=KEY`: gives it the cookie, and leads it to the address without the key. Throws
 * Refusal 401 if it is another key.
 */
export function cookieAnswer(given: string, key: string | null): Response {
  const headers = { Location: './', 'Cache-Control': 'no-store' };
  if (key === null) return new Response(null, { status: 303, headers });
  if (!sameText(given, key)) throw new Refusal(401, 'The key in the address is wrong.');
  const cookie = `${COOKIE}=${cookieValue(key)}; Path=/; HttpOnly; SameSite=Strict`;
  return new Response(null, { status: 303, headers: { ...headers, 'Set-Cookie': cookie } });
}

/**
 * Browsers send a cookie to all servers of a host, whatever the port: it is not the key itself. It depends on nothing
 * else, so that a page outlives a restart of the server.
 */
function cookieValue(key: string): string {
  return createHash('sha256').update(`page of rzero\n${key}`).digest('base64url');
}

function bearerOf(header: string | string[]): string | undefined {
  return typeof header === 'string' ? /^Bearer +(\S+)$/i.exec(header)?.[1] : undefined;
}

function cookieOf(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string') return undefined;
  const parts = header.split(';').map((part) => part.trim());
  return parts.find((part) => part.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
}

/** Compares without telling by its duration how much is equal. */
function sameText(given: string | string[] | undefined, wanted: string): boolean {
  if (typeof given !== 'string') return false;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
