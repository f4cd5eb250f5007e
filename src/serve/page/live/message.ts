/** Messages of an event stream (`text/event-stream`), as browsers' `EventSource` reads them. */

import type { StampedEvent } from '../../../events.ts';

/**
 * Names of messages. `run`: a logged event, with its number as id. `passing`: a passing event. `state`: whether a process
 * works on the run. `reset`: events were missed, so everything should be loaded again. `gone`: the run was deleted.
 */
export type MessageName = 'run' | 'passing' | 'state' | 'reset' | 'gone';

/** Writes a message. JSON has no line breaks of its own, so that `data` is one line. */
export function messageText(name: MessageName, data: unknown, id?: number): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** The message of an event of a run. */
export function eventMessage(event: StampedEvent, isPassing: boolean): string {
  return isPassing ? messageText('passing', event) : messageText('run', event, event.seq);
}

/** A comment: keeps connections open through proxies, and finds out which are dead. */
export const HEARTBEAT = ': still here\n\n';

/** The first text of a stream: how long a browser waits before it connects again. */
export const OPENING = 'retry: 2000\n\n';
