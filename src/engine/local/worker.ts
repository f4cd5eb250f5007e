/**
 * The engine's worker, a thread or a process (`channel.ts`). Runs one call at a time, so that the main thread is never
 * blocked.
 */

import { EngineError } from '../../errors.ts';
import { openChannel } from './channel.ts';
import { LocalCore, type CallControl } from './core.ts';
import { reportOf } from './failure.ts';
import type { CallName, Calls, Reply, Request } from './protocol.ts';
import { useGate } from './session.ts';

const PROGRESS_INTERVAL_MS = 100;

const channel = openChannel();
const { options, gate } = await channel.start;
if (gate !== null) useGate(gate);
const core = new LocalCore(options);
const aborted = new Set<number>();
/** Indices of the requests that were aborted, by call. */
const abortedRequests = new Map<number, Set<number>>();
let busySeconds = 0;
let queue: Promise<void> = Promise.resolve();

channel.listen((message) => {
  if (!('abort' in message)) queue = queue.then(() => answer(message));
  else if (message.request === undefined) aborted.add(message.abort);
  else abortRequest(message.abort, message.request);
});

function abortRequest(id: number, request: number): void {
  const requests = abortedRequests.get(id) ?? new Set();
  abortedRequests.set(id, requests.add(request));
}

async function answer(request: Request): Promise<void> {
  const start = performance.now();
  try {
    const result = await call(request.name, request.args, control(request.id));
    busySeconds += (performance.now() - start) / 1000;
    post({ id: request.id, type: 'result', result, busySeconds });
  } catch (error) {
    busySeconds += (performance.now() - start) / 1000;
    post({ id: request.id, type: 'failure', failure: reportOf(error), busySeconds });
  } finally {
    aborted.delete(request.id);
    abortedRequests.delete(request.id);
  }
}

function call<Name extends CallName>(
  name: Name,
  args: Calls[Name]['args'],
  control: CallControl,
): Promise<Calls[Name]['result']> {
  return core.handlers[name](args, control);
}

function control(id: number): CallControl {
  let last = 0;
  return {
    progress: (progress) => {
      const now = performance.now();
      if (now - last < PROGRESS_INTERVAL_MS && progress.done < progress.total) return;
      last = now;
      post({ id, type: 'progress', progress });
    },
    checkAborted: () => {
      if (aborted.has(id)) throw new EngineError('aborted', 'The call was aborted.', 'Start it again if needed.');
    },
    isAborted: (index) => abortedRequests.get(id)?.has(index) ?? false,
    tokens: (drawn) => post({ id, type: 'tokens', drawn }),
  };
}

function post(reply: Reply): void {
  channel.post(reply);
}
