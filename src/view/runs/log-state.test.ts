import { expect, it } from 'vitest';
import type { RunEvent, ShownQuestion } from '../../events.ts';
import { addEvent, emptyLog, type LogState, NEWEST_SHOWN, stageKey } from './log-state.ts';

const after = (...events: RunEvent[]): LogState => {
  const state = emptyLog();
  events.forEach((event, at) => addEvent(state, { v: 1, run: 'r', at: '', seq: at + 1, ...event }));
  return state;
};
const place = { iteration: 1, stage: 'vote' } as const;
const step: RunEvent = { type: 'step', ...place, step: 0, steps: 4, seconds: 1, remainingSeconds: 3, metrics: {} };
const question = (text: string): ShownQuestion => ({ text, votes: [], attempts: 6, label: null, truth: null });

it('keeps the plan, the estimate and the closing metrics of a stage', () => {
  const start: RunEvent = { type: 'stage-start', ...place, steps: 4, done: 0, title: 'other work' };
  const running = after(start, step).stages.get(stageKey(1, 'vote'));
  expect(running).toEqual({ steps: 4, title: 'other work', remaining: 3, metrics: null });
  const end: RunEvent = { type: 'stage-end', ...place, seconds: 4, metrics: { 'pool/agreement': 0.5 } };
  const ended = after(start, step, end).stages.get(stageKey(1, 'vote'));
  expect(ended).toMatchObject({ remaining: null, metrics: { 'pool/agreement': 0.5 } });
});

it('knows a stage whose start is not in the log', () => {
  expect(after(step).stages.get(stageKey(1, 'vote'))).toMatchObject({ steps: 4, remaining: 3 });
});

it('keeps the newest questions, the newest first, with bounded texts', () => {
  const events = Array.from({ length: 20 }, (_, at): RunEvent => {
    return { type: 'questions', ...place, shown: [question(`a${at}`), question('b'.repeat(100_000))] };
  });
  const { newest, seq } = after(...events);
  expect(seq).toBe(20);
  expect(newest).toHaveLength(NEWEST_SHOWN);
  expect(newest[0]).toMatchObject({ text: 'a19', iteration: 1, stage: 'vote', seq: 20, at: 0 });
  expect(newest[1].text).toHaveLength(2000);
});
