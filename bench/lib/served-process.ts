/** A server of the Tinker wire in a child process, which can be killed and started again at the same address. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ROOT } from '../../test/fixtures/program.ts';

export interface ServedProcess {
  readonly url: string;
  /** `kill -9`, and a new start. Resolves when it answers again. */
  killAndRestart(): Promise<void>;
  close(): Promise<void>;
}

export interface ServedOptions {
  model: string;
  checkpoints: string;
  threads: number;
}

/** Starts `rzero serve --tinker` at a free port. */
export async function startServed(options: ServedOptions): Promise<ServedProcess> {
  let { child, url } = await start(options, 0);
  const port = Number(new URL(url).port);
  return {
    url,
    async killAndRestart() {
      await end(child, 'SIGKILL');
      ({ child, url } = await start(options, port));
    },
    close: () => end(child, 'SIGTERM'),
  };
}

async function start(
  { model, checkpoints, threads }: ServedOptions,
  port: number,
): Promise<{ child: ChildProcess; url: string }> {
  const flags = ['--model', model, '--checkpoints', checkpoints, '--port', String(port), '--json'];
  const child = spawn(
    process.execPath,
    ['dist/cli/main.js', 'serve', '--tinker', ...flags, `--set=engine.threads=${threads}`],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  for await (const line of createInterface({ input: child.stdout })) {
    const { url } = JSON.parse(line) as { url?: string };
    if (url !== undefined) return { child, url };
  }
  throw new Error('The server ended before it printed its address.');
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill(signal);
  await ended;
}
