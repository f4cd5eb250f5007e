import { expect, it } from 'vitest';
import { viewsVerdict } from './view-gate.ts';

const [agreeing, differing] = [true, false].map((agree) => ({ agree, own: 1, others: 1 }));

it('drops what has no other wordings, or another answer on them, only if the settings say so', () => {
  const verdicts = (gate: 'off' | 'views', unreadable: 'keep' | 'drop'): (string | null)[] =>
    [undefined, null, agreeing, differing].map((views) => viewsVerdict(views, { gate, unreadable }));
  expect(verdicts('off', 'keep')).toEqual([null, null, null, null]);
  expect(verdicts('views', 'keep')).toEqual([null, null, null, 'views-disagree']);
  expect(verdicts('off', 'drop')).toEqual([null, 'unreadable', null, null]);
  expect(verdicts('views', 'drop')).toEqual([null, 'unreadable', null, 'views-disagree']);
});
