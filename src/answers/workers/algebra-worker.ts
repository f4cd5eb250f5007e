/** Worker with computer algebra: like `evaluate-worker.ts`, but ready only after the library is loaded. */
import { parentPort } from 'node:worker_threads';
import { Algebra } from '../evaluate/algebra.ts';
import { createComparer } from '../compare/comparer.ts';
import { compareAnswers } from '../compare/equal.ts';
import type { Comparison } from './evaluate-worker.ts';

const algebra = new Algebra();
// The library fills its tables on first use. Doing it at start keeps it out of a task's deadline.
const warm = { kind: 'call', name: 'sin', of: [{ kind: 'symbol', name: 'x' }] } as const;
algebra.compare({ ...warm, of: [...warm.of] }, { ...warm, of: [...warm.of] });

parentPort?.on('message', (comparisons: Comparison[]) => {
  parentPort?.postMessage(
    comparisons.map(({ a, b, rules }) => compareAnswers(a, b, rules, createComparer(rules, algebra))),
  );
});
parentPort?.postMessage('ready');
