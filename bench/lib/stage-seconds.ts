import type { RunEvent } from '../../src/events.ts';

/** Sums the wall seconds of every kind of stage, over all iterations. */
export function stageSeconds(events: readonly RunEvent[]): Record<string, number> {
  const seconds: Record<string, number> = {};
  for (const event of events) {
    if (event.type === 'stage-end') seconds[event.stage] = (seconds[event.stage] ?? 0) + event.seconds;
  }
  return seconds;
}
