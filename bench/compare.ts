/**
 * Compares the engine's latest results with the committed baseline; fails if a ratio fell by more than a
 * fifth.
 *
 *     npm run bench:engine && npm run bench:compare
 */

import { compareResults, type EngineResults } from './lib/engine-results.ts';
import { readResult } from './lib/results.ts';

const baseline = readResult<EngineResults>('engine.baseline');
const now = readResult<EngineResults>('engine');
if (baseline === null || now === null) {
  process.stderr.write('Nothing to compare: run `npm run bench:engine -- --baseline` first.\n');
  process.exitCode = 2;
} else {
  const found = compareResults(baseline, now);
  for (const { name, baseline: before, now: value, fell } of found) {
    process.stdout.write(`${fell ? 'FELL  ' : 'ok    '} ${name}: ${before.toFixed(2)} → ${value.toFixed(2)}\n`);
  }
  process.exitCode = found.some(({ fell }) => fell) ? 1 : 0;
}
