/**
 * What this server was found not to understand. It starts out as the widest dialect and only ever narrows, each
 * time because the server named what it refuses; each narrowing is told in a note, since it may change what is
 * measured.
 */

import type { Complaint } from './words.ts';

export interface Dialect {
  /** `top_k` is no part of OpenAI's API; vLLM, llama.cpp and others take it. */
  topK: boolean;
  /** Likewise `min_p`. */
  minP: boolean;
  seed: boolean;
  /** Newer OpenAI models want the second. */
  limit: 'max_tokens' | 'max_completion_tokens';
  /** Most replies that one request yields, as `n`. */
  repliesPerRequest: number;
}

export function widestDialect(): Dialect {
  return { topK: true, minP: true, seed: true, limit: 'max_tokens', repliesPerRequest: Infinity };
}

/** Servers tell parameters that they refuse with these; llama.cpp once used 500. */
const STATUSES = new Set([400, 422, 500, 501]);
const SINGLE = /\bonly one completion\b|['"`]n['"`]|\bparameter n\b|\bn (?:must|should|has to|>|is not)/i;

/**
 * Narrows `dialect` by a refusal of a request that was sent in `sent`. Null: the refusal names nothing that
 * could be left out. Else the request should be sent again; the text is a note, empty when somebody else's
 * request already led there.
 */
export function narrow(
  dialect: Dialect,
  sent: Readonly<Dialect>,
  body: object,
  status: number,
  complaint: Complaint,
): string | null {
  if (!STATUSES.has(status)) return null;
  const { message, parameters } = complaint;
  const elsewhere = parameters.some((name) => Object.hasOwn(body, name));
  const names = (name: string): boolean =>
    Object.hasOwn(body, name) && (parameters.includes(name) || (!elsewhere && message.includes(name)));
  if (names('top_k') && sent.topK) {
    const known = !dialect.topK;
    dialect.topK = false;
    return known ? '' : 'The server does not know top_k: it is left out, and samples come from all tokens.';
  }
  if (names('min_p') && sent.minP) {
    const known = !dialect.minP;
    dialect.minP = false;
    return known ? '' : 'The server does not know min_p: it is left out, and samples come from all tokens.';
  }
  if (names('max_tokens') && sent.limit === 'max_tokens' && message.includes('max_completion_tokens')) {
    dialect.limit = 'max_completion_tokens';
    return '';
  }
  if (names('seed') && sent.seed) {
    const known = !dialect.seed;
    dialect.seed = false;
    return known ? '' : 'The server takes no seed: samples cannot be drawn again.';
  }
  if (Object.hasOwn(body, 'n') && (parameters.includes('n') || (!elsewhere && SINGLE.test(message)))) {
    dialect.repliesPerRequest = 1;
    return '';
  }
  return null;
}
