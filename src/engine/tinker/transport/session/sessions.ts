/** Sessions on the service: made when first needed, kept alive, and made again when the service has lost them. */

import { randomUUID } from 'node:crypto';

import { z } from 'zod';

import { parseJson } from '../../../../wire/json/parse.ts';
import type { Caller, InstanceMark } from '../exchange/caller.ts';
import type { AnswerClass } from '../exchange/classify.ts';
import { Heartbeat } from './heartbeat.ts';

/** A version of the SDK whose wire this is; services refuse clients that they find too old. */
export const SDK_VERSION = '0.25.0';

/** One session, with its counters: a number is used once. */
export interface Session {
  readonly id: string;
  /** From 0. */
  models: number;
  /** From 0; sampling sessions and snapshots share it. */
  samplings: number;
}

const HEARTBEAT_TIMEOUT_MS = 10_000;

const created = z.object({ session_id: z.string() });

export class Sessions {
  #caller: Caller;
  #tags: readonly string[];
  #heartbeat: Heartbeat;
  #current: Session | null = null;
  #creating: Promise<Session> | null = null;

  constructor(caller: Caller, options: { tags: readonly string[]; everyMs: number }) {
    this.#caller = caller;
    this.#tags = options.tags;
    const { http, auth } = caller.parts;
    this.#heartbeat = new Heartbeat({ url: http.url, everyMs: options.everyMs }, ({ session, status }) => {
      if (status === 404) this.forget(session);
      // The token may have ended while no call was made that would have renewed it.
      if (status === 401) void auth.renew();
    });
    auth.onChange((credential) => this.#heartbeat.setCredential(credential));
  }

  /** Returns the session, and makes one if there is none. */
  async get(): Promise<Session> {
    if (this.#current !== null) return this.#current;
    this.#creating ??= this.#create().finally(() => {
      this.#creating = null;
    });
    return this.#creating;
  }

  /** Called when the service does not know a session: the next call makes a new one. */
  forget(session: string): void {
    if (this.#current?.id === session) this.#current = null;
    this.#heartbeat.remove(session);
  }

  /**
   * Whether the service is certainly the one that `mark` was taken on: no connection was refused since, and it still
   * knows the session. A restarted service that kept its sessions on disk would pass, but has not kept its models.
   */
  async stillThere(mark: InstanceMark): Promise<boolean> {
    const session = this.#current;
    if (session === null || !this.#caller.sameSince(mark)) return false;
    return (await this.#ask(session)) === 'done' && this.#caller.sameSince(mark);
  }

  /** Whether the service says that it does not know the session. */
  async hasLost(session: Session): Promise<boolean> {
    return (await this.#ask(session)) === 'missing';
  }

  async #ask({ id }: Session): Promise<AnswerClass> {
    const content = JSON.stringify({ session_id: id, type: 'session_heartbeat' });
    const { judgement } = await this.#caller.attempt(
      {
        path: '/api/v1/session_heartbeat',
        body: () => ({ type: 'application/json', content }),
        timeoutMs: HEARTBEAT_TIMEOUT_MS,
        read: () => null,
      },
      { key: randomUUID(), count: 0 },
    );
    return judgement.is;
  }

  async close(): Promise<void> {
    await this.#heartbeat.close();
  }

  async #create(): Promise<Session> {
    const id = await this.#caller.call({
      path: '/api/v1/create_session',
      body: () => ({
        type: 'application/json',
        content: JSON.stringify({
          tags: this.#tags,
          user_metadata: { client: 'rzero' },
          sdk_version: SDK_VERSION,
          type: 'create_session',
        }),
      }),
      read: ({ body }) => created.parse(parseJson(body)).session_id,
    });
    this.#current = { id, models: 0, samplings: 0 };
    this.#heartbeat.add(id);
    return this.#current;
  }
}
