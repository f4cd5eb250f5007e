/**
 * Measures whether the shipped base model learns, with significance tests. Runs one full run per seed and
 * saves each result as soon as it has ended. An interrupted benchmark resumes when it is started again.
 *
 *     npm run bench:learning -- --seeds 1,2,3                    trained Challenger
 *     npm run bench:learning -- --seeds 1,2,3 --no-challenger    the base model as Challenger
 *     npm run bench:learning -- --trained-vs-untrained           compares the two from their saved results
 */

import { parseArgs } from 'node:util';
import { gainText, interval, table } from '../src/cli/render/format.ts';
import { checkLines } from './lib/checks.ts';
import { compareArms, type ScoresBySeed } from '../src/eval/gains.ts';
import { judgeLearning, learningLines, type SeedResult } from './lib/learning.ts';
import { play } from './lib/play.ts';
import { reportOf } from './lib/report.ts';
import { commandOf, provenance, readResult, writeResult } from './lib/results.ts';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3' },
    iterations: { type: 'string', default: '3' },
    'no-challenger': { type: 'boolean', default: false },
    'trained-vs-untrained': { type: 'boolean', default: false },
    model: { type: 'string' },
    scale: { type: 'string', default: 'small' },
    set: { type: 'string', multiple: true, default: [] },
    /** Name of the results; default `trained` or `untrained`. */
    label: { type: 'string' },
    fresh: { type: 'boolean', default: false },
  },
});
const seeds = options.seeds.split(',').map(Number);
const print = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n\n`);
const nameOf = (label: string, seed: number): string => `learning-${label}-seed${seed}`;

async function playSeed(seed: number, label: string): Promise<SeedResult> {
  const challengerTrained = !options['no-challenger'];
  const { model, scale } = options;
  const { store, ...played } = await play({
    label: nameOf(label, seed),
    config: { seed, iterations: Number(options.iterations), ...(model === undefined ? {} : { model }) },
    set: [`scale=${scale}`, `challenger.train=${challengerTrained}`, ...options.set],
    fresh: options.fresh,
  });
  try {
    const report = reportOf(store);
    const judged = judgeLearning(report);
    const head = { ...provenance(commandOf('bench:learning')), seed, challengerTrained, model: played.model };
    return { ...head, ...report, ...judged };
  } finally {
    store.close();
  }
}

async function measure(): Promise<void> {
  const label = options.label ?? (options['no-challenger'] ? 'untrained' : 'trained');
  for (const seed of seeds) {
    const result = await playSeed(seed, label);
    const path = writeResult(nameOf(label, seed), result);
    print([...learningLines(result), '', ...checkLines(result.checks), `written to ${path}`]);
  }
}

/** Returns the last iteration's scores of an arm, by seed. */
function armOf(label: string, scoresOf: (result: SeedResult) => readonly number[] | null): ScoresBySeed {
  const scores = new Map<number, readonly number[]>();
  for (const seed of seeds) {
    const result = readResult<SeedResult>(nameOf(label, seed));
    const list = result && scoresOf(result);
    if (list !== null) scores.set(seed, list);
  }
  return scores;
}

function compare(): void {
  const compared = {
    sampled: compareArms(
      armOf('untrained', (result) => result.iterations.at(-1)?.evaluation.perQuestion ?? null),
      armOf('trained', (result) => result.iterations.at(-1)?.evaluation.perQuestion ?? null),
    ),
    forced: compareArms(
      armOf('untrained', (result) => result.iterations.at(-1)?.evaluation.perQuestionForced ?? null),
      armOf('trained', (result) => result.iterations.at(-1)?.evaluation.perQuestionForced ?? null),
    ),
  };
  const path = writeResult('learning-trained-vs-untrained', {
    ...provenance(commandOf('bench:learning')),
    ...compared,
  });
  for (const [name, { perSeed, overSeeds, overQuestions }] of Object.entries(compared)) {
    print([
      `${name}: trained Challenger minus untrained one, after the last iteration`,
      ...table([
        ['', 'difference [95 %]', 'p'],
        ...perSeed.map(({ seed, gain }) => [`seed ${seed}`, gainText(gain), gain.p.toPrecision(2)]),
        ['over the questions', gainText(overQuestions), overQuestions.p.toPrecision(2)],
        ...(overSeeds === null ? [] : [['over the seeds', interval(overSeeds), '']]),
      ]),
    ]);
  }
  print([`written to ${path}`]);
}

if (options['trained-vs-untrained']) compare();
else await measure();
