/** What a server says about a refusal: looked for in the forms that servers use, bounded, escaped, without secrets. */

import { quoteLine } from '../../text/visible.ts';

const LIMIT = 300;

export interface Complaint {
  /** One harmless line for an error; empty when the body says nothing. */
  words: string;
  /** The same, longer and as it came, for finding names in; never shown. */
  message: string;
  /** Parameters that the body names as the culprits, e.g. `top_k`. */
  parameters: string[];
  /** Machine-readable kind, e.g. `insufficient_quota`; empty when there is none. */
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
 * Every secret as `[secret]`: servers like to repeat the key that they refuse. Shorter ones than `shortest`
 * stay, since they are placeholders (`x`, `none`) that occur in honest text.
 */
export function withoutSecrets(text: string, secrets: readonly string[], shortest = 4): string {
  return secrets
    .filter((secret) => secret.length >= shortest)
    .sort((a, b) => b.length - a.length)
    .reduce((out, secret) => out.replaceAll(secret, '[secret]'), text);
}

/** A property of an object, else undefined. Own properties only: JSON may name `constructor`. */
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
