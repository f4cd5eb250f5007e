/**
 * Holds the memory forecast of a run against its measured peak: `evolve` of the compiled program with the shipped base,
 * in its own process, at the scales tiny and small. The time of the runs does not matter, so the machine may be busy.
 *
 *     npm run bench:memory
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, rzero } from '../test/fixtures/program.ts';
import { atLeast, atMost, checkLines } from './lib/checks.ts';
import { measuredRun, MEASURED_PROGRAM } from './lib/measured-run.ts';
import type { MemoryRow } from './lib/memory-row.ts';
import { commandOf, provenance, writeResult } from './lib/results.ts';

/** Largest difference between forecast and measurement, as a share of the measurement. */
const TOLERANCE = 0.15;

const { values: options } = parseArgs({
  options: { scales: { type: 'string', default: 'tiny,small' }, seed: { type: 'string', default: '1' } },
});
const root = mkdtempSync(join(tmpdir(), 'rzero-memory-'));
const rows: MemoryRow[] = [];
try {
  for (const scale of options.scales.split(',')) rows.push(await measure(scale));
} finally {
  rmSync(root, { recursive: true, force: true });
}
const checks = rows.flatMap(({ scale, ratio }) => [
  atLeast(`forecast / measurement, ${scale}`, ratio, 1 - TOLERANCE),
  atMost(`forecast / measurement, ${scale}`, ratio, 1 + TOLERANCE),
]);
const path = writeResult('memory', { ...provenance(commandOf('bench:memory')), rows, checks });
process.stdout.write(`${[...checkLines(checks), `written to ${path}`].join('\n')}\n`);
process.exitCode = checks.every(({ passed }) => passed) ? 0 : 1;

async function measure(scale: string): Promise<MemoryRow> {
  const parameters = ['evolve', '--scale', scale, '--seed', options.seed, '--json'];
  const forecastBytes = await forecast(parameters);
  const { peakBytes } = await measuredRun([...parameters, '--runs-dir', join(root, scale)], root);
  return { scale, forecastBytes, peakBytes, ratio: forecastBytes / peakBytes };
}

async function forecast(parameters: readonly string[]): Promise<number> {
  const { code, out, err } = await rzero([...parameters, '--dry-run'], {
    cwd: ROOT,
    program: MEASURED_PROGRAM.slice(-1),
  });
  if (code !== 0) throw new Error(err);
  const ahead: { forecast: { memory: { bytes: number } } } = JSON.parse(out);
  return ahead.forecast.memory.bytes;
}
