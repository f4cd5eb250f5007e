import { expect, it } from 'vitest';
import { funnelPath, funnelSteps } from './funnel.ts';

const counts = { posed: 60, valid: 58, distinct: 50, inBand: 30, trainedOn: 20 };

it('counts what is left and says why the rest is not', () => {
  const dropped = { invalid: 2, duplicate: 7, held_out: 1, too_easy: 15, too_hard: 5, surplus: 10 };
  expect(funnelSteps(counts, dropped).map(({ name, count, lost }) => [name, count, ...lost])).toEqual([
    ['posed', 60],
    ['valid', 58, '−2 unusable'],
    ['distinct', 50, '−7 repeated', '−1 in the test'],
    ['in band', 30, '−15 too easy', '−5 too hard'],
    ['trained on', 20, '−10 more than wanted'],
  ]);
});

it('has no shares of an unknown or empty pool', () => {
  const unknown = { posed: 10, valid: null, distinct: null, inBand: null, trainedOn: null };
  expect(funnelSteps(unknown, {}).map(({ share }) => share)).toEqual([1, null, null, null, null]);
  expect(funnelSteps({ ...unknown, posed: 0 }, {})[0].share).toBeNull();
});

it('outlines the known part', () => {
  expect(funnelPath([1, 0.5], 100, 40)).toBe('M0 0L31 0L50 10L100 10L100 30L50 30L31 40L0 40Z');
  expect(funnelPath([1, null], 100, 40)).toBe('M0 0L31 0L31 40L0 40Z');
  expect(funnelPath([null, null], 100, 40)).toBe('');
});
