/**
 * Worker that evaluates answers: a list of comparisons per message, no state. `worker-pool.ts` starts and
 * stops it.
 */
import { parentPort } from 'node:worker_threads';
import { createComparer } from '../compare/comparer.ts';
import { compareAnswers } from '../compare/equal.ts';
import type { Rules } from '../mode.ts';

/** Two answers as models wrote them. */
export interface Comparison {
  a: string;
  b: string;
  rules: Rules;
}

parentPort?.on('message', (comparisons: Comparison[]) => {
  parentPort?.postMessage(
    comparisons.map(({ a, b, rules }) => compareAnswers(a, b, rules, createComparer(rules, null))),
  );
});
parentPort?.postMessage('ready');
