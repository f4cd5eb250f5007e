/**
 * Starts the engine next to the main thread. On the processor it is a worker thread. On a GPU it is a process of its own:
 * a driver that aborts ends that process only, and a call that it does not finish cannot keep this one.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { constants } from 'node:os';

import { messageOf } from '../../errors.ts';
import { moduleArguments, spawnWorker } from '../../worker-host.ts';
import type { StartMessage } from './channel.ts';
import { closeGateAtExit, createGate } from './native-gate.ts';
import type { AbortMessage, LocalEngineOptions, Reply, Request } from './protocol.ts';

export interface EngineHost {
  post(message: Pick<Request, 'id' | 'name'> | AbortMessage): void;
  /** Ends the engine. Its running call is lost. */
  end(): Promise<void>;
}

export interface HostEvents {
  reply: (reply: Reply) => void;
  /** Called once when the engine has ended, with the reason in a sentence. */
  ended: (reason: string, cause: unknown) => void;
}

const WORKER = new URL('./worker.ts', import.meta.url);
const LONGEST_LOG = 2000;

export function startEngine(options: LocalEngineOptions, events: HostEvents): EngineHost {
  return options.device === 'webgpu' ? inProcess(options, events) : inThread(options, events);
}

function inThread(options: LocalEngineOptions, events: HostEvents): EngineHost {
  const gate = createGate();
  const worker = spawnWorker(WORKER, { workerData: { options, gate } });
  const openAtExit = closeGateAtExit(gate);
  worker.on('message', events.reply);
  worker.on('error', (cause) => events.ended(`The engine stopped with an error: ${messageOf(cause)}.`, cause));
  worker.on('exit', () => {
    openAtExit();
    events.ended('The worker of the engine has ended.', undefined);
  });
  return {
    post: (message) => worker.postMessage(message),
    end: async () => void (await worker.terminate()),
  };
}

function inProcess(options: LocalEngineOptions, events: HostEvents): EngineHost {
  const { path, execArgv } = moduleArguments(WORKER);
  const child = fork(path, [], { execArgv, serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  // What a driver writes would disturb the terminal. The end of it explains a process that ended.
  let log = '';
  child.stderr?.on('data', (data: Buffer) => {
    log = (log + data.toString()).slice(-LONGEST_LOG);
  });
  child.on('message', (reply: Reply) => events.reply(reply));
  child.on('error', (cause) => events.ended(`The engine's process failed: ${messageOf(cause)}.`, cause));
  const closed = new Promise<void>((resolve) => {
    child.on('close', (code, signal) => {
      events.ended(`The engine's process was ended by ${endOf(code, signal)}${lastLine(log)}.`, undefined);
      resolve();
    });
  });
  const start: StartMessage = { start: { options, gate: null } };
  post(child, start);
  return {
    post: (message) => post(child, message),
    end: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

function post(child: ChildProcess, message: StartMessage | Pick<Request, 'id' | 'name'> | AbortMessage): void {
  // A process that has ended reports it by `close`.
  if (child.connected) child.send(message, () => {});
}

function endOf(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exit code ${code}` : `${signal} (${constants.signals[signal]})`;
}

function lastLine(log: string): string {
  const line = log.trim().split('\n').at(-1) ?? '';
  return line === '' ? '' : `: ${line.replace(/\.$/, '')}`;
}
