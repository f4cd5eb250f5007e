import { expect, it } from 'vitest';
import type { TalkEvent } from '../../../../src/view/talk/types.ts';
import { applyEvent, newExchange, progressOf } from './exchange.ts';

const REQUEST = {
  models: ['a', 'b'],
  role: 'solver' as const,
  question: '1 + 1?',
  samples: 2,
  temperature: null,
  seed: null,
};
const END = { tokens: 3, stop: 'stop' as const, reading: '2', truth: null, invalid: null };

it('puts the texts of samples together, next to those of other models', () => {
  const events: TalkEvent[] = [
    { kind: 'open', at: 1, truth: '2' },
    { kind: 'text', at: 1, sample: 0, text: 'It ' },
    { kind: 'text', at: 1, sample: 1, text: 'two' },
    { kind: 'text', at: 1, sample: 0, text: 'is 2' },
    { kind: 'end', at: 1, sample: 0, ...END },
    { kind: 'failed', at: 0, message: 'gone' },
  ];
  const after = events.reduce(applyEvent, newExchange(1, REQUEST));
  expect(after.columns[1]).toMatchObject({ state: 'open', truth: '2', votes: null });
  expect(after.columns[1].samples).toEqual([
    { text: 'It is 2', end: END },
    { text: 'two', end: null },
  ]);
  expect(after.columns[0]).toMatchObject({ state: 'failed', message: 'gone' });
  expect(progressOf(after)).toEqual({ done: 1, total: 2 });
  expect(after.state).toBe('running');
  const votes = [{ answer: '2', count: 2, isTrue: true }];
  const last: TalkEvent[] = [
    { kind: 'votes', at: 1, votes, unanswered: 0 },
    { kind: 'done', seed: 5 },
  ];
  expect(last.reduce(applyEvent, after)).toMatchObject({ state: 'done', seed: 5, columns: [{}, { votes }] });
});
