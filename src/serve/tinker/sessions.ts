/**
 * Sessions of clients. A session owns models and sampling sessions; when nothing was heard of it for a time, it ends and
 * they are freed. Checkpoints stay.
 */

import { randomUUID } from 'node:crypto';
import { Refusal } from '../shell/refusal.ts';

export interface Session {
  readonly id: string;
  readonly created: string;
  readonly metadata: Record<string, unknown> | null;
  /** Ids of its models and sampling sessions, also of those that are unloaded. */
  readonly models: Set<string>;
  readonly samplers: Set<string>;
  /** Milliseconds of the monotonic clock. */
  heard: number;
}

export class Sessions {
  #sessions = new Map<string, Session>();
  #ended = new Set<string>();
  #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Throws Refusal 429 if there are too many. */
  create(metadata: Record<string, unknown> | null): Session {
    if (this.#sessions.size >= MOST) throw new Refusal(429, 'There are too many sessions.', { 'Retry-After': '10' });
    const session: Session = {
      id: randomUUID(),
      created: new Date().toISOString(),
      metadata,
      models: new Set(),
      samplers: new Set(),
      heard: this.#now(),
    };
    this.#sessions.set(session.id, session);
    return session;
  }

  /** Returns a session and notes that it lives. Throws Refusal: 410 if it has ended, 404 if it never was. */
  touch(id: string): Session {
    const session = this.#sessions.get(id);
    if (session === undefined) {
      const [status, what] = this.#ended.has(id) ? [410, 'has ended'] : [404, 'is not known'];
      throw new Refusal(status, `The session ${what}. Create a session, and load the last saved state.`);
    }
    session.heard = this.#now();
    return session;
  }

  list(): Session[] {
    return [...this.#sessions.values()];
  }

  /** Forgets a session. */
  end(id: string): void {
    if (!this.#sessions.delete(id)) return;
    this.#ended.add(id);
    if (this.#ended.size > REMEMBERED) for (const oldest of this.#ended) return void this.#ended.delete(oldest);
  }

  /** Lists the sessions of which nothing was heard for this long. */
  silentFor(seconds: number): Session[] {
    const before = this.#now() - seconds * 1000;
    return this.list().filter(({ heard }) => heard < before);
  }
}

const MOST = 10_000;
/** Ended sessions that are distinguished from unknown ones. */
const REMEMBERED = 10_000;
