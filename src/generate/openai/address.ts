/**
 * Parses the address of an endpoint: the base URL of its requests, and a form without secrets to show. Passwords and
 * query values are sent only to the server.
 */

import { ConfigError } from '../../errors.ts';
import { quoteLine } from '../../text/visible.ts';

export interface Address {
  /** Base URL without query and trailing slash, e.g. `http://localhost:8000/v1`. */
  base: string;
  /** Appended to every path; empty or `?…`. */
  query: string;
  /** The model's name after `#`; this part is not sent to the server. */
  model: string | null;
  /** For names and errors, without user, password and query values. */
  shown: string;
  /** `Authorization` header from the URL's user and password. */
  basic: string | null;
  /** Secrets, which errors must not repeat. */
  secrets: string[];
}

const ADVICE = 'Give an address such as http://localhost:8000/v1, followed by #MODEL to name a model.';

/**
 * Parses an address as users write it: with or without `/v1`, with the whole path of a chat request, with a model after
 * `#`. Throws ConfigError, which never repeats the text, because it may contain a password.
 */
export function parseAddress(text: string): Address {
  const url = parseUrl(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new ConfigError(`An endpoint uses http or https, not ${quoteLine(url.protocol, 20)}.`, ADVICE);
  const path = url.pathname.replace(/\/+$/, '').replace(/\/chat\/completions$/, '');
  const base = `${url.origin}${path === '' ? '/v1' : path}`;
  const user = decode(url.username);
  const password = decode(url.password);
  const credentials = Buffer.from(`${user}:${password}`, 'utf8').toString('base64');
  const hasCredentials = user !== '' || password !== '';
  return {
    base,
    query: url.search,
    model: url.hash.length > 1 ? decode(url.hash.slice(1)) : null,
    shown: quoteLine(base, 200) + (url.search === '' ? '' : '?…'),
    basic: hasCredentials ? `Basic ${credentials}` : null,
    secrets: [...(hasCredentials ? [credentials, password, url.password] : []), ...url.searchParams.values()],
  };
}

/** Returns an address to show and store: without password and query values, with the model. */
export function shownAddress(text: string): string {
  const { shown, model } = parseAddress(text);
  return model === null ? shown : endpointName(shown, model);
}

/** Appends the model to an address without secrets. */
export function endpointName(shown: string, model: string): string {
  return `${shown}#${quoteLine(model, 200)}`;
}

/** Returns scheme, host and port, which a key belongs to. Throws ConfigError like `parseAddress`. */
export function originOf(text: string): string {
  return new URL(parseAddress(text).base).origin;
}

/** Returns whether a text is an http or https address, and not a folder or the name of a run. */
export function isAddress(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new ConfigError('The address of the endpoint is not a URL.', ADVICE);
  }
}

/** Percent-decodes a text if possible, otherwise returns it unchanged. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
