/**
 * Measures what a user waits for: `evolve` of the compiled program at default settings, in its own process.
 * Reports wall time, time to the first output and the first training step, peak memory, and the share of time
 * outside the engine. Run it on an idle machine.
 *
 *     npm run bench:time
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RunEvent } from '../src/events.ts';
import { eventsOf, ROOT, rzero } from '../test/fixtures/program.ts';
import { atLeast, atMost, checkLines } from './lib/checks.ts';
import { measuredRun, MEASURED_PROGRAM } from './lib/measured-run.ts';
import { commandOf, provenance, writeResult } from './lib/results.ts';
import { stageSeconds } from './lib/stage-seconds.ts';

const { values: options } = parseArgs({
  options: { set: { type: 'string', multiple: true, default: [] }, model: { type: 'string' } },
});
const parameters = [
  'evolve',
  ...(options.model === undefined ? [] : ['--model', options.model]),
  ...options.set.flatMap((one) => ['--set', one]),
];
const root = mkdtempSync(join(tmpdir(), 'rzero-time-'));

/** Measures the seconds until the first output. */
async function firstOutput(): Promise<number | null> {
  const start = performance.now();
  let seconds: number | null = null;
  await rzero([...parameters, '--runs-dir', join(root, 'first')], {
    cwd: ROOT,
    program: MEASURED_PROGRAM.slice(-1),
    onLine: (_, child) => {
      seconds ??= (performance.now() - start) / 1000;
      child.kill('SIGKILL');
    },
  });
  return seconds;
}

interface Timed {
  wall: number;
  firstStep: number | null;
  peakBytes: number;
  events: RunEvent[];
}

async function wholeRun(): Promise<Timed> {
  const start = performance.now();
  let firstStep: number | null = null;
  const { ended, peakBytes } = await measuredRun(
    [...parameters, '--runs-dir', join(root, 'whole'), '--json'],
    root,
    (line) => {
      if (line.includes('"type":"step"') && line.includes('"stage":"train-challenger"')) {
        firstStep ??= (performance.now() - start) / 1000;
      }
    },
  );
  const wall = (performance.now() - start) / 1000;
  return { wall, firstStep, peakBytes, events: eventsOf(ended) };
}

const first = await firstOutput();
const { wall, firstStep, peakBytes, events } = await wholeRun();
rmSync(root, { recursive: true, force: true });
const end = events.at(-1);
if (end?.type !== 'run-end') throw new Error('The run did not end.');
const outside = 1 - end.summary.engineSeconds / wall;
const checks = [
  atMost('wall clock, seconds', wall, 360),
  atMost('first output, seconds', first, 3),
  atMost('first training step, seconds', firstStep, 30),
  atMost('peak memory, bytes', peakBytes, 2 * 2 ** 30),
  atMost('share of wall time outside sampling, scoring and training', outside, 0.15),
  atLeast('iterations', end.summary.iterations.length - 1, 1),
];
const path = writeResult('time', {
  ...provenance(commandOf('bench:time')),
  wall,
  first,
  firstStep,
  peakBytes,
  outside,
  stages: stageSeconds(events),
  checks,
});
process.stdout.write(`${[...checkLines(checks), `written to ${path}`].join('\n')}\n`);
process.exitCode = checks.every(({ passed }) => passed) ? 0 : 1;
