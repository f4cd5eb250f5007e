/**
 * Compares evolutions of the local engine with evolutions on a service: same seeds, same settings.
 *
 *     npx tsx test/interop/compare.ts OUT NAME LOCAL_RUN SERVICE_RUN [LOCAL_RUN SERVICE_RUN …]
 *
 * Each run is a folder with `events.jsonl`. Prints and writes the scores of the base and of the last iteration, the mean
 * gain of each engine over the seeds, and whether the gains' 95 % intervals overlap.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Score {
  value: number;
  low: number;
  high: number;
}

interface Evaluation {
  type: 'evaluation';
  result: { iteration: number; mean: Score; greedy: Score };
}

const [out, name, ...runs] = process.argv.slice(2);
if (out === undefined || name === undefined || runs.length < 2 || runs.length % 2 !== 0) {
  throw new Error('Usage: compare.ts OUT NAME LOCAL_RUN SERVICE_RUN …');
}

async function scoresOf(run: string): Promise<{ seed: number; base: Score; last: Score; iterations: number }> {
  const lines = (await readFile(join(run, 'events.jsonl'), 'utf8')).trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line) as { type: string; seed?: number } | Evaluation);
  const evaluations = events.filter((event): event is Evaluation => event.type === 'evaluation');
  const [base] = evaluations;
  const last = evaluations.at(-1);
  const start = events.find((event) => event.type === 'run-start');
  if (base === undefined || last === undefined || start === undefined || !('seed' in start)) {
    throw new Error(`${run} has no complete run.`);
  }
  if (!events.some((event) => event.type === 'run-end')) throw new Error(`${run} did not end.`);
  return { seed: start.seed ?? 0, base: base.result.mean, last: last.result.mean, iterations: last.result.iteration };
}

/** Mean gain over runs, with the interval that the scores' own intervals give. */
function gainOf(scores: readonly { base: Score; last: Score }[]): Score {
  const value = scores.reduce((sum, { base, last }) => sum + last.value - base.value, 0) / scores.length;
  const half = ({ low, high }: Score): number => (high - low) / 2;
  const spread = Math.sqrt(scores.reduce((sum, { base, last }) => sum + half(base) ** 2 + half(last) ** 2, 0));
  return { value, low: value - spread / scores.length, high: value + spread / scores.length };
}

const local = await Promise.all(runs.filter((_, at) => at % 2 === 0).map(scoresOf));
const service = await Promise.all(runs.filter((_, at) => at % 2 === 1).map(scoresOf));
const gains = { local: gainOf(local), [name]: gainOf(service) };
const [one, other] = Object.values(gains);
const result = {
  date: new Date().toISOString(),
  node: process.version,
  local,
  [name]: service,
  gains,
  overlap: one !== undefined && other !== undefined && one.low <= other.high && other.low <= one.high,
};
const text = `${JSON.stringify(result, null, 2)}\n`;
process.stdout.write(text);
await writeFile(out, text);
if (!result.overlap) process.exitCode = 1;
