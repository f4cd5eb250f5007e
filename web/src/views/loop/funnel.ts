/** The funnel from posed questions to trained ones: its steps, what each loses, and its outline. Pure. */

import { count } from '../../../../src/text/numbers.ts';
import type { LoopCounts } from '../../../../src/view/runs/types.ts';

export interface FunnelStep {
  key: keyof LoopCounts;
  name: string;
  count: number | null;
  /** Share of the posed questions, 0..1; null if unknown. */
  share: number | null;
  /** What was dropped before this step, e.g. `−11 too easy`. */
  lost: string[];
}

/** The steps, and the reasons for which a question does not reach them. */
const STEPS: readonly (readonly [keyof LoopCounts, string, readonly string[]])[] = [
  ['posed', 'posed', []],
  ['valid', 'valid', ['invalid']],
  ['distinct', 'distinct', ['duplicate', 'near_earlier', 'held_out']],
  [
    'inBand',
    'in band',
    [
      'no_answer',
      'too_easy',
      'too_hard',
      'forbidden_text',
      'no_truth',
      'unreadable',
      'views_disagree',
      'verifier_rejects',
    ],
  ],
  ['trainedOn', 'trained on', ['surplus']],
];

const REASONS: Readonly<Record<string, string>> = {
  invalid: 'unusable',
  duplicate: 'repeated',
  near_earlier: 'like an earlier one',
  held_out: 'in the test',
  no_answer: 'without an answer',
  too_easy: 'too easy',
  too_hard: 'too hard',
  forbidden_text: 'with forbidden text',
  no_truth: 'without a true answer',
  unreadable: 'without other wordings',
  views_disagree: 'with another answer in other words',
  verifier_rejects: 'refused by the Verifier',
  surplus: 'more than wanted',
};

/** Returns the five steps of an iteration. */
export function funnelSteps(counts: LoopCounts, dropped: Readonly<Record<string, number>>): FunnelStep[] {
  const { posed } = counts;
  return STEPS.map(([key, name, reasons]) => {
    const number = counts[key];
    return {
      key,
      name,
      count: number,
      share: number === null || posed === null || posed === 0 ? null : Math.min(1, number / posed),
      lost: reasons.flatMap((reason) =>
        Object.hasOwn(dropped, reason) ? [`−${count(dropped[reason])} ${REASONS[reason] ?? reason}`] : [],
      ),
    };
  });
}

/** A column is flat over this part of its width; the rest leads to the next one. */
const FLAT = 0.62;

/**
 * Returns the outline of the funnel in a box of `width` × `height`, one column per share, as the path of an area. It ends
 * at the first unknown share.
 */
export function funnelPath(shares: readonly (number | null)[], width: number, height: number): string {
  const known = shares.slice(0, shares.includes(null) ? shares.indexOf(null) : shares.length);
  const column = width / Math.max(1, shares.length);
  const top = known.flatMap((share, at) => {
    const y = (height / 2) * (1 - Math.max(share ?? 0, 0.004));
    return [
      `${round(at * column)} ${round(y)}`,
      `${round((at + (at === shares.length - 1 ? 1 : FLAT)) * column)} ${round(y)}`,
    ];
  });
  const bottom = top.toReversed().map((point) => {
    const [x, y] = point.split(' ').map(Number);
    return `${x} ${round(height - y)}`;
  });
  return known.length === 0 ? '' : `M${[...top, ...bottom].join('L')}Z`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
