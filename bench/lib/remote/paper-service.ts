/** The fake service with the texts of the benchmark, in a process of its own, whose processor time can be asked for. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Name of the base model on the service. */
export const SERVED = 'paper/base';

export interface PaperService {
  url: string;
  /** Processor seconds of the service so far. */
  cpuSeconds(): Promise<number>;
  close(): Promise<void>;
}

/** Starts the service for the model in `folder`. */
export async function startPaperService(folder: string): Promise<PaperService> {
  const program = fileURLToPath(new URL('./paper-service-process.ts', import.meta.url));
  const child = fork(program, [folder], { execArgv: ['--import', 'tsx'] });
  const url = String(await answerOf(child));
  return {
    url,
    async cpuSeconds() {
      child.send('cpu');
      return Number(await answerOf(child));
    },
    async close() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the service ended with code ${code}`)));
  const [answer]: unknown[] = await Promise.race([once(child, 'message'), ended]);
  return answer;
}
