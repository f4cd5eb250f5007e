/**
 * Compares scorers of open tasks on the domain `stories`: as rankers of a base model's responses, and as rewards in whole
 * runs. The hidden quality judges both.
 *
 *     npm run bench:open -- --model FOLDER                       both tables, seeds 1, 2, 3
 *     npm run bench:open -- --model FOLDER --seeds 1 --rankers   the rankers alone
 *
 * FOLDER is a base that knows the domain. A stopped comparison of rewards goes on when it is started again.
 */

import { parseArgs } from 'node:util';
import { ablate } from '../src/ablate/ablate.ts';
import { readPlan } from '../src/ablate/plan.ts';
import { ablationLines, alignedStyle } from '../src/cli/render/ablation.ts';
import { percent, significant, table } from '../src/cli/render/format.ts';
import { resolveConfig } from '../src/config/load.ts';
import { stories } from '../src/domains/index.ts';
import { openEngine } from '../src/engine/open-engine.ts';
import { type MeasuredTask, measureQuality } from '../src/eval/quality/measure.ts';
import { bestOfGroup, pairsRight } from '../src/eval/quality/rankers.ts';
import { loadTokenizer } from '../src/models/tokenizer/tokenizer.ts';
import { distinctBigrams } from '../src/text/overlap.ts';
import { likelihoodScorer, selfCertaintyScorer } from '../src/scoring/model-scorers.ts';
import { scoresOf } from '../src/scoring/scorer.ts';
import { consensus, entropy, randomScorer } from '../src/scoring/text-scorers.ts';
import { commandOf, provenance, writeResult } from './lib/results.ts';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'models/arith-base' },
    seeds: { type: 'string', default: '1,2,3' },
    tasks: { type: 'string', default: '200' },
    samples: { type: 'string', default: '8' },
    /** Only the first table. */
    rankers: { type: 'boolean', default: false },
    /** Folder of the runs. */
    dir: { type: 'string', default: 'runs/bench-open' },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const seeds = options.seeds.split(',').map(Number);
const print = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n\n`);

interface RankerRow {
  scorer: string;
  /** Share of pairs that it orders as the hidden quality does, by seed. */
  pairsRight: (number | null)[];
  /** Mean quality of its best of each group, by seed. */
  best: (number | null)[];
}

/** Scores the same responses by every scorer. The first row is the quality itself, the upper limit. */
async function rankers(): Promise<{ rows: RankerRow[]; quality: number; variety: number }> {
  const { engine: settings, evaluation, model } = resolveConfig({ flags: { model: options.model, domain: 'stories' } });
  const engine = await openEngine(settings);
  const tokenizer = await loadTokenizer(model);
  const base = { kind: 'base', path: model } as const;
  const sampler = await engine.openSampler(base);
  const { vocabulary } = await engine.inspect(base);
  const rows = new Map<string, RankerRow>();
  const all: MeasuredTask[] = [];
  const qualitiesOf = (tasks: readonly MeasuredTask[]): number[][] =>
    tasks.map(({ qualities }) => (qualities ?? []).map(({ mean }) => mean));
  for (const seed of seeds) {
    const dials = { ...evaluation, samples: Number(options.samples) };
    const tasks = stories.heldOutTasks.tasks(Number(options.tasks));
    const measured = await measureQuality({ sampler, tokenizer, domain: stories }, tasks, dials, { seed });
    all.push(...measured);
    const qualities = qualitiesOf(measured);
    const scorers = [
      likelihoodScorer(sampler),
      consensus,
      selfCertaintyScorer(sampler, { vocabulary, draws: 4, seed }),
      entropy,
      randomScorer(seed),
    ];
    const add = (scorer: string, scores: readonly (readonly number[])[]): void => {
      const row = rows.get(scorer) ?? { scorer, pairsRight: [], best: [] };
      row.pairsRight.push(pairsRight(scores, qualities));
      row.best.push(bestOfGroup(scores, qualities));
      rows.set(scorer, row);
    };
    add('the hidden quality itself', qualities);
    for (const scorer of scorers) add(scorer.name, await scoresOf(scorer, measured));
  }
  await engine.close();
  return {
    rows: [...rows.values()],
    quality: meanOf(qualitiesOf(all).flat()),
    variety: meanOf(all.map(({ responses }) => distinctBigrams(responses.map(({ text }) => text)))),
  };
}

function meanOf(values: readonly (number | null)[]): number {
  const known = values.filter((value) => value !== null);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

const ranked = await rankers();
print([
  `As rankers: responses of ${options.model}, hidden quality ${percent(ranked.quality)}, variety ${percent(ranked.variety)}`,
  '',
  ...table([
    ['scorer', 'pairs right', 'by seed', `best of ${options.samples}`],
    ...ranked.rows.map(({ scorer, pairsRight: right, best }) => [
      scorer,
      percent(meanOf(right)),
      right.map((one) => significant(one ?? Number.NaN)).join(' '),
      percent(meanOf(best)),
    ]),
  ]),
]);
print([`written to ${writeResult('open-rankers', { ...provenance(commandOf('bench:open')), ...options, ...ranked })}`]);

if (!options.rankers) {
  const plan = await readPlan('recipes/ablate-open.toml', { seeds, set: [`model=${options.model}`, ...options.set] });
  const result = await ablate(plan, { dir: options.dir });
  print(ablationLines(result, alignedStyle(100)));
  print([`written to ${writeResult('open-rewards', { ...provenance(commandOf('bench:open')), result })}`]);
}
