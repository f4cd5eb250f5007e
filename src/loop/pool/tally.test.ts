import { afterAll, describe, expect, it } from 'vitest';
import { createGrader } from '../../answers/grader.ts';
import { tallyAttempts, withComputedLabel } from './tally.ts';

const grader = createGrader();
afterAll(() => grader.close());

const RULES = { noneIsVote: false, noIsNo: false, countUnanswered: true };

describe('a computed label', () => {
  const tallyOf = async (votes: readonly (string | null)[], truth: string | null, rules = RULES) => {
    const attempts = votes.map((vote) => ({ vote, boxed: vote !== null }));
    const { label, agreement } = await withComputedLabel(grader, await tallyAttempts(grader, attempts, rules), truth);
    return { label, agreement };
  };

  it('has the share of right attempts as its agreement, also against the majority', async () => {
    expect(await tallyOf(['5', '5', '5', '4', null], '4')).toEqual({ label: '4', agreement: expect.closeTo(0.2, 12) });
    expect(await tallyOf(['4', '4.0', '5', null], '4')).toEqual({ label: '4', agreement: 0.5 });
    expect(await tallyOf(['4', '4'], '4')).toEqual({ label: '4', agreement: 1 });
  });

  it('counts the attempts that the votes count', async () => {
    const votes = ['5', '5', '4', null, null];
    expect(await tallyOf(votes, '4', { ...RULES, countUnanswered: false })).toEqual({
      label: '4',
      agreement: expect.closeTo(1 / 3, 12),
    });
  });

  it('stands without a right attempt, and without any answer', async () => {
    expect(await tallyOf(['5', '6'], '4')).toEqual({ label: '4', agreement: 0 });
    expect(await tallyOf([null, null], '4')).toEqual({ label: '4', agreement: 0 });
    expect(await tallyOf(['5', '5'], null)).toEqual({ label: null, agreement: 0 });
  });
});
