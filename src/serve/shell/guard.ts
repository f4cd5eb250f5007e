/**
 * Decides who may talk to the server. A page of another site must not reach it: a browser sends `Origin` or
 * `Sec-Fetch-Site` with a page's requests, and a page that rebinds its own name to this machine sends that name as
 * `Host`. Programs send neither. Next: `key.ts`.
 */

import { isIP } from 'node:net';
import { hasKey } from './key.ts';
import { Refusal } from './refusal.ts';

export interface GuardOptions {
  /** Key that every request must carry; null on a server that only this machine can reach. */
  key: string | null;
  /** Names, besides IP addresses and `localhost`, under which clients reach the server. */
  hosts: readonly string[];
  /** Whether the server has pages for browsers: requests of its own pages are answered, and links to it can be opened. */
  browser?: boolean;
}

/** The headers that the guard reads; names are lower case. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** What a request asks for. */
export interface Target {
  method: string;
  /** Path of the address, without its query. */
  path: string;
}

const UNKNOWN: Target = { method: 'POST', path: '' };

/** Throws Refusal if the request must not be answered: 421 for its `Host`, 403 for a web page, 401 for its key. */
export function checkCaller(headers: Headers, options: GuardOptions, target: Target = UNKNOWN): void {
  checkSite(headers, options, target);
  const { key, browser = false } = options;
  if (key !== null && !hasKey(headers, key, browser)) {
    throw new Refusal(
      401,
      'The key is missing or wrong. Send the key of the server as X-API-Key, or as a Bearer token.',
    );
  }
}

/** Checks all but the key. Throws Refusal 421 or 403. */
export function checkSite(headers: Headers, { hosts, browser = false }: GuardOptions, target: Target): void {
  const host = nameOfHost(headers.host);
  if (host === null || !isKnownHost(host, hosts)) {
    throw new Refusal(421, 'This server does not answer under that host name. Start it with --allow-host NAME.');
  }
  if (!isOfPage(headers)) return;
  if (browser && (isOfOwnPage(headers) || isLink(headers, target))) return;
  throw new Refusal(403, 'Requests of web pages are refused.');
}

function isOfPage({ origin, 'sec-fetch-site': site }: Headers): boolean {
  return origin !== undefined || (site !== undefined && site !== 'none');
}

/** A page behind a proxy with TLS has the same host under `https`. */
function isOfOwnPage({ host, origin, 'sec-fetch-site': site }: Headers): boolean {
  if (site !== undefined && site !== 'same-origin') return false;
  return origin === undefined || origin === `http://${String(host)}` || origin === `https://${String(host)}`;
}

/** A link on another site may open the page in a window of its own, where that site cannot read or press anything. */
function isLink(headers: Headers, { method, path }: Target): boolean {
  const { origin, 'sec-fetch-mode': mode, 'sec-fetch-dest': destination } = headers;
  const isNavigation = method === 'GET' && mode === 'navigate' && destination === 'document';
  return isNavigation && path === '/' && origin === undefined;
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
