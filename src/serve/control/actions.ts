/** Stops, continues, starts, prunes and deletes runs, as the commands of the terminal do. */

import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { diskUse } from '../../files/folder-size.ts';
import { checkpointsOfRun } from '../../loop/remote/run-checkpoints.ts';
import { freeWeights } from '../../loop/run/free-weights.ts';
import { deleteRun } from '../../store/delete-run.ts';
import { isLocked, lockOwner } from '../../store/lock.ts';
import { Refusal } from '../shell/refusal.ts';
import type { StartSettings } from './settings.ts';

/** A program that was started. */
export interface Started {
  /** File with its output, in the folder of runs. */
  log: string;
}

/** All throw Refusal or StoreError if it cannot be done now. */
export interface Actions {
  /** Asks the process of the run to stop after the current step, as Ctrl-C does. */
  stop(dir: string): Promise<{ stopping: true }>;
  /** Continues a run, to another number of iterations if one is given. */
  resume(dir: string, iterations: number | undefined): Promise<Started>;
  start(settings: StartSettings): Promise<Started>;
  /** Deletes weights that a finished run no longer needs. Returns the freed bytes. */
  prune(dir: string): Promise<{ freed: number }>;
  /** Deletes a run. `name` repeats its name. Returns the freed bytes. */
  remove(dir: string, name: string): Promise<{ freed: number }>;
}

/** Opens the actions. `program`: the command that runs rzero, e.g. node with the path of its script. */
export function openActions(runsDir: string, program: readonly [string, ...string[]]): Actions {
  return {
    async stop(dir) {
      const owner = lockOwner(dir);
      if (owner === null) throw new Refusal(409, 'No process of this machine works on this run.');
      process.kill(owner.pid, 'SIGINT');
      return { stopping: true };
    },
    async resume(dir, iterations) {
      if (isLocked(dir)) throw new Refusal(409, 'The run is going on already.');
      const more = iterations === undefined ? [] : ['--iterations', String(iterations)];
      const id = basename(dir);
      return launch(program, ['resume', id, ...more, '--runs-dir', dirname(dir)], { runsDir, log: `${id}.log` });
    },
    async start(settings) {
      const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
      const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
      return launch(program, ['evolve', ...flags, '--runs-dir', runsDir], { runsDir, log: `started-${time}.log` });
    },
    async prune(dir) {
      await refuseRemote(dir, '--prune');
      return { freed: (await freeWeights(dir)).disk };
    },
    async remove(dir, name) {
      if (name !== basename(dir)) throw new Refusal(400, 'Repeat the name of the run to delete it.');
      await refuseRemote(dir, '--delete');
      const freed = diskUse(dir);
      deleteRun(dir);
      return { freed };
    },
  };
}

/** Checkpoints on a service need a look at what it answers, which a terminal shows. */
async function refuseRemote(dir: string, flag: string): Promise<void> {
  if ((await checkpointsOfRun(dir)) === null) return;
  throw new Refusal(409, `A service keeps checkpoints of this run. Use \`rzero runs ${flag} ${basename(dir)}\`.`);
}

/** Milliseconds in which a program says what is wrong with its start. */
const START_MS = 2500;
const LAST_CHARS = 600;

/** Starts a program that outlives this one, with its output in a file. Throws Refusal if it ends with an error at once. */
async function launch(
  [command, ...before]: readonly [string, ...string[]],
  parameters: readonly string[],
  { runsDir, log }: { runsDir: string; log: string },
): Promise<Started> {
  mkdirSync(runsDir, { recursive: true });
  const path = join(runsDir, log);
  const file = openSync(path, 'a');
  try {
    const child = spawn(command, [...before, ...parameters, '--no-page'], {
      detached: true,
      stdio: ['ignore', file, file],
      env: { ...process.env, NO_COLOR: '1' },
    });
    const failed = new Promise<string | null>((resolve) => {
      child.once('error', ({ message }) => resolve(message));
      child.once('exit', (code) => resolve(code === 0 ? null : readFileSync(path, 'utf8').slice(-LAST_CHARS).trim()));
    });
    const reason = await Promise.race([failed, pause(START_MS, null)]);
    child.unref();
    if (reason !== null) throw new Refusal(409, `The program ended: ${reason}`);
    return { log };
  } finally {
    closeSync(file);
  }
}
