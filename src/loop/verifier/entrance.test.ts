import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concordance, entranceOf, type Trials } from './entrance.ts';
import { acceptsLabel, voteWeights, yesProbability } from './verdict-use.ts';
import { verdictMetrics } from './watch-verdicts.ts';

const DIALS = { kinds: ['answer', 'step'], minCaught: 0.8, minStable: 0.9 };
const GROUPS = [
  { scores: [0.9, 0.4, 0.1], consensus: [3, 2, 1], likelihood: [-1, -2, -3] },
  { scores: [0.8, 0.2, 0.6], consensus: [3, 1, 2], likelihood: [-1, -2, -1.5] },
];
const GOOD: Trials = {
  pairs: ['answer', 'step'].flatMap((kind) =>
    Array.from({ length: 5 }, () => ({ kind, original: 0.9, corrupted: 0.1 })),
  ),
  groups: GROUPS,
  orders: Array.from({ length: 10 }, (_, at) => ({ first: at / 10, second: at / 10 })),
};

describe('entranceOf', () => {
  it('passes a Verifier that catches corruptions, agrees with other signals and is stable', () => {
    expect(entranceOf(GOOD, DIALS)).toEqual({
      passes: true,
      caught: { answer: 1, step: 1 },
      consensus: { share: 1, low: 1 },
      likelihood: { share: 1, low: 1 },
      stable: 1,
      failures: [],
    });
  });

  it('needs the share of every kind, exactly at its limit or above', () => {
    const missed = (count: number): Trials => ({
      ...GOOD,
      pairs: GOOD.pairs.map((pair, at) => (at >= 10 - count ? { ...pair, corrupted: 0.6 } : pair)),
    });
    expect(entranceOf(missed(1), DIALS)).toMatchObject({ passes: true, caught: { answer: 1, step: 0.8 } });
    const { passes, failures } = entranceOf(missed(2), DIALS);
    expect(passes).toBe(false);
    expect(failures).toEqual(['it catches 60.0 % of changed steps, not 80.0 %']);
  });

  it('fails a Verifier that says the same of everything', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (score) => {
        const constant: Trials = {
          pairs: GOOD.pairs.map(({ kind }) => ({ kind, original: score, corrupted: score })),
          groups: GROUPS.map((group) => ({ ...group, scores: group.scores.map(() => score) })),
          orders: [{ first: score, second: score }],
        };
        const found = entranceOf(constant, DIALS);
        expect(found.passes).toBe(false);
        expect(found.caught).toEqual({ answer: 0, step: 0 });
        expect(found.consensus.share).toBe(0.5);
        expect(found.failures).toHaveLength(4);
      }),
    );
  });

  it('fails one whose verdicts depend on the order, and one that orders attempts against the other signals', () => {
    const unstable = {
      ...GOOD,
      orders: [...GOOD.orders.slice(0, 8), { first: 0.9, second: 0.1 }, { first: 0, second: 1 }],
    };
    expect(entranceOf(unstable, DIALS).failures).toEqual([
      '80.0 % of its verdicts stay in the other order, not 90.0 %',
    ]);
    const against = {
      ...GOOD,
      groups: GROUPS.map((group) => ({ ...group, consensus: group.consensus.map((x) => -x) })),
    };
    expect(entranceOf(against, DIALS).failures).toEqual([
      'it agrees with the consensus on 0.0 % of the pairs of attempts, which is not above chance',
    ]);
  });

  it('does not hold a kind without material against it, unless there is none at all', () => {
    const answers = { ...GOOD, pairs: GOOD.pairs.filter(({ kind }) => kind === 'answer') };
    expect(entranceOf(answers, DIALS)).toMatchObject({ passes: true, caught: { answer: 1, step: null } });
    expect(entranceOf({ ...GOOD, pairs: [] }, DIALS).failures).toEqual(['no attempt could be corrupted']);
    expect(entranceOf({ pairs: [], groups: [], orders: [] }, DIALS)).toMatchObject({ passes: false, stable: null });
  });
});

describe('concordance', () => {
  it('counts ties of the score one half, and leaves out ties of the other', () => {
    expect(concordance([{ scores: [1, 1, 0], other: [2, 1, 1] }])).toEqual({ share: 0.75, low: null });
    expect(concordance([{ scores: [1, 0], other: [1, 1] }])).toEqual({ share: null, low: null });
  });

  it('has a lower end that is not above chance for unrelated scores', () => {
    const groups = [0, 1, 2, 3].map((at) => ({ scores: [0, 1], other: at % 2 === 0 ? [0, 1] : [1, 0] }));
    const { share, low } = concordance(groups);
    expect(share).toBe(0.5);
    expect(low).toBeCloseTo(0.5 - 1.645 * Math.sqrt(1 / 3 / 4), 12);
  });
});

it('weighs votes by the scores, and equally if all are rejected', () => {
  expect(voteWeights([0.9, 0, 0.2])).toEqual([0.9, 0, 0.2]);
  expect(voteWeights([0, 0])).toEqual([1, 1]);
});

it('accepts a label if more of its attempts are called right than wrong', () => {
  expect([[0.9], [0.9, 0.1], [0.9, 0.8, 0.1], [0.5], []].map(acceptsLabel)).toEqual([true, false, true, false, false]);
});

it('computes the probability of yes without overflow', () => {
  expect(yesProbability(-1, -1)).toBe(0.5);
  expect(yesProbability(Math.log(0.3), Math.log(0.1))).toBeCloseTo(0.75, 12);
  expect(yesProbability(-2000, 0)).toBe(0);
  expect(yesProbability(0, -2000)).toBe(1);
});

it('watches the share of yes, the gap to other signals, and the variety of attempts', () => {
  const entrance = entranceOf(GOOD, DIALS);
  const [first] = GROUPS;
  const agreeing = { ...first, texts: ['7', '7', '8'], shares: [], areTrue: null };
  expect(verdictMetrics([agreeing], entrance)).toEqual({
    yes: 1 / 3,
    judge_gap: 0,
    variety: 1 / 2,
    stable: 1,
    'caught/answer': 1,
    'caught/step': 1,
  });
  const hacked = { ...agreeing, scores: [0.1, 0.2, 0.99] };
  expect(verdictMetrics([hacked], entrance)).toMatchObject({ judge_gap: 1 });
  const half = { ...agreeing, likelihood: [-3, -2, -1] };
  expect(verdictMetrics([half], entrance)).toMatchObject({ judge_gap: 0.5 });
  const constant = { ...agreeing, scores: [0.4, 0.4, 0.4] };
  expect(verdictMetrics([constant], entrance)).toMatchObject({ yes: 0, judge_gap: 0.5 });
});
