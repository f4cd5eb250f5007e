/** The worker that evaluates answers: a list of comparisons per message, no state. See `worker-pool.ts`. */
import { parentPort } from 'node:worker_threads';
import { createComparer } from '../compare/comparer.ts';
import { compareAnswers } from '../compare/equal.ts';
import type { Rules } from '../mode.ts';

/** Two answers as the models wrote them. */
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
