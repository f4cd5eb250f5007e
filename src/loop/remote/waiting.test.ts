import { expect, it } from 'vitest';
import type { RunEvent } from '../../events.ts';
import { reportingWaits } from './waiting.ts';

function reported(waits: readonly { service?: string; seconds: number }[]): RunEvent[] {
  const events: RunEvent[] = [];
  const report = reportingWaits((event) => events.push(event));
  for (const { service = 'http://one', seconds } of waits) report({ service, reason: 'no answer', seconds });
  return events;
}

it('an hour of reports from many calls becomes a few dozen events', () => {
  const calls = Array.from({ length: 3600 }, (_, second) => [{ seconds: second + 1 }, { seconds: second / 2 }]).flat();
  const events = reported(calls);
  expect(events.length).toBeLessThan(100);
  expect(events[0]).toEqual({ type: 'waiting', service: 'http://one', reason: 'no answer', seconds: 2 });
  const last = events.at(-1);
  expect(last?.type === 'waiting' && last.seconds > 3200).toBe(true);
});

it('a short wait is not reported, and every service has its own', () => {
  expect(reported([{ seconds: 0.5 }, { seconds: 1.9 }])).toEqual([]);
  expect(reported([{ seconds: 60 }, { service: 'http://two', seconds: 3 }])).toHaveLength(2);
});
