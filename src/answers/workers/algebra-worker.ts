/** The worker with the computer algebra: as `evaluate-worker.ts`, ready only when the library is loaded. */
import { parentPort } from 'node:worker_threads';
import { Algebra } from '../evaluate/algebra.ts';
import { createComparer } from '../compare/comparer.ts';
import { compareAnswers } from '../compare/equal.ts';
import type { Comparison } from './evaluate-worker.ts';

const algebra = new Algebra();
// Its tables are filled at the first use: that belongs to the start, not to somebody's deadline.
const warm = { kind: 'call', name: 'sin', of: [{ kind: 'symbol', name: 'x' }] } as const;
algebra.compare({ ...warm, of: [...warm.of] }, { ...warm, of: [...warm.of] });

parentPort?.on('message', (comparisons: Comparison[]) => {
  parentPort?.postMessage(
    comparisons.map(({ a, b, rules }) => compareAnswers(a, b, rules, createComparer(rules, algebra))),
  );
});
parentPort?.postMessage('ready');
