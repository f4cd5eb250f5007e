/** How the votes on a held-out question change from iteration to iteration. Pure. */

import type { HeldOutMoment, HeldOutRow } from '../../../../../src/view/questions/types.ts';

export const HELD_OUT_SORTS = ['order', 'improved', 'worsened', 'flips', 'hardest'] as const;
export type HeldOutSort = (typeof HELD_OUT_SORTS)[number];

/** A question with what its votes do over the iterations. */
export interface Followed {
  row: HeldOutRow;
  /** Share of right attempts, last minus first, -1..1. */
  change: number;
  /** How often the majority answer becomes right or wrong. */
  flips: number;
  /** Share of right attempts in the last iteration. */
  last: number;
}

/** Follows a question through its iterations. */
export function follow(row: HeldOutRow): Followed {
  const { moments } = row;
  const last = moments.at(-1)?.score ?? 0;
  const flips = moments.filter(({ majority }, at) => at > 0 && majority !== moments[at - 1].majority).length;
  return { row, change: last - (moments.at(0)?.score ?? 0), flips, last };
}

/** What became of a question since the base model. */
export type Course = 'improved' | 'worsened' | 'flipping' | 'solved' | 'unsolved' | 'same';

/** `flipping`: its majority changed at least twice. `solved`, `unsolved`: always all right, never right. */
export function courseOf({ row: { moments }, change, flips }: Followed): Course {
  if (flips >= 2) return 'flipping';
  if (change > 0) return 'improved';
  if (change < 0) return 'worsened';
  if (moments.every(({ score }) => score === 1)) return 'solved';
  return moments.every(({ score }) => score === 0) ? 'unsolved' : 'same';
}

const ORDERS: Readonly<Record<HeldOutSort, (a: Followed, b: Followed) => number>> = {
  order: () => 0,
  improved: (a, b) => b.change - a.change,
  worsened: (a, b) => a.change - b.change,
  flips: (a, b) => b.flips - a.flips || Math.abs(b.change) - Math.abs(a.change),
  hardest: (a, b) => a.last - b.last,
};

export interface HeldOutFilter {
  search: string;
  course: Course | null;
  sort: HeldOutSort;
}

/** Returns the questions that match, sorted; equal ones keep the order of the test. */
export function chosen(all: readonly Followed[], { search, course, sort }: HeldOutFilter): Followed[] {
  const words = search.trim().toLowerCase();
  return all
    .filter((one) => (course === null || courseOf(one) === course) && (words === '' || contains(one.row, words)))
    .toSorted(ORDERS[sort]);
}

function contains({ id, text, answer }: HeldOutRow, words: string): boolean {
  return [id, text, answer].some((part) => part !== null && part.toLowerCase().includes(words));
}

/** Sizes of the vote groups of a moment with whether each is right. */
export function barsOf({ groups }: HeldOutMoment): { sizes: number[]; right: boolean[] } {
  return { sizes: groups.map(({ count }) => count), right: groups.map((one) => one.right) };
}
