/** The worker that evaluates answers: one comparison per message, no state. See `worker-pool.ts`. */
import { parentPort } from 'node:worker_threads';
import { createComparer } from './comparer.ts';
import { compareAnswers } from './equal.ts';
import type { Rules } from './mode.ts';

/** Two answers as the models wrote them. */
export interface Comparison {
  a: string;
  b: string;
  rules: Rules;
}

parentPort?.on('message', ({ a, b, rules }: Comparison) => {
  parentPort?.postMessage(compareAnswers(a, b, rules, createComparer(rules, null)));
});
parentPort?.postMessage('ready');
