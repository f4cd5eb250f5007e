/**
 * The engine's side of its connection to the main thread: a worker thread, or a process of its own. `engine-host.ts` is
 * the other side.
 */

import { parentPort, workerData } from 'node:worker_threads';

import type { AbortMessage, Reply, Request, WorkerStart } from './protocol.ts';

export interface Channel {
  /** Resolves to what the engine starts with. */
  start: Promise<WorkerStart>;
  listen(receive: (message: Request | AbortMessage) => void): void;
  post(reply: Reply): void;
}

/** What a process is sent first. */
export interface StartMessage {
  start: WorkerStart;
}

export function openChannel(): Channel {
  return parentPort === null ? processChannel() : threadChannel(parentPort);
}

function threadChannel(port: NonNullable<typeof parentPort>): Channel {
  const start: WorkerStart = workerData;
  return {
    start: Promise.resolve(start),
    listen: (receive) => void port.on('message', receive),
    post: (reply) => port.postMessage(reply),
  };
}

function processChannel(): Channel {
  // A terminal sends its signals to the whole group of processes. The main process decides when the engine ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.on('disconnect', () => process.exit(0));
  const waiting: (Request | AbortMessage)[] = [];
  let receive = (message: Request | AbortMessage): void => void waiting.push(message);
  const start = new Promise<WorkerStart>((resolve) => {
    process.on('message', (message: StartMessage | Request | AbortMessage) => {
      if ('start' in message) resolve(message.start);
      else receive(message);
    });
  });
  return {
    start,
    listen: (handler) => {
      receive = handler;
      for (const message of waiting.splice(0)) handler(message);
    },
    post: (reply) => void process.send?.(reply),
  };
}
