/** Runs the compiled program in its own process and measures its peak memory. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ended, type ProgramOptions, ROOT, rzero } from '../../test/fixtures/program.ts';

/** Arguments of node that run the compiled program, and write its peak memory at its end. */
export const MEASURED_PROGRAM: readonly string[] = [
  '--import',
  new URL('usage-at-exit.mjs', import.meta.url).href,
  join(ROOT, 'dist/cli/main.js'),
];

/** Runs the program to its end, in the root of this repository. `folder` takes its scratch files. Throws if it fails. */
export async function measuredRun(
  parameters: readonly string[],
  folder: string,
  onLine?: ProgramOptions['onLine'],
): Promise<{ ended: Ended; peakBytes: number }> {
  const usage = join(folder, 'usage.json');
  const env = { USAGE_FILE: usage };
  const ended = await rzero(parameters, { cwd: ROOT, program: MEASURED_PROGRAM, env, onLine });
  if (ended.code !== 0) throw new Error(ended.err);
  const { peakBytes }: { peakBytes: number } = JSON.parse(readFileSync(usage, 'utf8'));
  return { ended, peakBytes };
}
