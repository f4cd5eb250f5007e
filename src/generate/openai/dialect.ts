/**
 * The settings that a server supports. It starts with all of them. When the server rejects a setting by name, the
 * setting is left out from then on. Every such change is recorded in a note, because it may affect the measurement.
 */

import type { Complaint } from './words.ts';

export interface Dialect {
  /** `top_k` is not part of OpenAI's API; vLLM, llama.cpp and others support it. */
  topK: boolean;
  /** The same for `min_p`. */
  minP: boolean;
  seed: boolean;
  /** Newer OpenAI models require the second name. */
  limit: 'max_tokens' | 'max_completion_tokens';
  /** Maximum number of replies per request (`n`). */
  repliesPerRequest: number;
}

export function widestDialect(): Dialect {
  return { topK: true, minP: true, seed: true, limit: 'max_tokens', repliesPerRequest: Infinity };
}

/** Status codes of servers that reject a parameter; older llama.cpp used 500. */
const STATUSES = new Set([400, 422, 500, 501]);
const SINGLE = /\bonly one completion\b|['"`]n['"`]|\bparameter n\b|\bn (?:must|should|has to|>|is not)/i;

/**
 * Updates `dialect` from a rejected request that was sent with `sent`. Returns null if the error names no setting that
 * can be left out. Otherwise the request should be sent again, and the returned text is a note; it is empty if another
 * request already caused the change.
 */
export function narrow(
  dialect: Dialect,
  sent: Readonly<Dialect>,
  body: object,
  { status, complaint }: { status: number; complaint: Complaint },
): string | null {
  if (!STATUSES.has(status)) return null;
  const { message, parameters } = complaint;
  const elsewhere = parameters.some((name) => Object.hasOwn(body, name));
  const names = (name: string): boolean =>
    Object.hasOwn(body, name) && (parameters.includes(name) || (!elsewhere && message.includes(name)));
  if (names('top_k') && sent.topK) {
    const known = !dialect.topK;
    dialect.topK = false;
    return known ? '' : 'The server does not support top_k: it is left out, and samples are drawn from all tokens.';
  }
  if (names('min_p') && sent.minP) {
    const known = !dialect.minP;
    dialect.minP = false;
    return known ? '' : 'The server does not support min_p: it is left out, and samples are drawn from all tokens.';
  }
  if (names('max_tokens') && sent.limit === 'max_tokens' && message.includes('max_completion_tokens')) {
    dialect.limit = 'max_completion_tokens';
    return '';
  }
  if (names('seed') && sent.seed) {
    const known = !dialect.seed;
    dialect.seed = false;
    return known ? '' : 'The server does not support a seed: samples cannot be reproduced.';
  }
  if (Object.hasOwn(body, 'n') && (parameters.includes('n') || (!elsewhere && SINGLE.test(message)))) {
    dialect.repliesPerRequest = 1;
    return '';
  }
  return null;
}
