/**
 * Where an endpoint is: the base URL that requests go to, and the form of it that may be shown. Passwords and
 * query values are for the server only.
 */

import { ConfigError } from '../../errors.ts';
import { quoteLine } from '../../text/visible.ts';

export interface Address {
  /** Without query and closing slash, e.g. `http://localhost:8000/v1`. */
  base: string;
  /** Goes behind every path; empty or `?…`. */
  query: string;
  /** Named behind `#`, which no server ever sees. */
  model: string | null;
  /** For names and errors: no user, no password, no query values. */
  shown: string;
  /** `Authorization` made of the URL's own user and password. */
  basic: string | null;
  /** Texts that no error may repeat. */
  secrets: string[];
}

const ADVICE = 'Give an address such as http://localhost:8000/v1, with #MODEL behind it to name a model.';

/**
 * An address as a user writes it: with or without `/v1`, with the whole path of a chat request, with a model
 * behind `#`. A ConfigError never repeats the text, which may hold a password.
 */
export function parseAddress(text: string): Address {
  const url = parseUrl(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new ConfigError(`An endpoint speaks http or https, not ${quoteLine(url.protocol, 20)}.`, ADVICE);
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

/** An address as names, reports and stores may hold it: without password and query values, with the model. */
export function shownAddress(text: string): string {
  const { shown, model } = parseAddress(text);
  return model === null ? shown : endpointName(shown, model);
}

/** A model behind an address that may be shown. */
export function endpointName(shown: string, model: string): string {
  return `${shown}#${quoteLine(model, 200)}`;
}

/** Scheme, host and port: whom a key is for. ConfigError as `parseAddress` has it. */
export function originOf(text: string): string {
  return new URL(parseAddress(text).base).origin;
}

/** An http or https address, as opposed to a folder or the name of a run. */
export function isAddress(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new ConfigError('The address of the endpoint is no URL.', ADVICE);
  }
}

/** Percent-decoded where that is possible. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
