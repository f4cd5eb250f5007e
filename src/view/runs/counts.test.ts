import { expect, it } from 'vitest';
import type { Metric } from '../../types.ts';
import { countsOf, droppedOf } from './counts.ts';

const metric = (step: number, name: string, value: number): Metric => ({ iteration: 1, stage: 'x', step, name, value });

it('adds up the chunks of a pool that is not filtered yet', () => {
  const propose = [0, 1].flatMap((step) => [metric(step, 'pool/posed', 30), metric(step, 'pool/valid', 28 + step)]);
  expect(countsOf(propose, [])).toEqual({ posed: 60, valid: 57, distinct: null, inBand: null, trainedOn: null });
});

it('takes the newest counts of a pool that was filtered several times', () => {
  const round = (step: number, posed: number): Metric[] =>
    Object.entries({ posed, valid: posed - 1, distinct: posed - 2, in_band: 20, kept: 15, 'dropped/too_easy': 7 }).map(
      ([name, value]) => metric(step, `pool/${name}`, value),
    );
  const filter = [...round(0, 60), ...round(1, 90), metric(1, 'pool/dropped/invalid', 0)];
  expect(countsOf([metric(0, 'pool/posed', 1)], filter)).toEqual({
    posed: 90,
    valid: 89,
    distinct: 88,
    inBand: 20,
    trainedOn: 15,
  });
  expect(droppedOf(filter)).toEqual({ too_easy: 7 });
});

it('keeps the counts while audits follow the filter in steps of their own', () => {
  const filter = [metric(0, 'pool/posed', 60), metric(0, 'pool/kept', 15), metric(0, 'pool/dropped/too_hard', 9)];
  const audited = [...filter, metric(1, 'audit/judge/correct', 4), metric(2, 'audit/views/confirmed', 0.5)];
  expect(countsOf([], audited)).toEqual(countsOf([], filter));
  expect(droppedOf(audited)).toEqual({ too_hard: 9 });
});

it('knows nothing before the first chunk', () => {
  expect(countsOf([], [])).toEqual({ posed: null, valid: null, distinct: null, inBand: null, trainedOn: null });
});
