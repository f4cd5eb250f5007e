/**
 * A process that commits until something stops it. `crash.test.ts` kills it, or runs it under a limit on file sizes.
 * Prints `committed N` after each commit, and the error that ended it.
 * Arguments: folder of the run, bytes of one commit.
 */

import { RzeroError } from '../errors.ts';
import { sampleMeta, sampleQuestion } from './samples.contract.ts';
import { createRun } from './sqlite.ts';

const [dir, bytes] = process.argv.slice(2);
const store = createRun(dir, sampleMeta);
try {
  for (let step = 1; step < 1_000_000; step++) {
    const completion = 'x'.repeat(Number(bytes));
    store.commit({
      cursor: { iteration: 1, stage: 'propose', step },
      questions: [sampleQuestion({ step, completion })],
    });
    console.log(`committed ${step}`);
  }
} catch (error) {
  if (!(error instanceof RzeroError)) throw error;
  console.log(`failed: ${error.message}`);
}
