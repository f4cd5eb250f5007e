/** Answers that refuse a request. Every refusal is JSON: `{detail, category}`, which clients of the Tinker wire read. */

/** A request that is refused with an HTTP status. The message is for the caller, and never names files of the server. */
export class Refusal extends Error {
  readonly status: number;
  /** Headers of the answer, such as `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.headers = headers;
  }
}

/** The body of a refusal. */
export function refusalBody(status: number, detail: string): { detail: string; category: 'user' | 'server' } {
  return { detail, category: status >= 500 || status === 429 ? 'server' : 'user' };
}

/** Returns the HTTP response of a refusal. */
export function refusalResponse({ status, message, headers }: Refusal): Response {
  return Response.json(refusalBody(status, message), { status, headers });
}
