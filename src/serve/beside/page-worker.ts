/** Thread that serves the page next to a run. It only reads the files of the run; the thread of the run never waits for it. */

import { setPriority } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../errors.ts';
import { runFolder } from '../../view/folder-source.ts';
import { openPageServer } from '../open-page.ts';
import { Streams } from '../page/live/streams.ts';
import type { PageWorkerStart, ToHost, ToWorker } from './page-thread.ts';

/** Milliseconds in which readers get the last events of the run. */
const LAST_EVENTS_MS = 400;
const CLOSE_MS = 200;
const NICE = 10;

const post = (message: ToHost): void => parentPort?.postMessage(message);

// On Linux this is the priority of this thread alone; elsewhere it would be that of the run, too.
if (process.platform === 'linux') {
  try {
    setPriority(NICE);
  } catch {
    // A sandbox may forbid it: the page works all the same.
  }
}

const { runsDir, run } = workerData as PageWorkerStart;
const streams = new Streams();

async function open(): Promise<void> {
  const dir = runFolder(runsDir, run);
  const server = await openPageServer({ runsDir, streams, about: { run } });
  parentPort?.on('message', (message: ToWorker) => {
    if (message.type === 'pass') streams.pass(dir, message.event);
    else void close(server);
  });
  post({ type: 'open', url: server.url });
}

async function close(server: Awaited<ReturnType<typeof openPageServer>>): Promise<void> {
  if (streams.size > 0) await pause(LAST_EVENTS_MS);
  await server.close(CLOSE_MS);
  parentPort?.close();
}

open().catch((error: unknown) => post({ type: 'failed', message: messageOf(error) }));
