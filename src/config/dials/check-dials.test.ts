import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../errors.ts';
import { resolveConfig } from '../load.ts';
import { packageFile } from '../../package-file.ts';
import { applied, checkDials, checkPlanted, contradictionsOf, fixOf, flagsOf } from './check-dials.ts';

function refusal(...set: string[]): ConfigError {
  try {
    checkDials(resolveConfig({ set }));
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error(`accepted: ${set.join(' ')}`);
}

describe('checkDials', () => {
  it.each(['tiny', 'small', 'paper'] as const)('accepts the scale %s', (scale) => {
    expect(contradictionsOf(resolveConfig({ scale }))).toEqual([]);
  });

  it.each(['arithmetic', 'math-small', 'paper', 'repo', 'modern'])('accepts the preset %s', (preset) => {
    const file = packageFile(`recipes/${preset}.toml`);
    expect(contradictionsOf(resolveConfig({ files: [file] }))).toEqual([]);
    expect(contradictionsOf(resolveConfig({ files: [file, packageFile('recipes/on-arithmetic.toml')] }))).toEqual([]);
  });

  it.each([
    [
      'a pool that cannot fill the curriculum',
      ['pool.questions=40', 'filter.minQuestions=50', 'solver.prompts=20'],
      ['pool.questions = 40', 'filter.minQuestions = 50'],
      { 'filter.minQuestions': 10 },
    ],
    [
      'a pool that grows too little',
      ['pool.questions=40', 'filter.minQuestions=90', 'filter.tooFew=generate', 'filter.generateUpTo=2'],
      ['pool.questions = 40', 'filter.generateUpTo = 2', 'filter.minQuestions = 90'],
      { 'filter.minQuestions': 20 },
    ],
    [
      'a maximum below the minimum',
      ['filter.maxQuestions=8', 'solver.prompts=8'],
      ['filter.maxQuestions = 8', 'filter.minQuestions = 16'],
      { 'filter.maxQuestions': 16 },
    ],
    [
      'growth that adds nothing',
      ['filter.tooFew=generate', 'filter.generateUpTo=1'],
      ['filter.tooFew = "generate"', 'filter.generateUpTo = 1', 'pool.questions = 800'],
      { 'filter.generateUpTo': 2 },
    ],
    [
      'a band that cannot widen',
      ['filter.tooFew=widen', 'filter.widenBy=0'],
      ['filter.tooFew = "widen"', 'filter.widenBy = 0'],
      { 'filter.widenBy': 0.1, 'filter.widenMin': 0, 'filter.widenMax': 1 },
    ],
    [
      'limits of widening inside the band',
      ['filter.tooFew=widen', 'filter.widenMin=0.4', 'filter.widenMax=0.7'],
      ['filter.tooFew = "widen"', 'filter.widenMin = 0.4', 'filter.widenMax = 0.7', 'filter.minAgreement'],
      { 'filter.widenBy': 0.1, 'filter.widenMin': 0, 'filter.widenMax': 1 },
    ],
    [
      'a step with more questions than the pool',
      ['solver.prompts=900'],
      ['solver.prompts = 900', 'pool.questions = 800'],
      { 'solver.prompts': 800 },
    ],
    [
      'a step with more questions than the curriculum',
      ['filter.maxQuestions=20'],
      ['solver.prompts = 48', 'filter.maxQuestions = 20'],
      { 'solver.prompts': 20 },
    ],
    [
      'more planted questions than posed ones',
      ['audit.planted=801'],
      ['audit.planted has 801 questions', 'pool.questions = 800'],
      { 'audit.planted': 800 },
    ],
    [
      'a band between the agreements',
      ['votes.count=2', 'filter.minAgreement=0.6'],
      ['votes.count = 2', 'filter.minAgreement', '0.6 to 0.8'],
      { 'votes.count': 3 },
    ],
    [
      'a band below every agreement',
      ['votes.count=4', 'filter.minAgreement=0', 'filter.maxAgreement=0.2'],
      ['votes.count = 4', '0 to 0.2'],
      { 'votes.count': 5 },
    ],
    [
      'a band that no number of votes hits',
      ['votes.count=10', 'filter.minAgreement=0.0011', 'filter.maxAgreement=0.0012'],
      ['votes.count = 10', '0.0011 to 0.0012'],
      { 'filter.maxAgreement': 0.1 },
    ],
    [
      'votes without randomness',
      ['votes.temperature=0'],
      ['votes.temperature = 0', 'votes.count = 10'],
      { 'votes.temperature': 1 },
    ],
    ['votes of the top token', ['votes.topK=1'], ['votes.topK = 1', 'votes.count = 10'], { 'votes.topK': 0 }],
    ['votes of the most likely token', ['votes.minP=1'], ['votes.minP = 1', 'votes.count = 10'], { 'votes.minP': 0 }],
    [
      'a pool without randomness',
      ['pool.temperature=0'],
      ['pool.temperature = 0', 'pool.questions = 800'],
      { 'pool.temperature': 1 },
    ],
    [
      'equal rollouts of the Challenger',
      ['challenger.temperature=0'],
      ['challenger.temperature = 0', 'challenger.groupSize = 4'],
      { 'challenger.temperature': 1 },
    ],
    [
      'equal rollouts of the Solver',
      ['solver.topK=1', 'solver.temperature=0'],
      ['solver.temperature = 0 and solver.topK = 1', 'solver.groupSize = 8'],
      { 'solver.temperature': 1, 'solver.topK': 0 },
    ],
    [
      'more updates than groups',
      ['challenger.updates=33'],
      ['challenger.updates = 33', 'challenger.groups = 32'],
      { 'challenger.updates': 32 },
    ],
    [
      'more updates than questions',
      ['solver.updates=49'],
      ['solver.updates = 49', 'solver.prompts = 48'],
      { 'solver.updates': 48 },
    ],
    [
      'micro-batches that do not divide a mini-batch',
      [
        'solver.aggregation=micro-batch-mean',
        'solver.microBatch=3',
        'solver.dropZeroVariance=false',
        'solver.updates=5',
      ],
      ['solver.microBatch = 3', 'solver.prompts = 48', 'solver.groupSize = 8', 'solver.updates = 5'],
      { 'solver.microBatch': 1 },
    ],
    [
      'micro-batches larger than a mini-batch',
      ['solver.aggregation=micro-batch-mean', 'solver.microBatch=400'],
      ['solver.microBatch = 400', 'solver.prompts = 48'],
      { 'solver.microBatch': 1 },
    ],
    [
      'a monitor that waits too long',
      ['monitors.action=stop', 'monitors.patience=21'],
      ['monitors.patience = 21', 'solver.steps = 20', 'monitors.action = "stop"'],
      { 'monitors.patience': 20 },
    ],
  ] as const)('refuses %s', (_, set, named, fix) => {
    const error = refusal(...set);
    for (const text of named) expect(error.message).toContain(text);
    expect(error.advice).toBe(`It works with ${flagsOf(fix)}.`);
    expect(() => checkDials(resolveConfig({ set: [...set, ...assignments(fix)] }))).not.toThrow();
  });

  it.each([
    [
      'a widened band that the votes hit',
      [
        'votes.count=2',
        'filter.minAgreement=0.6',
        'filter.maxAgreement=0.7',
        'filter.tooFew=widen',
        'filter.widenMin=0.5',
      ],
    ],
    [
      'agreement among the answers alone',
      ['votes.count=4', 'filter.minAgreement=0.66', 'filter.maxAgreement=0.67', 'votes.countUnanswered=false'],
    ],
    ['a greedy Challenger that is not trained', ['challenger.train=false', 'challenger.temperature=0']],
    ['greedy evaluation, as in the published code', ['evaluation.temperature=0']],
    [
      'a pool of one question without randomness',
      ['pool.questions=1', 'pool.temperature=0', 'filter.minQuestions=1', 'solver.prompts=1'],
    ],
    ['a curriculum that is used several times', ['pool.questions=100', 'solver.steps=50']],
    ['no filter', ['filter.minAgreement=0', 'filter.maxAgreement=1', 'filter.tooFew=widen']],
    ['a patient monitor that only warns', ['monitors.patience=21']],
    ['labelled data, which need no pool', ['finetune.data=10', 'pool.questions=1', 'votes.temperature=0']],
  ])('accepts %s', (_, set) => {
    expect(() => checkDials(resolveConfig({ set }))).not.toThrow();
  });

  it('refuses greedy rollouts also on labelled data', () => {
    expect(refusal('finetune.data=10', 'solver.temperature=0').message).toContain('solver.temperature = 0');
  });

  it('reports all contradictions together, with one set of values that resolves them', () => {
    const error = refusal('pool.questions=10', 'solver.updates=20', 'votes.temperature=0');
    expect(error.message).toContain('in 3 ways:');
    expect(error.advice).toBe(
      'It works with --set filter.minQuestions=2 --set solver.prompts=10 --set votes.temperature=1 --set solver.updates=10.',
    );
  });

  it('proposes values that resolve any contradictions', () => {
    const dials = fc.record({
      'pool.questions': fc.integer({ min: 1, max: 60 }),
      'filter.minQuestions': fc.integer({ min: 1, max: 60 }),
      'filter.maxQuestions': fc.integer({ min: 0, max: 60 }),
      'filter.tooFew': fc.constantFrom('end', 'widen', 'generate'),
      'filter.generateUpTo': fc.constantFrom(1, 1.5, 4),
      'filter.minAgreement': fc.constantFrom(0, 0.3, 0.34, 0.6),
      'filter.maxAgreement': fc.constantFrom(0.6, 0.65, 0.8, 1),
      'votes.count': fc.integer({ min: 2, max: 12 }),
      'votes.temperature': fc.constantFrom(0, 1),
      'solver.prompts': fc.integer({ min: 1, max: 60 }),
      'solver.updates': fc.integer({ min: 1, max: 60 }),
      'solver.microBatch': fc.integer({ min: 1, max: 9 }),
      'solver.aggregation': fc.constantFrom('token-mean', 'micro-batch-mean'),
      'challenger.updates': fc.integer({ min: 1, max: 60 }),
      'monitors.action': fc.constantFrom('warn', 'stop'),
      'monitors.patience': fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(dials, (given) => {
        const config = resolveConfig({ set: assignments(given) });
        expect(contradictionsOf(applied(config, fixOf(config)))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('checkPlanted', () => {
  it('refuses a file with more questions than are posed', () => {
    const config = resolveConfig();
    expect(() => checkPlanted(800, config)).not.toThrow();
    expect(() => checkPlanted(801, config)).toThrow('It works with --set pool.questions=801.');
  });
});

function assignments(dials: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(dials).map(([key, value]) => `${key}=${value}`);
}
