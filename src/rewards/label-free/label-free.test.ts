import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../config/load.ts';
import { defaultSolverReward, type SolverAttempt } from '../correctness.ts';
import type { AmongPeers } from './evidence.ts';
import { labelFreeRewards, needOf, type LabelFreeName } from './label-free.ts';

const DIALS = { restrainBelow: 0.3, restrainPenalty: 2 };

function attempt(given: Partial<SolverAttempt>): SolverAttempt {
  return { group: 0, question: '?', label: '1', completion: '', answer: null, correct: false, ...given };
}

function rewardsOf(name: LabelFreeName, items: SolverAttempt[]): number[] {
  return labelFreeRewards(name, items, DIALS).map(({ reward }) => reward);
}

function peers(share: number, majorityShare: number): AmongPeers {
  return { share, majorityShare, inMajority: share === majorityShare && share > 0 };
}

describe('labelFreeRewards', () => {
  it('pays the majority answer, and ignores whether the label is met', () => {
    const items = [
      attempt({ peers: peers(0.75, 0.75), correct: false }),
      attempt({ peers: peers(0.25, 0.75), correct: true }),
    ];
    expect(rewardsOf('majority', items)).toEqual([1, 0]);
  });

  it('pays certainty, low entropy and likelihood', () => {
    const items = [attempt({ means: { certainty: 3, entropy: 0.5, baseLogprob: -0.25 } })];
    expect(rewardsOf('self-certainty', items)).toEqual([3]);
    expect(rewardsOf('entropy', items)).toEqual([-0.5]);
    expect(rewardsOf('likelihood', items)).toEqual([-0.25]);
  });

  it('pays the share of an answer, and lowers the advantages of an inconsistent group instead', () => {
    const [common, rare, unanswered] = [peers(0.5, 0.5), peers(0.25, 0.5), peers(0, 0.5)].map((one) =>
      attempt({ peers: one }),
    );
    expect(labelFreeRewards('restrain', [common, rare, unanswered], DIALS)).toEqual([
      { reward: 0.5, parts: { share: 0.5, consistent: 1 } },
      { reward: 0.25, parts: { share: 0.25, consistent: 1 } },
      { reward: 0, parts: { share: 0, consistent: 1 } },
    ]);
    expect(labelFreeRewards('restrain', [attempt({ peers: peers(0.25, 0.25) })], DIALS)).toEqual([
      { reward: 0, parts: { share: 0.25, consistent: 0 }, offset: -2 },
    ]);
  });

  it('compares the words of an attempt with those of its own group only', () => {
    const texts = ['2 + 3 is 5', '2 + 3 is 5', 'I pass'];
    const items = texts.map((completion) => attempt({ completion }));
    expect(rewardsOf('consensus', items)).toEqual([0.5, 0.5, 0]);
    const apart = items.map((item, group) => ({ ...item, group }));
    expect(rewardsOf('consensus', apart)).toEqual([0, 0, 0]);
  });

  it('returns the rewards in the order of the attempts, however groups are mixed', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ group: fc.nat(3), certainty: fc.integer() })), (given) => {
        const items = given.map(({ group, certainty }) => attempt({ group, means: { certainty } }));
        expect(rewardsOf('self-certainty', items)).toEqual(given.map(({ certainty }) => certainty));
      }),
    );
  });
});

it('is the reward of the Solver if the config names it', () => {
  const config = resolveConfig({ flags: { solver: { reward: 'majority' } } });
  const items = [attempt({ correct: true, peers: peers(0.25, 0.5) }), attempt({ peers: peers(0.5, 0.5) })];
  const batch = { items, iteration: 1, step: 0 };
  expect(defaultSolverReward({ ...batch, config }).map(({ reward }) => reward)).toEqual([0, 1]);
  expect(defaultSolverReward({ ...batch, config: resolveConfig({}) }).map(({ reward }) => reward)).toEqual([1, 0]);
});

it('names what it must know', () => {
  expect(needOf('label')).toBeNull();
  expect(needOf('consensus')).toBeNull();
  expect(needOf('restrain')).toBe('peers');
  expect(needOf('entropy')).toBe('distributions');
  expect(needOf('likelihood')).toBe('base');
});
