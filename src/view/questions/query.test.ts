import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { queryQuestions, recordOf } from './query.ts';
import { QUESTION_SORTS, type QuestionQuery, type QuestionRow } from './types.ts';

const ROW: QuestionRow = {
  id: 'q-1-pool-0',
  iteration: 1,
  origin: 'pool',
  step: 0,
  index: 0,
  text: 'Compute 3 + 4.',
  length: 14,
  invalid: null,
  label: '7',
  agreement: 0.5,
  attempts: 10,
  bars: [5, 5],
  unanswered: 0,
  truth: '7',
  labelCorrect: true,
  illPosed: false,
  dropped: null,
  decided: true,
  difficulty: 1,
};

/** Records of rows that differ from `ROW` as given; ids are numbers in order. */
function recordsOf(...changes: Partial<QuestionRow>[]) {
  return changes.map((change, at) => recordOf({ ...ROW, id: String(at), ...change }));
}

function idsOf(records: ReturnType<typeof recordsOf>, query: QuestionQuery): string[] {
  return queryQuestions(records, query).rows.map(({ id }) => id);
}

describe('a query', () => {
  it('searches text, label, truth and id, in any case and spacing', () => {
    const records = recordsOf(
      { text: 'What  is\nTWO plus two?' },
      { label: '2/3' },
      { truth: 'Zwei' },
      { text: 'none' },
    );
    expect(idsOf(records, { search: ' is two ' })).toEqual(['0']);
    expect(idsOf(records, { search: '2/3' })).toEqual(['1']);
    expect(idsOf(records, { search: 'zwei' })).toEqual(['2']);
    expect(idsOf(records, { search: 'none' })).toEqual(['3']);
  });

  it('looks at the whole text, not only at what a row shows', () => {
    expect(queryQuestions([recordOf(ROW, `${ROW.text} And a hidden end`)], { search: 'hidden END' }).total).toBe(1);
  });

  it('filters by verdict only what is decided', () => {
    const records = recordsOf({}, { dropped: 'too-easy' }, { decided: false }, { dropped: 'invalid', agreement: null });
    expect(idsOf(records, { verdict: 'kept' })).toEqual(['0']);
    expect(idsOf(records, { verdict: 'too-easy' })).toEqual(['1']);
    expect(idsOf(records, { verdict: 'invalid' })).toEqual(['3']);
  });

  it('separates wrong labels from questions without a right one', () => {
    const illPosed = { truth: null, labelCorrect: null, illPosed: true };
    const records = recordsOf({}, { labelCorrect: false }, illPosed, { truth: null, labelCorrect: null });
    expect(idsOf(records, { label: 'right' })).toEqual(['0']);
    expect(idsOf(records, { label: 'wrong' })).toEqual(['1']);
    expect(idsOf(records, { label: 'ill-posed' })).toEqual(['2']);
  });

  it('includes the bounds of the agreement, and leaves out questions without one', () => {
    const records = recordsOf({ agreement: 0.3 }, { agreement: 0.29 }, { agreement: 0.8 }, { agreement: null });
    expect(idsOf(records, { agreement: [0.3, 0.8] })).toEqual(['0', '2']);
  });

  it('combines filters, and counts before it pages', () => {
    const records = recordsOf(
      {},
      { iteration: 2 },
      { iteration: 2, origin: 'training' },
      { iteration: 2 },
      { iteration: 2 },
    );
    const query: QuestionQuery = { iterations: [2, 3], origin: 'pool', offset: 1, limit: 1 };
    expect(queryQuestions(records, query)).toMatchObject({ total: 3, all: 5, rows: [{ id: '3' }] });
  });

  it('sorts by a measure in both directions; questions without it come last, and equal ones keep their order', () => {
    const records = recordsOf({ difficulty: 2 }, { difficulty: null }, { difficulty: 1 }, { difficulty: 2 });
    expect(idsOf(records, { sort: 'difficulty' })).toEqual(['2', '0', '3', '1']);
    expect(idsOf(records, { sort: 'difficulty', descending: true })).toEqual(['0', '3', '2', '1']);
    expect(idsOf(records, { descending: true })).toEqual(['3', '2', '1', '0']);
  });

  it('returns at most 500 questions', () => {
    const records = recordsOf(...Array.from({ length: 600 }, () => ({})));
    expect(queryQuestions(records, { limit: 10_000 })).toMatchObject({ total: 600, rows: { length: 500 } });
  });

  it('pages through every matching question once, in any order', () => {
    const row = fc.record({
      agreement: fc.option(fc.constantFrom(0, 0.25, 0.5, 1)),
      difficulty: fc.option(fc.integer({ min: 0, max: 3 })),
      iteration: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 40 }),
        fc.constantFrom(...QUESTION_SORTS),
        fc.boolean(),
        fc.integer({ min: 1, max: 7 }),
        (rows, sort, descending, limit) => {
          const records = recordsOf(...rows);
          const found: string[] = [];
          for (let offset = 0; offset < records.length; offset += limit) {
            found.push(...idsOf(records, { sort, descending, iterations: [1, 2], offset, limit }));
          }
          const wanted = records.filter(({ row: { iteration } }) => iteration < 3).map(({ row: { id } }) => id);
          expect(found.toSorted()).toEqual(wanted.toSorted());
        },
      ),
    );
  });
});
