/** The peer of an engine: one thread, started when it is first needed, and again if it has ended. */

import type { PeerStart } from './messages.ts';
import { PeerThread } from './peer-thread.ts';

export class Peer {
  #start: PeerStart;
  #thread: PeerThread | null = null;

  constructor(start: PeerStart) {
    this.#start = start;
  }

  /** Returns the running thread. A new one has no models. */
  thread(): PeerThread {
    if (this.#thread === null || this.#thread.hasEnded) this.#thread = new PeerThread(this.#start);
    return this.#thread;
  }

  async close(): Promise<void> {
    await this.#thread?.end();
    this.#thread = null;
  }
}
