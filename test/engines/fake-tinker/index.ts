/**
 * A fast fake of a Tinker service, for measurements of the client: real HTTP, the whole wire, and hardly a model. It runs
 * in a process of its own, so its processor time and memory are not the client's. Texts that end a completion are ignored,
 * since it has no tokenizer. Start here; `service.ts` has the routes, `model.ts` what it learns, `sampling.ts` what it says.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DEFAULTS } from './options.ts';
import type { FakeOptions } from './options.ts';

export type { FakeOptions } from './options.ts';

export interface FakeTinker {
  url: string;
  pid: number;
  close(): Promise<void>;
}

/** Starts a fake service on this machine. Throws if its process ends before it listens. */
export async function startFakeTinker(options: Partial<FakeOptions> = {}): Promise<FakeTinker> {
  const child = fork(
    fileURLToPath(new URL('./main.ts', import.meta.url)),
    [JSON.stringify({ ...DEFAULTS, ...options })],
    {
      execArgv: ['--import', 'tsx'],
    },
  );
  const ended = once(child, 'exit');
  const first = await Promise.race([once(child, 'message'), ended.then(([code]) => Number(code))]);
  if (typeof first === 'number') throw new Error(`the fake service ended with code ${first}`);
  return {
    url: String(first[0]),
    pid: child.pid ?? 0,
    close: async () => {
      child.disconnect();
      await ended;
    },
  };
}
