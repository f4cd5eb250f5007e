/**
 * Runs ten iterations at default settings and checks for collapse: the held-out score must never fall more
 * than 3 points below its best so far, and at least 90 % of every pool must be valid. An interrupted
 * benchmark resumes when it is started again.
 *
 *     npm run bench:collapse -- --seed 1
 */

import { parseArgs } from 'node:util';
import { percent, table } from '../src/cli/render/format.ts';
import { atLeast, atMost, type Check, checkLines } from './lib/checks.ts';
import { largestFall } from '../src/eval/gains.ts';
import { play } from './lib/play.ts';
import { type IterationReport, reportOf, type RunReport } from './lib/report.ts';
import { commandOf, provenance, writeResult } from './lib/results.ts';

const MOST_FALL = 0.03;
const LEAST_VALID = 0.9;

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    iterations: { type: 'string', default: '10' },
    model: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
    fresh: { type: 'boolean', default: false },
  },
});

function checksOf({ iterations, outcome }: RunReport, planned: number): Check[] {
  const scores = iterations.map(({ evaluation }) => evaluation.mean.value);
  const valid = iterations.slice(1).map(validShare);
  return [
    atLeast(`completed iterations (${outcome})`, iterations.length - 1, planned),
    atMost('largest drop of mean@k below its best so far', largestFall(scores), MOST_FALL),
    atLeast('lowest share of valid questions in a pool', valid.length === 0 ? null : Math.min(...valid), LEAST_VALID),
  ];
}

function validShare({ pool }: IterationReport): number {
  return pool.valid / pool.posed;
}

const { seed, iterations, model } = options;
const { store, ...played } = await play({
  label: `collapse-seed${seed}`,
  config: { seed: Number(seed), iterations: Number(iterations), ...(model === undefined ? {} : { model }) },
  set: options.set,
  fresh: options.fresh,
});
const report = reportOf(store);
store.close();
const checks = checksOf(report, Number(iterations));
const path = writeResult(`collapse-seed${seed}`, {
  ...provenance(commandOf('bench:collapse')),
  seed: Number(seed),
  model: played.model,
  ...report,
  checks,
});
const rows = report.iterations.map((one) => [
  one.iteration === 0 ? 'base' : `iteration ${one.iteration}`,
  percent(one.evaluation.mean.value),
  percent(one.evaluation.forced?.value ?? null),
  one.iteration === 0 ? '—' : percent(validShare(one)),
  percent(one.pool.labels_right ?? null),
  one.pool.difficulty?.toFixed(2) ?? '—',
]);
const lines = table([['', 'mean@k', 'steps forced', 'valid', 'labels right of kept', 'difficulty'], ...rows]);
process.stdout.write(`${[...lines, '', ...checkLines(checks), `written to ${path}`].join('\n')}\n`);
process.exitCode = checks.every(({ passed }) => passed) ? 0 : 1;
