/** Reads request bodies within the limits of the shell. */

import type { IncomingMessage } from 'node:http';
import type { Limits } from './limits.ts';
import { Refusal } from './refusal.ts';

/** Reads the body of a request, at most once. */
export class BodyReader {
  #limits: Limits;
  /** Bytes of the bodies in progress. */
  #held = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /**
   * Passes the body of a request to `use`, and counts its bytes until `use` has ended. Throws Refusal: 413 for a body
   * that is too large, 429 while too many are in progress, 400 for one that is cut off.
   */
  async read<T>(request: IncomingMessage, use: (body: Buffer) => Promise<T> | T): Promise<T> {
    const limit = this.#limits.bodyBytes;
    const declared = Number(request.headers['content-length'] ?? 0);
    if (declared > limit) throw tooLarge(limit);
    let counted = 0;
    try {
      const chunks: Buffer[] = [];
      let size = 0;
      const count = (bytes: number): void => {
        if (this.#held + bytes > this.#limits.bodiesBytes) throw busy();
        counted += bytes;
        this.#held += bytes;
      };
      count(declared);
      for await (const chunk of request) {
        chunks.push(chunk);
        size += chunk.length;
        if (size > limit) throw tooLarge(limit);
        if (size > counted) count(size - counted);
      }
      if (!request.complete) throw new Refusal(400, 'The body of the request was cut off.');
      return await use(Buffer.concat(chunks));
    } finally {
      this.#held -= counted;
    }
  }
}

function tooLarge(limit: number): Refusal {
  // The rest of the body is not read, so the connection cannot be used again.
  return new Refusal(413, `The body is larger than ${limit} bytes. Split the batch into smaller requests.`, {
    Connection: 'close',
  });
}

function busy(): Refusal {
  return new Refusal(429, 'The server is receiving too many requests at once. Repeat the request.', {
    'Retry-After': '1',
    Connection: 'close',
  });
}
