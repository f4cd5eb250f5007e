/**
 * Evolves a published model with examples/word-problems, with controls, and tests the results: runs by arm and seed,
 * then every model on the tests. What exists in `--out` is kept, so an interrupted benchmark continues.
 *
 *     npm run bench:real-model -- --model FOLDER --out FOLDER --svamp FILE --gsm8k FILE --seeds 1,2,3
 *
 * With `--known`, nothing is run: the result has the runs and evaluations that exist.
 *
 * FOLDER of the model: `test/interop/real-model/make.sh`. Nothing is trained or tuned on SVAMP or GSM8K.
 */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readLog } from '../../src/eval/log/log.ts';
import { listRuns } from '../../src/store/runs.ts';
import { openRun } from '../../src/store/sqlite.ts';
import { ROOT, rzero } from '../../test/fixtures/program.ts';
import type { EvalResult } from '../../src/types.ts';
import { reportOf } from '../lib/report.ts';
import { commandOf, provenance, writeResult } from '../lib/results.ts';
import { type Arm, BASE_ARMS, RUN_ARMS, type Test, TESTS } from './arms.ts';
import { type Gains, gains, type Measured, readScores, type Scores } from './measures.ts';

const EXAMPLE = join(ROOT, 'examples/word-problems');
const { values: options } = parseArgs({
  options: {
    model: { type: 'string' },
    out: { type: 'string' },
    svamp: { type: 'string' },
    gsm8k: { type: 'string' },
    seeds: { type: 'string', default: '1,2,3' },
    known: { type: 'boolean', default: false },
    arms: { type: 'string', default: RUN_ARMS.map(({ name }) => name).join(',') },
  },
});

function given(name: 'model' | 'out'): string {
  const value = options[name];
  if (value === undefined) throw new Error(`--${name} is missing`);
  return resolve(value);
}
const [model, out] = [given('model'), given('out')];
const seeds = options.seeds.split(',').map(Number);
const arms = RUN_ARMS.filter(({ name }) => options.arms.split(',').includes(name));

async function command(parameters: readonly string[]): Promise<void> {
  process.stdout.write(`rzero ${parameters.join(' ')}\n`);
  const { code, err } = await rzero(parameters, { cwd: EXAMPLE });
  if (code !== 0) throw new Error(err);
}

const UNENDED = new Set<string>(['stopped', 'failed', 'crashed', 'unfinished']);

/** Returns the folder of the finished run; makes it first. Null with `--known` if there is none. */
async function playedRun({ name, domain, settings }: Arm, seed: number): Promise<string | null> {
  const runsDir = join(out, `${name}-${seed}`);
  const [known] = existsSync(runsDir) ? listRuns(runsDir) : [];
  const folder = known && join(runsDir, known.id);
  if (options.known) return folder !== undefined && !UNENDED.has(known.outcome) ? folder : null;
  if (folder === undefined) {
    const set = settings.flatMap((setting) => ['--set', setting]);
    const common = ['--config', 'config.toml', '--domain', domain, '--model', model, '--seed', `${seed}`, ...set];
    await command(['evolve', ...common, '--runs-dir', runsDir, '--no-page', '--quiet']);
    return playedRun({ name, domain, settings }, seed);
  }
  if (UNENDED.has(known.outcome)) await command(['resume', folder, '--no-page', '--quiet']);
  return folder;
}

/** The files of the tests that are at hand. */
async function testFiles(): Promise<[Test, string][]> {
  const own = { planted: join(out, 'planted.jsonl'), words: join(out, 'words.jsonl') };
  if (!existsSync(own.planted)) {
    const domain = ['--domain', './word-problems.mjs', '--model', model];
    await command(['finetune', '--data', '200', '--seed', '7', ...domain, '--write', own.planted]);
  }
  if (!existsSync(own.words)) writeFileSync(own.words, await wordsTest());
  const files: Record<string, string | undefined> = { ...own, svamp: options.svamp, gsm8k: options.gsm8k };
  return TESTS.flatMap((test): [Test, string][] => {
    const file = files[test.name];
    return file === undefined ? [] : [[test, resolve(file)]];
  });
}

/** The held-out questions of the domain, of which a run tests some. */
async function wordsTest(): Promise<string> {
  const { heldOut }: { heldOut: { questions(count: number): { text: string; answer: string }[] } } = await import(
    join(EXAMPLE, 'held-out.mjs')
  );
  return heldOut
    .questions(1000)
    .map(({ text, answer }) => `${JSON.stringify({ question: text, answer })}\n`)
    .join('');
}

/** Evaluates a model on one test, unless that was done. Null with `--known` if it was not. */
async function scoresOf(
  who: { label: string; place: string; domain: string },
  [test, file]: [Test, string],
): Promise<ReturnType<typeof readScores> | null> {
  const dir = join(out, 'evals', who.label, test.name);
  if (options.known) return existsSync(join(dir, 'results.json')) ? scoresIn(dir) : null;
  const { questions, samples, maxTokens } = test;
  const sizes = ['--limit', `${questions}`, '--k', `${samples}`, '--max-tokens', `${maxTokens}`];
  const how = ['--domain', who.domain, '--temperature', '0.6', '--seed', '0'];
  mkdirSync(join(out, 'evals', who.label), { recursive: true });
  await command(['eval', '--model', who.place, ...how, '--task', file, ...sizes, '--out', dir]);
  return scoresIn(dir);
}

function scoresIn(dir: string): ReturnType<typeof readScores> {
  const log = readLog(dir);
  try {
    return readScores(log);
  } finally {
    log.close();
  }
}

interface RunResult {
  outcome: string;
  best: number;
  seconds: number;
  /** Of the run's own held-out test. */
  iterations: (Pick<EvalResult, 'iteration' | 'mean' | 'majority' | 'greedy'> & { pool: Record<string, number> })[];
}

function reportOfRun(folder: string): RunResult {
  const store = openRun(folder, { readOnly: true });
  try {
    const { outcome, best, seconds, iterations } = reportOf(store);
    return {
      outcome,
      best,
      seconds,
      iterations: iterations.map(({ iteration, evaluation: { mean, majority, greedy }, pool }) => ({
        iteration,
        mean,
        majority,
        greedy,
        pool,
      })),
    };
  } finally {
    store.close();
  }
}

type Scored = Record<string, { measured: Measured; gains: Record<string, Gains> }>;

/** Scores by test, of the models that others are compared with. */
type References = Map<string, Map<string, Scores>>;

/** What one model scored on every test, with its gains over the references. */
async function testsOf(
  who: { label: string; place: string; domain: string },
  tests: readonly [Test, string][],
  references: References,
): Promise<{ tests: Scored; scores: Map<string, Scores> }> {
  const scored: Scored = {};
  const scores = new Map<string, Scores>();
  for (const one of tests) {
    const found = await scoresOf(who, one);
    if (found === null) continue;
    const [{ name }] = one;
    scores.set(name, found.scores);
    const over = [...references].flatMap(([reference, known]): [string, Gains][] => {
      const before = known.get(name);
      return before === undefined ? [] : [[reference, gains(before, found.scores)]];
    });
    scored[name] = { measured: found.measured, gains: Object.fromEntries(over) };
  }
  return { tests: scored, scores };
}

async function main(): Promise<void> {
  const files = await testFiles();
  const models = [];
  const references: References = new Map();
  for (const { name, domain } of BASE_ARMS) {
    const { tests, scores } = await testsOf({ label: name, place: model, domain }, files, references);
    references.set(name, scores);
    models.push({ arm: name, tests });
  }
  for (const seed of seeds) {
    for (const arm of arms) {
      const folder = await playedRun(arm, seed);
      if (folder === null) continue;
      const run = reportOfRun(folder);
      // Not the best one: it is chosen without labels, and the last one is the fair comparison between arms.
      const place = `${folder}@${run.iterations.length - 1}`;
      const who = { label: `${arm.name}-${seed}`, place, domain: './word-problems.mjs' };
      const { tests } = await testsOf(who, files, references);
      models.push({ arm: arm.name, seed, run, tests });
    }
  }
  process.stdout.write(`${writeResult('real-model', { ...provenance(commandOf('bench:real-model')), models })}\n`);
}

await main();
