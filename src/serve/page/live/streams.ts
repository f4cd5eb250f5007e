/** The open event streams of a server: who may have one, and what happens to a reader that does not read. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StampedEvent } from '../../../events.ts';
import { Refusal } from '../../shell/refusal.ts';
import { type FeedReader, RunFeed } from './feed.ts';
import { STREAM_LIMITS, type StreamLimits } from './limits.ts';
import { HEARTBEAT, OPENING } from './message.ts';

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
  Connection: 'close',
};

/** Milliseconds in which a reader can read the end of its stream. */
const LAST_READ_MS = 2000;

export class Streams {
  readonly #limits: StreamLimits;
  readonly #feeds = new Map<string, RunFeed>();
  /** Functions that end the open streams. */
  readonly #open = new Set<() => void>();
  readonly #ofClient = new Map<string, number>();

  constructor(limits: Partial<StreamLimits> = {}) {
    this.#limits = { ...STREAM_LIMITS, ...limits };
  }

  /** Number of open streams. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Answers a request with the events of the run in `dir` from number `from` on; 0: with the newest. Throws Refusal 429
   * if too many streams are open.
   */
  start(dir: string, { from, incoming, outgoing }: StreamRequest): void {
    const client = incoming.socket.remoteAddress ?? '';
    this.#admit(client);
    const feed = this.#feedOf(dir);
    const reader = readerOf(outgoing, this.#limits.waitingBytes);
    const end = (): void => reader.end();
    const heartbeat = setInterval(() => reader.send(HEARTBEAT), this.#limits.heartbeatMs);
    const longest = setTimeout(end, this.#limits.longestMs);
    this.#open.add(end);
    this.#ofClient.set(client, (this.#ofClient.get(client) ?? 0) + 1);
    outgoing.once('close', () => {
      clearInterval(heartbeat);
      clearTimeout(longest);
      this.#open.delete(end);
      this.#leave(client);
      feed.remove(reader);
      if (feed.size === 0) this.#drop(dir, feed);
    });
    outgoing.writeHead(200, HEADERS);
    reader.send(OPENING);
    feed.add(reader, from);
  }

  /** Passes on an event that is not logged, to the readers of the run in `dir`. */
  pass(dir: string, event: StampedEvent): void {
    this.#feeds.get(dir)?.pass(event);
  }

  close(): void {
    for (const feed of this.#feeds.values()) feed.close();
    for (const end of this.#open) end();
  }

  #admit(client: string): void {
    const { streams, streamsOfClient } = this.#limits;
    if (this.#open.size < streams && (this.#ofClient.get(client) ?? 0) < streamsOfClient) return;
    throw new Refusal(429, 'Too many pages follow runs at once. Close some of them.', { 'Retry-After': '10' });
  }

  #leave(client: string): void {
    const left = (this.#ofClient.get(client) ?? 1) - 1;
    if (left === 0) this.#ofClient.delete(client);
    else this.#ofClient.set(client, left);
  }

  #feedOf(dir: string): RunFeed {
    const known = this.#feeds.get(dir);
    if (known !== undefined && !known.isClosed) return known;
    const feed = new RunFeed(dir, this.#limits);
    this.#feeds.set(dir, feed);
    return feed;
  }

  #drop(dir: string, feed: RunFeed): void {
    feed.close();
    if (this.#feeds.get(dir) === feed) this.#feeds.delete(dir);
  }
}

export interface StreamRequest {
  from: number;
  incoming: IncomingMessage;
  outgoing: ServerResponse;
}

/**
 * Writes to a connection while its reader keeps up. Nothing waits for a reader: one that lets too much wait loses its
 * connection, and finds the newest events when it comes back.
 */
function readerOf(outgoing: ServerResponse, waitingBytes: number): FeedReader {
  return {
    send: (text) => {
      if (outgoing.destroyed || outgoing.writableEnded) return;
      if (outgoing.writableLength > waitingBytes) outgoing.destroy();
      else outgoing.write(text);
    },
    end: () => {
      outgoing.end();
      setTimeout(() => outgoing.destroy(), LAST_READ_MS).unref();
    },
  };
}
