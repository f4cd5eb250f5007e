/**
 * Answers as server-sent events: one JSON value per event, then `[DONE]`. The stream begins with the first event, so a
 * request that fails before has an error status. A client that has gone aborts its request; one that reads too slowly
 * loses its connection.
 */

import { setMaxListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type ApiError, errorBody } from './errors.ts';

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
};

export class EventStream {
  #outgoing: ServerResponse;
  #waitingBytes: number;

  constructor(outgoing: ServerResponse, waitingBytes: number) {
    this.#outgoing = outgoing;
    this.#waitingBytes = waitingBytes;
  }

  /** Whether an event was sent. */
  get begun(): boolean {
    return this.#outgoing.headersSent;
  }

  send(value: object): void {
    this.#write(JSON.stringify(value));
  }

  /** Ends the stream, after an error if there was one. */
  end(error?: ApiError): void {
    if (error !== undefined) this.send(errorBody(error));
    this.#write('[DONE]');
    this.#outgoing.end();
  }

  #write(data: string): void {
    const outgoing = this.#outgoing;
    if (outgoing.destroyed || outgoing.writableEnded) return;
    if (!outgoing.headersSent) outgoing.writeHead(200, HEADERS);
    if (outgoing.writableLength > this.#waitingBytes) outgoing.destroy();
    else outgoing.write(`data: ${data}\n\n`);
  }
}

/** Returns a signal that is aborted when the client goes away before its answer is complete. */
export function clientSignal(outgoing: ServerResponse): AbortSignal {
  const controller = new AbortController();
  // One request asks the engine many times.
  setMaxListeners(0, controller.signal);
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) controller.abort();
  });
  if (outgoing.destroyed) controller.abort();
  return controller.signal;
}
