/**
 * Writes a log line by line, some lines in two parts, for a reader in another process:
 * `tsx log-writer.contract.ts DIR EVENTS`.
 */

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { EVENT_FORMAT, type RunEvent, type StampedEvent } from '../../events.ts';
import { appendEvent, EVENTS_FILE } from './event-log.ts';
import { sampleSummary } from '../samples.contract.ts';

const [dir, count] = process.argv.slice(2);

const stamped = (seq: number, event: RunEvent): StampedEvent => {
  return { v: EVENT_FORMAT, run: 'a-run', seq, at: new Date().toISOString(), ...event };
};

for (let seq = 1; seq < Number(count); seq++) {
  const event = stamped(seq, { type: 'warning', message: 'é'.repeat(seq) });
  if (seq % 10 === 0) {
    const line = Buffer.from(`${JSON.stringify(event)}\n`);
    appendFileSync(join(dir, EVENTS_FILE), line.subarray(0, line.length - 4));
    await setTimeout(1);
    appendFileSync(join(dir, EVENTS_FILE), line.subarray(line.length - 4));
  } else {
    appendEvent(dir, event);
  }
}
appendEvent(dir, stamped(Number(count), { type: 'run-end', summary: sampleSummary('finished') }));
