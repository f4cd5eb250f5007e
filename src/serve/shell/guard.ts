/**
 * Decides who may talk to the server. A web page must not reach it: a browser sends `Origin` or `Sec-Fetch-Site` with a
 * page's requests, and a page that rebinds its own name to this machine sends that name as `Host`. Programs send
 * neither.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { Refusal } from './refusal.ts';

export interface GuardOptions {
  /** Key that every request must carry as `X-API-Key`; null on a server that only this machine can reach. */
  key: string | null;
  /** Names, besides IP addresses and `localhost`, under which clients reach the server. */
  hosts: readonly string[];
  /** Whether the server has pages for browsers: requests of its own pages are answered. */
  browser?: boolean;
}

/** The headers that the guard reads; names are lower case. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Throws Refusal if the request must not be answered: 421 for its `Host`, 403 for a web page, 401 for its key. */
export function checkCaller(headers: Headers, { key, hosts, browser = false }: GuardOptions): void {
  const host = nameOfHost(headers.host);
  if (host === null || !isKnownHost(host, hosts)) {
    throw new Refusal(421, 'This server does not answer under that host name. Start it with --allow-host NAME.');
  }
  if (isOfPage(headers) && !(browser && isOfOwnPage(headers))) {
    throw new Refusal(403, 'Requests of web pages are refused.');
  }
  if (key !== null && !sameText(headers['x-api-key'], key)) {
    throw new Refusal(401, 'The key is missing or wrong. Send the key of the server as X-API-Key.');
  }
}

function isOfPage({ origin, 'sec-fetch-site': site }: Headers): boolean {
  return origin !== undefined || (site !== undefined && site !== 'none');
}

function isOfOwnPage({ host, origin, 'sec-fetch-site': site }: Headers): boolean {
  if (site !== undefined && site !== 'same-origin') return false;
  return origin === undefined || origin === `http://${String(host)}`;
}

/** Returns whether an address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** An IP address cannot be rebound: only names can. */
function isKnownHost(host: string, hosts: readonly string[]): boolean {
  return host === 'localhost' || isIP(host) !== 0 || hosts.some((name) => name.toLowerCase() === host);
}

/** Returns the name in a `Host` header, without its port; null if there is not exactly one well-formed header. */
function nameOfHost(header: string | string[] | undefined): string | null {
  const match = typeof header === 'string' ? /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(header) : null;
  return (match?.[1] ?? match?.[2])?.toLowerCase() ?? null;
}

/** Compares without telling by its duration how much is equal. */
function sameText(given: string | string[] | undefined, wanted: string): boolean {
  if (typeof given !== 'string') return false;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
