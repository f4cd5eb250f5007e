/** The domain `code` with a tiny random transformer on the local engine and a database on disk. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { code } from '../../src/domains/index.ts';
import { evolve } from '../../src/index.ts';
import { openRun } from '../../src/store/sqlite.ts';
import { writeRandomCodeBase } from '../fixtures/code/code-base.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-code-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A token is a whole text. */
const maxTokens = 1;

it('evolves a tiny model on programs, with computed labels', { timeout: 300_000 }, async () => {
  const model = join(root, 'model');
  await writeRandomCodeBase(model);
  const { result } = evolve({
    runDir: join(root, 'run'),
    config: {
      model,
      domain: 'code',
      engine: { threads: 1 },
      iterations: 1,
      seed: 4,
      challenger: { steps: 1, groups: 4, groupSize: 4, votes: 8, maxTokens },
      pool: { questions: 40, chunk: 40, maxTokens, dropDuplicates: false },
      votes: { count: 16, chunk: 40, maxTokens },
      filter: { minQuestions: 2, minAgreement: 0.05, maxAgreement: 0.95 },
      solver: { steps: 1, prompts: 4, groupSize: 16, maxTokens },
      evaluation: { questions: 6, samples: 2, chunk: 6, maxTokens },
      monitors: { action: 'off' },
    },
  });
  const summary = await result;
  expect(summary.outcome).toBe('finished');
  expect(summary.iterations[1].labels).toMatchObject({ computed: true, labels: summary.iterations[1].kept });

  const store = openRun(summary.runDir, { readOnly: true });
  try {
    const kept = store.labels(1).filter(({ dropped }) => dropped === null);
    expect(kept.length).toBeGreaterThan(1);
    for (const { question, tally } of kept) expect(tally.label).toBe(code.truth(question.text));
    const rewards = store.rollouts({ role: 'solver', iteration: 1 }).flatMap(({ rollouts }) => rollouts);
    expect(rewards.map(({ reward }) => reward)).toContain(1);
  } finally {
    store.close();
  }
});
