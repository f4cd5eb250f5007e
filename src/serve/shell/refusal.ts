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

/** Returns the response of a refusal: a sentence in the window of a browser that opened an address, else JSON. */
export function refusalFor(request: { header(name: string): string | undefined }, refusal: Refusal): Response {
  if (request.header('sec-fetch-dest') !== 'document') return refusalResponse(refusal);
  const advice =
    refusal.status === 401
      ? '\nOpen the address of this server with its key: /?key=KEY\n(`rzero serve --key KEY`, or RZERO_SERVE_KEY).'
      : '';
  const headers = { ...refusal.headers, 'Content-Type': 'text/plain; charset=utf-8' };
  return new Response(`${refusal.message}${advice}\n`, { status: refusal.status, headers });
}
