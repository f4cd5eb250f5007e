/** Reads the error message of a server in the usual formats, truncated, escaped and without secrets. */

import { quoteLine } from '../../text/visible.ts';

const LIMIT = 300;

export interface Complaint {
  /** One escaped line for an error; empty if the body has no message. */
  words: string;
  /** The same, longer and unescaped, to search for names; never shown. */
  message: string;
  /** Parameters that the body names as the cause, e.g. `top_k`. */
  parameters: string[];
  /** Machine-readable code, e.g. `insufficient_quota`; empty if there is none. */
  code: string;
}

/** Reads an error body: OpenAI's `error`, FastAPI's `detail`, a bare `message`, or any text. */
export function readComplaint(body: string, secrets: readonly string[]): Complaint {
  const json = parse(body);
  const error = field(json, 'error') ?? json;
  const details = asList(field(json, 'detail'));
  const said =
    text(field(error, 'message')) ??
    text(error) ??
    text(field(json, 'message')) ??
    text(field(json, 'detail')) ??
    details.map((detail) => text(field(detail, 'msg')) ?? '').join('; ');
  const parameters = [
    text(field(error, 'param')),
    ...details.map((detail) => text(asList(field(detail, 'loc')).at(-1))),
  ].filter((name) => name !== null);
  const message = (said === '' ? body : said).slice(0, 4000);
  return {
    words: quoteLine(withoutSecrets(message, secrets), LIMIT),
    message,
    parameters,
    code: text(field(error, 'code')) ?? text(field(error, 'type')) ?? '',
  };
}

/**
 * Replaces every secret by `[secret]`, because servers may repeat a rejected key. Secrets shorter than `shortest` stay:
 * they are placeholders (`x`, `none`) that occur in ordinary text.
 */
export function withoutSecrets(text: string, secrets: readonly string[], shortest = 4): string {
  return secrets
    .filter((secret) => secret.length >= shortest)
    .sort((a, b) => b.length - a.length)
    .reduce((out, secret) => out.replaceAll(secret, '[secret]'), text);
}

/** Returns a property of an object, or undefined. Own properties only, because JSON may contain `constructor`. */
export function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

export function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
