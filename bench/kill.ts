/**
 * Sends `kill -9` at random moments of a short run on the local engine. Every resumed run must end with the
 * same bits as the undisturbed one (weights, questions, attempts, labels, rollouts, metrics, scores). One
 * kill per trial.
 *
 *     npm run bench:kill -- --kills 20
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { shortHash } from '../src/ablate/key.ts';
import { remains } from '../src/loop/loop.contract.ts';
import { Random } from '../src/random.ts';
import { openRun } from '../src/store/sqlite.ts';
import type { Cursor } from '../src/types.ts';
import { ROOT, rzero } from '../test/fixtures/program.ts';
import { onlyRun, setFlags, SHORT_RUN } from '../test/fixtures/short-run.ts';
import { drawMoment, type Moment } from './lib/moments.ts';
import { logProgress } from './lib/play.ts';
import { commandOf, provenance, RUNS, writeResult } from './lib/results.ts';

interface Trial extends Moment {
  /** Position of the run when it was killed. */
  cursor: Cursor;
  /** Parts that differ from the undisturbed run; expected to be empty. */
  differences: string[];
}

const { values: options } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    /** 0: all cores, the default for users. */
    threads: { type: 'string', default: '0' },
    model: { type: 'string', default: 'models/arith-base' },
  },
});
const dials = { ...SHORT_RUN, model: options.model, engine: { threads: Number(options.threads) } };
const root = join(RUNS, 'kill');
rmSync(root, { recursive: true, force: true });

async function undisturbed(): Promise<{ parts: Map<string, string>; times: number[] }> {
  const runsDir = join(root, 'undisturbed');
  const times: number[] = [];
  const ended = await rzero(evolveIn(runsDir), { cwd: ROOT, onLine: () => times.push(performance.now()) });
  if (ended.code !== 0) throw new Error(ended.err);
  return { parts: partsOf(onlyRun(runsDir)), times };
}

function evolveIn(runsDir: string): string[] {
  return ['evolve', ...setFlags(dials), '--runs-dir', runsDir, '--json'];
}

/** Hashes everything that a run stores, by part. Its name and timestamps are excluded. */
function partsOf(dir: string): Map<string, string> {
  const store = openRun(dir, { readOnly: true });
  try {
    const { summary, ...rest } = remains(store);
    const parts = { ...rest, summary: { ...Object(summary), runId: '' } };
    return new Map(Object.entries(parts).map(([name, value]) => [name, shortHash(JSON.stringify(value))]));
  } finally {
    store.close();
  }
}

/** Returns null if the run ended before the kill. */
async function tryMoment(moment: Moment, parts: Map<string, string>, runsDir: string): Promise<Trial | null> {
  let event = -1;
  const killed = await rzero(evolveIn(runsDir), {
    cwd: ROOT,
    onLine: (_, program) => {
      if (++event === moment.event) setTimeout(() => program.kill('SIGKILL'), moment.delay);
    },
  });
  if (killed.signal !== 'SIGKILL') return null;
  const dir = onlyRun(runsDir);
  const store = openRun(dir, { readOnly: true });
  const cursor = store.cursor();
  store.close();
  const resumed = await rzero(['resume', dir, '--json'], { cwd: ROOT });
  const found = resumed.code === 0 ? partsOf(dir) : new Map([['exit', resumed.err]]);
  const differences = [...new Set([...parts.keys(), ...found.keys()])].filter(
    (name) => parts.get(name) !== found.get(name),
  );
  return { ...moment, cursor, differences };
}

const { parts, times } = await undisturbed();
logProgress(`undisturbed: ${times.length} events in ${((times[times.length - 1] - times[0]) / 1000).toFixed(1)} s`);
const random = new Random(Number(options.seed));
const trials: Trial[] = [];
const kills = Number(options.kills);
while (trials.length < kills) {
  const moment = drawMoment(random, times);
  const runsDir = join(root, `trial-${trials.length + 1}`);
  const trial = await tryMoment(moment, parts, runsDir);
  if (trial === null || trial.differences.length === 0) rmSync(runsDir, { recursive: true, force: true });
  if (trial === null) continue;
  trials.push(trial);
  const { iteration, stage, step } = trial.cursor;
  const verdict =
    trial.differences.length === 0 ? 'identical' : `DIFFERS in ${trial.differences.join(', ')}: ${runsDir}`;
  logProgress(`kill ${trials.length}: at iteration ${iteration} ${stage} step ${step}: ${verdict}`);
  writeResult('kill', { ...provenance(commandOf('bench:kill')), identical: identical(trials), of: kills, trials });
}
process.stdout.write(`${identical(trials)} of ${kills} resumed to the identical result\n`);
process.exitCode = identical(trials) === kills ? 0 : 1;

function identical(some: readonly Trial[]): number {
  return some.filter(({ differences }) => differences.length === 0).length;
}
