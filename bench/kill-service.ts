/**
 * Sends `kill -9` at random moments of a short run on a service: to the client, which is then resumed, or to the
 * server, which is started again at once while the client goes on. Every run must end with the results of the
 * undisturbed one (weights, questions, attempts, labels, rollouts, metrics, scores). One kill per trial.
 *
 *     npm run bench:kill-service -- --kills 20
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { shortHash } from '../src/ablate/key.ts';
import { remains } from '../src/loop/loop.contract.ts';
import { Random } from '../src/random.ts';
import type { RunStore } from '../src/store/store.ts';
import { openRun } from '../src/store/sqlite.ts';
import { ROOT, rzero } from '../test/fixtures/program.ts';
import { onlyRun, setFlags, SHORT_RUN } from '../test/fixtures/short-run.ts';
import { drawMoment, type Moment } from './lib/moments.ts';
import { logProgress } from './lib/play.ts';
import { commandOf, provenance, RUNS, writeResult } from './lib/results.ts';
import { type ServedProcess, startServed } from './lib/served-process.ts';

type Victim = 'client' | 'server';

interface Trial extends Moment {
  victim: Victim;
  /** Parts that differ from the undisturbed run; expected to be empty. */
  differences: string[];
}

const { values: options } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    model: { type: 'string', default: 'models/arith-base' },
    adapt: { type: 'string', default: 'lora' },
  },
});
const PROGRAM = ['dist/cli/main.js'];
const root = join(RUNS, 'kill-service');
rmSync(root, { recursive: true, force: true });

function evolveOn({ url }: ServedProcess, runsDir: string): string[] {
  const dials = {
    ...SHORT_RUN,
    model: options.model,
    adapt: { method: options.adapt, ...(options.adapt === 'lora' ? { rank: 4, alpha: 32 } : {}) },
    engine: { kind: 'tinker', url, model: 'arith-base' },
  };
  return ['evolve', ...setFlags(dials), '--runs-dir', runsDir, '--json'];
}

/** Runs `use` with a server that has an empty folder of checkpoints. */
async function withServer<T>(name: string, use: (server: ServedProcess) => Promise<T>): Promise<T> {
  const server = await startServed({
    model: options.model,
    checkpoints: join(root, `${name}-checkpoints`),
    threads: 1,
  });
  try {
    return await use(server);
  } finally {
    await server.close();
  }
}

/**
 * Hashes everything that a run stores, by part, without its name, its times, and what it used of the service: a
 * repeated request is used twice.
 */
function partsOf(dir: string): Map<string, string> {
  const store = openRun(dir, { readOnly: true });
  try {
    const { summary, metrics, ...rest } = remains(store);
    const kept = (metrics as ReturnType<RunStore['metrics']>).filter(({ name }) => !name.startsWith('usage/'));
    const parts = { ...rest, metrics: kept, summary: { ...Object(summary), runId: '', usage: null } };
    return new Map(Object.entries(parts).map(([name, value]) => [name, shortHash(JSON.stringify(value))]));
  } finally {
    store.close();
  }
}

async function undisturbed(): Promise<{ parts: Map<string, string>; times: number[] }> {
  const runsDir = join(root, 'undisturbed');
  const times: number[] = [];
  return withServer('undisturbed', async (server) => {
    const onLine = (): void => void times.push(performance.now());
    const ended = await rzero(evolveOn(server, runsDir), { cwd: ROOT, program: PROGRAM, onLine });
    if (ended.code !== 0) throw new Error(ended.err);
    return { parts: partsOf(onlyRun(runsDir)), times };
  });
}

/** Returns null if the run ended before the kill. */
async function tryMoment(
  victim: Victim,
  moment: Moment,
  parts: Map<string, string>,
  name: string,
): Promise<Trial | null> {
  const runsDir = join(root, name);
  return withServer(name, async (server) => {
    let event = -1;
    const restarts: Promise<void>[] = [];
    const ended = await rzero(evolveOn(server, runsDir), {
      cwd: ROOT,
      program: PROGRAM,
      onLine: (_, program) => {
        if (++event !== moment.event) return;
        setTimeout(() => {
          if (victim === 'client') program.kill('SIGKILL');
          else restarts.push(server.killAndRestart());
        }, moment.delay);
      },
    });
    await Promise.all(restarts);
    if (victim === 'client' ? ended.signal !== 'SIGKILL' : restarts.length === 0) return null;
    const last =
      victim === 'client'
        ? await rzero(['resume', onlyRun(runsDir), '--json'], { cwd: ROOT, program: PROGRAM })
        : ended;
    const found = last.code === 0 ? partsOf(onlyRun(runsDir)) : new Map([[`exit ${last.code}`, last.err]]);
    const differences = [...new Set([...parts.keys(), ...found.keys()])].filter(
      (part) => parts.get(part) !== found.get(part),
    );
    if (last.code !== 0) process.stderr.write(`${last.err}\n`);
    return { victim, ...moment, differences };
  });
}

const { parts, times } = await undisturbed();
logProgress(`undisturbed: ${times.length} events in ${((times[times.length - 1] - times[0]) / 1000).toFixed(1)} s`);
const random = new Random(Number(options.seed));
const trials: Trial[] = [];
const kills = Number(options.kills);
while (trials.length < 2 * kills) {
  const victim = trials.length % 2 === 0 ? 'client' : 'server';
  const name = `trial-${trials.length + 1}`;
  const trial = await tryMoment(victim, drawMoment(random, times), parts, name);
  const fine = trial === null || trial.differences.length === 0;
  if (fine)
    for (const folder of [name, `${name}-checkpoints`]) rmSync(join(root, folder), { recursive: true, force: true });
  if (trial === null) continue;
  trials.push(trial);
  logProgress(
    `kill ${trials.length} of the ${victim}, ${trial.delay.toFixed(0)} ms after event ${trial.event}: ${fine ? 'identical' : `DIFFERS in ${trial.differences.join(', ')}: ${name}`}`,
  );
  writeResult('kill-service', {
    ...provenance(commandOf('bench:kill-service')),
    identical: { client: identical('client'), server: identical('server') },
    of: kills,
    trials,
  });
}
process.stdout.write(
  `identical results: ${identical('client')} of ${kills} after a kill of the client, ${identical('server')} of ${kills} after a kill of the server\n`,
);
process.exitCode = identical('client') + identical('server') === 2 * kills ? 0 : 1;

function identical(victim: Victim): number {
  return trials.filter((trial) => trial.victim === victim && trial.differences.length === 0).length;
}
