import { describe, expect, it } from 'vitest';
import type { HeldOutMoment, HeldOutRow } from '../../../../../src/view/questions/types.ts';
import { chosen, courseOf, follow } from './changes.ts';

function rowOf(id: string, scores: readonly number[]): HeldOutRow {
  const moments = scores.map((score, iteration): HeldOutMoment => ({
    iteration,
    groups: [],
    unanswered: 0,
    attempts: 4,
    score,
    majority: score > 0.5,
    greedy: false,
  }));
  return { id, text: `Question ${id}`, answer: '1', moments };
}

const rows = [
  rowOf('a', [0, 0.25, 0.75]),
  rowOf('b', [1, 0.5, 0.25]),
  rowOf('c', [0, 1, 0, 1]),
  rowOf('d', [1, 1, 1]),
  rowOf('e', [0, 0, 0]),
  rowOf('f', [0.5, 0.5, 0.5]),
];
const all = rows.map(follow);

describe('held-out questions through time', () => {
  it('improve, worsen, flip, or stay', () => {
    expect(all.map(courseOf)).toEqual(['improved', 'worsened', 'flipping', 'solved', 'unsolved', 'same']);
    expect(all.map(({ change }) => change)).toEqual([0.75, -0.75, 1, 0, 0, 0]);
    expect(all.map(({ flips }) => flips)).toEqual([1, 1, 3, 0, 0, 0]);
  });

  it('are sorted by how they change', () => {
    const ids = (sort: Parameters<typeof chosen>[1]['sort']): string =>
      chosen(all, { search: '', course: null, sort })
        .map(({ row }) => row.id)
        .join('');
    expect(ids('order')).toBe('abcdef');
    expect(ids('improved')).toBe('cadefb');
    expect(ids('worsened')).toBe('bdefac');
    expect(ids('flips')).toBe('cabdef');
    expect(ids('hardest')).toBe('ebfacd');
  });

  it('are found by text and course', () => {
    const filter = { search: 'QUESTION b', course: null, sort: 'order' } as const;
    expect(chosen(all, filter).map(({ row }) => row.id)).toEqual(['b']);
    expect(chosen(all, { ...filter, search: '', course: 'solved' }).map(({ row }) => row.id)).toEqual(['d']);
  });
});
