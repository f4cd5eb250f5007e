/** The worker that evaluates answers: one comparison per message, no state. See `worker-pool.ts`. */
import { parentPort } from 'node:worker_threads';
import { compareAnswers } from './equal.ts';
import { compareByForm } from './evaluate.ts';

/** Two answers as the models wrote them. */
export interface Comparison {
  a: string;
  b: string;
}

parentPort?.on('message', ({ a, b }: Comparison) => {
  parentPort?.postMessage(compareAnswers(a, b, compareByForm));
});
parentPort?.postMessage('ready');
