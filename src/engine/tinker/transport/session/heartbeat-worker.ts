/** The thread that keeps sessions alive (`heartbeat.ts`). It has its own event loop: a busy main thread cannot stop it. */

import { parentPort, workerData } from 'node:worker_threads';

import type { FromHeartbeat, HeartbeatStart, ToHeartbeat } from './heartbeat.ts';

/** A heartbeat is never repeated; the next one comes soon enough. */
const TIMEOUT_MS = 10_000;

const { url, everyMs } = workerData as HeartbeatStart;
let sessions: readonly string[] = [];
let credential: string | null = null;

parentPort?.on('message', (message: ToHeartbeat) => {
  if (message.sessions !== undefined) sessions = message.sessions;
  if (message.credential !== undefined) credential = message.credential;
});

function report(message: FromHeartbeat): void {
  parentPort?.postMessage(message);
}

async function beat(session: string): Promise<void> {
  try {
    const answer = await fetch(`${url}/api/v1/session_heartbeat`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(credential === null ? {} : { 'x-api-key': credential }),
      },
      body: JSON.stringify({ session_id: session, type: 'session_heartbeat' }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await answer.arrayBuffer();
    report({ session, status: answer.status });
  } catch {
    report({ session, status: null });
  }
}

setInterval(() => {
  for (const session of sessions) void beat(session);
}, everyMs);
