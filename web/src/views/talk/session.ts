/** The exchanges of this session, by run. They stay when the user looks at another view. */

import { type Signal, signal } from '@preact/signals';
import type { TalkRequest } from '../../../../src/view/talk/types.ts';
import { ask } from './ask.ts';
import { applyEvent, type Exchange, newExchange } from './exchange.ts';

/** The newest exchange first. */
const histories = new Map<string, Signal<readonly Exchange[]>>();
/** Aborts the exchange that is running, by its number. */
const running = new Map<number, AbortController>();
let count = 0;

/** Exchanges that are kept per run. */
const KEPT = 50;

/** Returns the history of a run. */
export function historyOf(run: string): Signal<readonly Exchange[]> {
  const history = histories.get(run) ?? signal<readonly Exchange[]>([]);
  histories.set(run, history);
  return history;
}

/** Asks, and adds the exchange to the history of the run as it grows. */
export async function begin(run: string, request: TalkRequest): Promise<void> {
  const history = historyOf(run);
  const id = ++count;
  const controller = new AbortController();
  running.set(id, controller);
  history.value = [newExchange(id, request), ...history.value].slice(0, KEPT);
  const change = (next: (exchange: Exchange) => Exchange): void => {
    history.value = history.value.map((exchange) => (exchange.id === id ? next(exchange) : exchange));
  };
  try {
    await ask(request, controller.signal, (event) => change((exchange) => applyEvent(exchange, event)));
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    change((exchange) =>
      controller.signal.aborted ? { ...exchange, state: 'stopped' } : { ...exchange, state: 'failed', problem },
    );
  } finally {
    running.delete(id);
  }
}

/** Stops an exchange; what was said stays. */
export function stop(id: number): void {
  running.get(id)?.abort();
}
