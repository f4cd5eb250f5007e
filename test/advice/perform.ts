/** Runs the program's commands for the cases of `cases/`, in this process or in one of their own. */

import { join } from 'node:path';
import { RzeroError } from '../../src/errors.ts';
import type { Io } from '../../src/cli/io.ts';
import { plainPalette } from '../../src/cli/render/palette.ts';
import { type Ended, lastLine, type ProgramOptions, rzero } from '../fixtures/program.ts';

/** What a command printed, and its exit code. */
export interface Printed {
  code: number;
  out: string;
  err: string;
}

/** Runs the `run` function of a file of `src/cli/commands/` in this process, with runs in `place/runs`. */
export async function perform<Flags>(
  run: (flags: Flags, io: Io, argument?: string) => Promise<number>,
  flags: Flags & { runsDir?: string },
  place: string,
  argument?: string,
): Promise<Printed> {
  let [out, err] = ['', ''];
  const runsDir = join(place, 'runs');
  const io: Io = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    terminal: false,
    live: false,
    palette: plainPalette,
    program: 'rzero',
    runsDir,
    columns: () => 100,
    now: () => performance.now() / 1000,
  };
  // No advice is about the page next to a run, whose thread would start for each of them.
  const code = await run({ runsDir, page: false, ...flags }, io, argument);
  return { code, out, err };
}

/** Runs the program in a process of its own. Throws the error that it prints. */
export async function succeed(words: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  const ended = await rzero(words, options);
  if (ended.code === 0) return ended;
  const message = ended.err.slice(ended.err.indexOf('error ') + 'error '.length).trimEnd();
  const advice = lastLine(message);
  throw new RzeroError('printed', message.slice(0, -advice.length).trimEnd(), advice);
}
