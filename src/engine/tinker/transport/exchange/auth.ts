/** The key of the service, and the short-lived token that some services take in exchange for it. */

import { z } from 'zod';

import type { Clock } from './clock.ts';
import { type HttpClient, HttpFault } from './http.ts';

/** Milliseconds before its end at which a token is renewed. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** With less than this left, calls wait for the new token. */
const MUST_RENEW_MS = 60_000;
const RETRY_MS = 60_000;
/** The same while there is no token at all. */
const MISSING_RETRY_MS = 5000;
const TIMEOUT_MS = 30_000;

const tokenAnswer = z.object({ jwt: z.string() });
const tokenClaims = z.object({ exp: z.number() });

export class Auth {
  #http: HttpClient;
  #clock: Clock;
  #key: string | null;
  #exchange = false;
  #token: { text: string; endsAt: number } | null = null;
  #renewing: Promise<boolean> | null = null;
  #lastTry = -Infinity;
  #watch: (credential: string | null) => void = () => {};

  /** `key` null: the service asks for none. */
  constructor(http: HttpClient, key: string | null, clock: Clock) {
    this.#http = http;
    this.#clock = clock;
    this.#key = key;
  }

  /** From now on the key is exchanged for tokens. */
  useTokens(): void {
    this.#exchange = this.#key !== null;
  }

  /** Calls `watch` with every new credential, and with the present one at once. */
  onChange(watch: (credential: string | null) => void): void {
    this.#watch = watch;
    watch(this.#credential());
  }

  /** Headers that identify the account; renews the token when it is about to end. */
  async headers(): Promise<Record<string, string>> {
    if (this.#exchange) {
      const left = (this.#token?.endsAt ?? -Infinity) - this.#clock.now();
      const idle = this.#clock.now() - this.#lastTry;
      if (left < MUST_RENEW_MS && (idle > MISSING_RETRY_MS || this.#renewing !== null)) await this.renew();
      else if (left < RENEW_BEFORE_MS && idle > RETRY_MS) void this.renew();
    }
    const credential = this.#credential();
    return credential === null ? {} : { 'x-api-key': credential };
  }

  /** Fetches a new token; false if there is none to fetch, or the service gave none. */
  renew(): Promise<boolean> {
    if (!this.#exchange) return Promise.resolve(false);
    this.#renewing ??= this.#fetchToken().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  /** Replaces the key and the token in a text of the service by asterisks. */
  redact(text: string): string {
    let clean = text;
    for (const secret of [this.#key, this.#token?.text])
      if (secret !== undefined && secret !== null && secret !== '') clean = clean.replaceAll(secret, '***');
    return clean;
  }

  #credential(): string | null {
    return this.#token?.text ?? this.#key;
  }

  async #fetchToken(): Promise<boolean> {
    this.#lastTry = this.#clock.now();
    try {
      const answer = await this.#http.send({
        method: 'POST',
        path: '/api/v1/auth/token',
        body: '{}',
        headers: { 'content-type': 'application/json', 'x-api-key': this.#key ?? '' },
        timeoutMs: TIMEOUT_MS,
      });
      if (answer.status !== 200) return false;
      const { jwt } = tokenAnswer.parse(JSON.parse(answer.body.toString('utf8')));
      this.#token = { text: jwt, endsAt: this.#clock.now() + secondsLeft(jwt) * 1000 };
      this.#watch(jwt);
      return true;
    } catch (error) {
      if (error instanceof HttpFault || error instanceof SyntaxError || error instanceof z.ZodError) return false;
      throw error;
    }
  }
}

/** Seconds until a token ends, from its claims. Throws SyntaxError or ZodError if it has none. */
function secondsLeft(jwt: string): number {
  const claims = Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8');
  return tokenClaims.parse(JSON.parse(claims)).exp - Date.now() / 1000;
}
