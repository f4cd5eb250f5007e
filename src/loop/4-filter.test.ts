import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../config/load.ts';
import type { ConfigInput, RunConfig } from '../config/schema.ts';
import { deriveSeed, Random } from '../random.ts';
import type { InvalidReason, LabelledQuestion, Question, VoteTally } from '../types.ts';
import { curriculumOf, verdictsOf } from './4-filter.ts';
import { countVerdicts } from './pool/label-metrics.ts';
import { admit, sameText } from './pool/questions.ts';
import { NO_VOTES, type ViewSplit } from './pool/voting.ts';

function question(index: number, text = `Compute ${index} + 1.`, invalid: InvalidReason | null = null): Question {
  return {
    id: `q-${index}`,
    iteration: 1,
    origin: 'pool',
    step: 0,
    index,
    text,
    claimed: null,
    completion: text,
    invalid,
  };
}

function tally(agreed: number, attempts = 10): VoteTally {
  return {
    ...NO_VOTES,
    groups: [{ answer: '2', count: agreed, weight: agreed }],
    label: agreed === 0 ? null : '2',
    agreement: agreed / attempts,
    attempts,
  };
}

function config(filter: ConfigInput['filter'] = {}): RunConfig {
  return resolveConfig({ flags: { filter } });
}

describe('admission', () => {
  const nothing = { isHeldOut: () => false, earlier: [] };

  it('drops invalid questions, test questions, and duplicates within this pool or of an earlier one', () => {
    const pool = [
      question(0, 'Compute 1 + 1.'),
      question(1, '', 'no-question'),
      question(2, 'compute  1 + 1.'),
      question(3, 'Compute 2 + 2.'),
      question(4, 'Compute 3 + 3.'),
      question(5, 'Compute 4 + 4.'),
    ];
    const known = { isHeldOut: (text: string) => text.includes('2 + 2'), earlier: ['Compute 3 + 3. '] };
    expect(admit(pool, known).map(({ dropped }) => dropped)).toEqual([
      null,
      'invalid',
      'duplicate',
      'held-out',
      'duplicate',
      null,
    ]);
  });

  it('reports a repeated test question as held out, not as a duplicate', () => {
    const pool = [question(0, 'Compute 2 + 2.'), question(1, 'Compute 2 + 2.')];
    const known = { isHeldOut: (text: string) => text.includes('2 + 2'), earlier: ['Compute 2 + 2.'] };
    expect(admit(pool, known).map(({ dropped }) => dropped)).toEqual(['held-out', 'held-out']);
  });

  it('drops questions similar to earlier ones, unless another reason applies first', () => {
    const pool = [question(0), question(1), question(2, '', 'no-question'), question(3, 'Compute 0 + 1.')];
    const known = { ...nothing, near: new Set(['q-1', 'q-2', 'q-3']) };
    expect(admit(pool, known).map(({ dropped }) => dropped)).toEqual([null, 'near-earlier', 'invalid', 'duplicate']);
  });

  it('admits only the first occurrence of a text', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'B', ' c', 'c', 'd e', 'd  e')), (texts) => {
        const admitted = admit(
          texts.map((text, at) => question(at, text)),
          nothing,
        ).filter(({ dropped }) => dropped === null);
        const keys = texts.map(sameText);
        expect(admitted.map((one) => one.question.index)).toEqual(
          keys.flatMap((key, at) => (keys.indexOf(key) === at ? [at] : [])),
        );
      }),
    );
  });
});

describe('verdicts', () => {
  const droppedAt = (agreed: number, filter: ConfigInput['filter'] = {}): LabelledQuestion['dropped'] => {
    const pool = [{ question: question(0), dropped: null }];
    return verdictsOf({ iteration: 1, pool, tallies: new Map([['q-0', tally(agreed)]]) }, config(filter))[0].dropped;
  };

  it('keeps the band including both ends', () => {
    const band = { minAgreement: 0.3, maxAgreement: 0.7 };
    expect([0, 2, 3, 5, 7, 8, 10].map((agreed) => droppedAt(agreed, band))).toEqual([
      'no-answer',
      'too-hard',
      null,
      null,
      null,
      'too-easy',
      'too-easy',
    ]);
  });

  it('drops for other wordings: unreadable questions first, disagreeing ones only inside the band', () => {
    const filter = { gate: 'views', unreadable: 'drop' } as const;
    const pool = [{ question: question(0), dropped: null }];
    const droppedWith = (agreed: number, views: ViewSplit | null | undefined): LabelledQuestion['dropped'] =>
      verdictsOf(
        {
          iteration: 1,
          pool,
          tallies: new Map([['q-0', tally(agreed)]]),
          views: new Map(views === undefined ? [] : [['q-0', views]]),
        },
        config(filter),
      )[0].dropped;
    const split = { agree: false, own: 1, others: 0 };
    expect([0, 1, 5, 9].map((agreed) => droppedWith(agreed, null))).toEqual(Array(4).fill('unreadable'));
    expect([0, 1, 5, 9].map((agreed) => droppedWith(agreed, split))).toEqual([
      'no-answer',
      'too-hard',
      'views-disagree',
      'too-easy',
    ]);
    expect(droppedWith(5, { ...split, agree: true })).toBeNull();
    expect(droppedWith(5, undefined)).toBeNull();
  });

  it('with oracle labels, drops questions without a truth before it draws the surplus', () => {
    const pool = [0, 1, 2, 3].map((at) => ({ question: question(at), dropped: null }));
    const tallies = new Map(pool.map(({ question: { id } }) => [id, tally(5)]));
    const odd = (text: string): boolean => Number(/\d/.exec(text)) % 2 === 1;
    const verdicts = (labels: 'majority' | 'oracle'): LabelledQuestion['dropped'][] =>
      verdictsOf(
        { iteration: 1, pool, tallies },
        resolveConfig({ flags: { labels, filter: { maxQuestions: 2 } } }),
        odd,
      ).map(({ dropped }) => dropped);
    expect(verdicts('oracle')).toEqual(['no-truth', null, 'no-truth', null]);
    expect(verdicts('majority').filter((dropped) => dropped === 'surplus')).toHaveLength(2);
    expect(verdicts('majority')).not.toContain('no-truth');
  });

  it('drops a question without votes', () => {
    expect(
      verdictsOf({ iteration: 1, pool: [{ question: question(0), dropped: null }], tallies: new Map() }, config())[0],
    ).toMatchObject({
      dropped: 'no-answer',
      tally: NO_VOTES,
    });
  });

  it('drops the surplus above the limit, drawn by seed', () => {
    const admissions = Array.from({ length: 20 }, (_, at) => ({ question: question(at), dropped: null }));
    const tallies = new Map(admissions.map((one) => [one.question.id, tally(5)]));
    const kept = (seed: number): number[] =>
      verdictsOf({ iteration: 1, pool: admissions, tallies }, { ...config({ maxQuestions: 6 }), seed }).flatMap((one) =>
        one.dropped === null ? [one.question.index] : [],
      );
    const all = admissions.map((_, index) => index);
    for (const seed of [1, 2]) {
      const drawn = new Random(deriveSeed(seed, 1, 'surplus')).shuffle(all).slice(0, 6);
      expect(kept(seed)).toEqual(drawn.toSorted((a, b) => a - b));
    }
  });

  it('counts every question once', () => {
    const admissions = [
      { question: question(0), dropped: null },
      { question: question(1, '', 'no-answer'), dropped: 'invalid' as const },
      { question: question(2), dropped: null },
    ];
    const tallies = new Map([
      ['q-0', tally(5)],
      ['q-2', tally(10)],
    ]);
    const labels = verdictsOf({ iteration: 1, pool: admissions, tallies }, config()).map((one) => ({
      ...one,
      truth: null,
      labelCorrect: null,
    }));
    expect(countVerdicts(labels)).toMatchObject({ kept: 1, invalid: 1, 'too-easy': 1, duplicate: 0 });
    expect(curriculumOf(labels).map((one) => one.question.id)).toEqual(['q-0']);
  });
});
