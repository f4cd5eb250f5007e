import { readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { CHOSEN_CHARACTERS, KEPT_SHIFTS, PREFERENCE_BETA } from '../scoring/g-zero/constants.ts';
import { describeConfig } from './describe.ts';
import { openContradictions } from './dials/open-dials.ts';
import { resolveConfig } from './load.ts';
import type { RunConfig } from './schema.ts';
import { valueAt } from './tables.ts';

const folder = fileURLToPath(new URL('../../recipes', import.meta.url));
/** Presets; ablation plans and pretraining recipes have formats of their own. */
const presets = readdirSync(folder).filter((name) => name.endsWith('.toml') && !/^(pretrain|ablate)-/.test(name));

it.each(presets)('%s loads, and the README lists it', (name) => {
  const config = resolveConfig({ files: [join(folder, name)] });
  expect(config.filter.minQuestions).toBeLessThanOrEqual(config.pool.questions);
  expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain(`\`${name}\``);
});

it('arithmetic.toml equals the defaults', () => {
  expect(resolveConfig({ files: [join(folder, 'arithmetic.toml')] })).toEqual(resolveConfig());
});

/** The tables of the algorithm, which a preset must set completely. */
const ALGORITHM = new Set(['challenger', 'pool', 'votes', 'filter', 'memory', 'solver', 'evaluation']);

/** Settings that are specific to each preset. */
const PRESETS = {
  paper: {
    iterations: 3,
    challenger: {
      uncertainty: 'paper',
      floorAtZero: true,
      claimGate: 'off',
      answerRequired: true,
      steps: 5,
      keepStep: 0,
      updates: 4,
      topP: 0.99,
      aggregation: 'sequence-mean',
      klReference: 'base',
    },
    pool: { topP: 0.99, dropDuplicates: false },
    votes: { count: 10, topK: 0, noneIsVote: false, noIsNo: false, countUnanswered: true },
    filter: { minAgreement: 0.25, maxAgreement: 0.75, forbiddenInQuestion: [], forbiddenInLabel: [] },
    solver: {
      steps: 15,
      keepStep: 0,
      updates: 4,
      thinkWeight: 0,
      normalizeStd: true,
      dropZeroVariance: false,
      clipHigh: 0.3,
      klWeight: 0.01,
      aggregation: 'sequence-mean',
      klReference: 'base',
    },
    evaluation: { temperature: 1, samples: 32, guessLetters: false },
  },
  repo: {
    iterations: 5,
    challenger: {
      uncertainty: 'repo',
      floorAtZero: false,
      claimGate: 'off',
      answerRequired: false,
      steps: 6,
      keepStep: 5,
      updates: 32,
      topP: 0.99,
      aggregation: 'micro-batch-mean',
      microBatch: 2,
      klReference: 'phase-start',
    },
    pool: { topP: 0.95, dropDuplicates: false },
    votes: { count: 9, topK: 40, noneIsVote: true, noIsNo: true, countUnanswered: false },
    filter: {
      minAgreement: 0.3,
      maxAgreement: 0.8,
      forbiddenInQuestion: ['证明', 'box'],
      forbiddenInLabel: ['text'],
    },
    solver: {
      steps: 20,
      keepStep: 15,
      updates: 4,
      thinkWeight: 0.1,
      normalizeStd: true,
      dropZeroVariance: false,
      clipLow: 0.2,
      clipHigh: 0.3,
      dualClip: 3,
      kl: 'k3',
      klWeight: 0.01,
      aggregation: 'micro-batch-mean',
      microBatch: 1,
      klReference: 'phase-start',
    },
    evaluation: { temperature: 0, samples: 32, guessLetters: true },
  },
  modern: {
    iterations: 3,
    challenger: {
      uncertainty: 'paper',
      floorAtZero: true,
      claimGate: 'off',
      normalizeStd: false,
      dropZeroVariance: true,
      clipHigh: 0.28,
      klWeight: 0,
      aggregation: 'step-token-mean',
      importanceCorrection: 'token-mask',
    },
    pool: { dropDuplicates: true },
    votes: { count: 10, noneIsVote: false, noIsNo: false, countUnanswered: true },
    filter: { forbiddenInQuestion: [], forbiddenInLabel: [] },
    solver: {
      normalizeStd: false,
      dropZeroVariance: true,
      loss: 'clipped',
      clipLow: 0.2,
      clipHigh: 0.28,
      dualClip: 0,
      klWeight: 0,
      aggregation: 'step-token-mean',
      importanceCorrection: 'token-mask',
      importanceLow: 0.5,
      importanceHigh: 2,
      topP: 1,
      topK: 0,
      thinkWeight: 0,
    },
    evaluation: { temperature: 1, samples: 32, guessLetters: false },
  },
} as const;

describe.each(Object.entries(PRESETS))('the preset %s', (name, defining) => {
  const file = join(folder, `${name}.toml`);

  it('has the settings of its name', () => {
    expect(resolveConfig({ files: [file] })).toMatchObject(defining);
  });

  it('sets every setting of the algorithm, so that it does not depend on defaults', () => {
    const written = parse(readFileSync(file, 'utf8'));
    const silent = describeConfig()
      .map(({ path }) => path.split('.'))
      .filter(([table]) => ALGORITHM.has(table))
      .filter((path) => valueAt(written, path) === undefined);
    expect(silent).toEqual([]);
  });

  it('is found by its name, from any folder', () => {
    const config = resolveConfig({ files: [file] });
    const elsewhere = process.cwd();
    try {
      process.chdir(tmpdir());
      expect(resolveConfig({ files: [name] })).toEqual(config);
      expect(resolveConfig({ files: [`recipes/${name}.toml`] })).toEqual(config);
    } finally {
      process.chdir(elsewhere);
    }
  });

  it('keeps its algorithm with the sizes for the shipped base', () => {
    const config = resolveConfig({ files: [file, join(folder, 'on-arithmetic.toml')] });
    expect(config).toMatchObject({ model: 'models/arith-base', domain: 'arithmetic' });
    const { samples: _, ...evaluation } = defining.evaluation;
    expect(config).toMatchObject({ ...defining, evaluation });
  });
});

it('paper, repo and modern have the sizes of the paper', () => {
  for (const name of Object.keys(PRESETS)) {
    const { challenger, solver, pool }: RunConfig = resolveConfig({ files: [join(folder, `${name}.toml`)] });
    expect(challenger).toMatchObject({ groups: 512, groupSize: 4, votes: 10, learningRate: 1e-6, maxTokens: 4096 });
    expect(solver).toMatchObject({ learningRate: 1e-6, weightDecay: 0.01, clip: 1, maxTokens: 4096 });
    expect(pool).toMatchObject({ questions: 8000 });
  }
});

/** The band of G-Zero, in the names of the settings. */
const KEPT = { keepLow: KEPT_SHIFTS.low, keepHigh: KEPT_SHIFTS.high };

describe('the preset g-zero', () => {
  const file = join(folder, 'g-zero.toml');

  it('has the constants of G-Zero', () => {
    const config = resolveConfig({ files: [file] });
    expect(config).toMatchObject({
      domain: 'writing',
      iterations: 1,
      adapt: { method: 'lora', rank: 32 },
      challenger: { steps: 6, groups: 8, groupSize: 16, temperature: 1, learningRate: 4e-5, beta1: 0.9, beta2: 0.95 },
      pool: { questions: 2000 },
      votes: { temperature: 0.7, topK: 0 },
      solver: { steps: 50, prompts: 8, learningRate: 1e-5, beta1: 0.9, beta2: 0.95 },
      open: { signal: 'hints', hints: { ...KEPT, fewestCharacters: CHOSEN_CHARACTERS.least, beta: PREFERENCE_BETA } },
    });
    expect(config.challenger).toMatchObject({ normalizeStd: false, updates: 1, klWeight: 0 });
  });

  it('has the same method with the sizes for a small base, and short stories pass', () => {
    const config = resolveConfig({ files: [file, join(folder, 'on-stories.toml')] });
    expect(config).toMatchObject({
      domain: 'stories',
      challenger: { steps: 6, groups: 8, groupSize: 16 },
      solver: { steps: 50, prompts: 8 },
      open: { signal: 'hints', hints: { ...KEPT, fewestCharacters: 20, beta: 2 } },
    });
    expect(openContradictions(config)).toEqual([]);
  });
});
