/**
 * Ends runs on the local engine by signals at random moments, most of them within native code, and counts how the
 * processes ended. `--signal SIGINT` sends it twice; SIGQUIT ends a process at the first one.
 *
 *     npm run build && npx tsx bench/exits.ts --times 30 --signal SIGQUIT
 *
 * Everything after `--` is passed to `rzero evolve`.
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../src/random.ts';
import { type Ended, ROOT, rzero } from '../test/fixtures/program.ts';
import { logProgress } from './lib/play.ts';
import { RUNS } from './lib/results.ts';

const { values: options, positionals } = parseArgs({
  options: {
    times: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    signal: { type: 'string', default: 'SIGQUIT' },
    /** Latest moment of the first signal, in milliseconds after the first progress. */
    span: { type: 'string', default: '8000' },
  },
  allowPositionals: true,
});
/** Later than the copy of a signal that npm may send. */
const SECOND_MS = 410;
const signal = options.signal === 'SIGINT' ? 'SIGINT' : 'SIGQUIT';
const random = new Random(Number(options.seed));
const root = join(RUNS, 'exits');

async function endedAfter(delay: number, runsDir: string): Promise<Ended & { milliseconds: number }> {
  let armed = false;
  let sent = 0;
  const ended = await rzero(['evolve', '--scale', 'tiny', '--runs-dir', runsDir, '--json', ...positionals], {
    cwd: ROOT,
    program: ['dist/cli/main.js'],
    onLine: (line, program) => {
      if (armed || !line.includes('"progress"')) return;
      armed = true;
      const send = (): void => {
        sent = performance.now();
        program.kill(signal);
      };
      setTimeout(send, delay);
      if (signal === 'SIGINT') setTimeout(send, delay + SECOND_MS);
    },
  });
  return { ...ended, milliseconds: performance.now() - sent };
}

const counts: Record<string, number> = {};
const waits: number[] = [];
for (let at = 0; at < Number(options.times); at++) {
  const runsDir = join(root, String(at));
  const { code, signal: by, milliseconds } = await endedAfter(random.next() * Number(options.span), runsDir);
  rmSync(runsDir, { recursive: true, force: true });
  const how = String(code ?? by);
  counts[how] = (counts[how] ?? 0) + 1;
  waits.push(milliseconds);
  logProgress(`${at + 1}: ${how}, ${Math.round(milliseconds)} ms after the signal`);
}
process.stdout.write(`${JSON.stringify(counts)}, at most ${Math.round(Math.max(...waits))} ms after the signal\n`);
