import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balancedEvidence } from './balance.ts';
import { type RankedQuestion, votedEvidence } from './evidence.ts';

function question(id: string, given: Partial<RankedQuestion> & { ranks: (number | null)[] }): RankedQuestion {
  const { ranks, ...rest } = given;
  const attempts = ranks.map((rank, at) => ({
    question: `Question ${id}?`,
    text: `${at} + ${rank ?? 'x'} = \\boxed{${rank ?? ''}${at}}`,
    rank,
  }));
  return { id, label: '7', agreement: 0.5, viewsAgree: null, attempts, ...rest };
}

describe('votedEvidence', () => {
  it('presumes the majority right with the weight of its agreement, and puts the rarest wrong answers first', () => {
    const found = votedEvidence(question('a', { ranks: [0, 1, null, 2, 0], agreement: 0.4 }));
    expect(found.map(({ isRight, weight, source }) => [isRight, weight, source])).toEqual([
      [false, 0.4, 'majority'],
      [false, 0.4, 'majority'],
      [true, 0.4, 'majority'],
      [true, 0.4, 'majority'],
    ]);
    expect(found[0].attempt).toContain('\\boxed{23}');
  });

  it('trusts votes whose wordings agree fully, and those that disagree not at all', () => {
    const agreeing = votedEvidence(question('a', { ranks: [0, 1], viewsAgree: true }));
    expect(agreeing.map(({ weight, source }) => [weight, source])).toEqual([
      [1, 'views'],
      [1, 'views'],
    ]);
    expect(votedEvidence(question('a', { ranks: [0, 1], viewsAgree: false }))).toEqual([]);
  });
});

describe('balancedEvidence', () => {
  const ranks = fc.array(fc.option(fc.nat(3)), { maxLength: 8 });
  const questions = fc
    .array(
      fc.record({ ranks, viewsAgree: fc.option(fc.boolean()), agreement: fc.double({ min: 0, max: 1, noNaN: true }) }),
      {
        maxLength: 6,
      },
    )
    .map((all) => all.map((one, at) => question(`q${at}`, { ...one, label: String(at % 3) })));

  it('has as many right as wrong attempts at every question, with equal weights, in any pool', () => {
    fc.assert(
      fc.property(questions, fc.integer({ min: 1, max: 5 }), fc.nat(), (all, pairs, seed) => {
        const found = balancedEvidence(all, { pairs, seed });
        expect(balancedEvidence(all, { pairs, seed })).toEqual(found);
        for (const id of new Set(found.map(({ questionId }) => questionId))) {
          const own = found.filter(({ questionId }) => questionId === id);
          const [right, wrong] = [true, false].map((isRight) => own.filter((one) => one.isRight === isRight));
          expect(right.length).toBe(wrong.length);
          expect(right.length).toBeLessThanOrEqual(pairs);
          for (const side of [right, wrong]) {
            expect(side.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(0.5, 9);
          }
          expect(new Set(own.map(({ attempt }) => attempt)).size).toBe(own.length);
        }
      }),
    );
  });

  it('takes wrong attempts from every source in turn', () => {
    const all = [question('a', { ranks: [0, 0, 0, 0, 1, 1, 2] }), question('b', { ranks: [0], label: '8' })];
    const wrong = balancedEvidence(all, { pairs: 4, seed: 1 }).filter(
      ({ questionId, isRight }) => questionId === 'a' && !isRight,
    );
    expect(new Set(wrong.map(({ source }) => source))).toEqual(new Set(['majority', 'answer', 'step', 'operator']));
  });

  it('leaves out a question without an attempt that is presumed right', () => {
    expect(balancedEvidence([question('a', { ranks: [1, 2, null] })], { pairs: 3, seed: 1 })).toEqual([]);
  });

  it('uses an answer to another question with another label as a wrong one', () => {
    const bare = (id: string, label: string): RankedQuestion => ({
      id,
      label,
      agreement: 1,
      viewsAgree: null,
      attempts: [{ question: `${id}?`, text: `answer ${label.replace(/\d/, 'x')}${id}`, rank: 0 }],
    });
    const found = balancedEvidence([bare('a', '1'), bare('b', '2')], { pairs: 1, seed: 1 });
    expect(found.filter(({ isRight }) => !isRight)).toMatchObject([
      { questionId: 'a', question: 'a?', attempt: 'answer xb', source: 'mismatch' },
      { questionId: 'b', question: 'b?', attempt: 'answer xa', source: 'mismatch' },
    ]);
    expect(balancedEvidence([bare('a', '1'), bare('b', '1')], { pairs: 1, seed: 1 })).toEqual([]);
  });
});
