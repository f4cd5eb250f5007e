/**
 * Supervised training with the shipped base, the local engine and labelled questions outside the test, with a
 * significant gain.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { pairedGain } from '../../src/eval/paired.ts';
import { arithmetic } from '../../src/domains/index.ts';
import { evolve } from '../../src/index.ts';
import { openRun } from '../../src/store/sqlite.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-finetune-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('a few steps on labelled data improve the shipped base on the test', { timeout: 300_000 }, async () => {
  const evolution = evolve({
    runDir: join(root, 'labels'),
    config: {
      model: 'models/arith-base',
      seed: 1,
      solver: { steps: 8, prompts: 24, groupSize: 8 },
      evaluation: { questions: 120, samples: 4, chunk: 120, forced: false },
      finetune: { data: 200 },
    },
  });
  const summary = await evolution.result;
  expect(summary).toMatchObject({ outcome: 'finished', best: 1, supervised: true });
  const [base, after] = summary.iterations.map((row) => row.evaluation);
  const gain = pairedGain(base.perQuestion, after.perQuestion);
  expect(gain.difference.value).toBeGreaterThan(0.05);
  expect(gain.p).toBeLessThan(0.01);

  const store = openRun(summary.runDir, { readOnly: true });
  try {
    const groups = store.rollouts({ role: 'solver', iteration: 1 });
    expect(groups).toHaveLength(8 * 24);
    for (const { prompt, label } of groups) expect(label).toBe(arithmetic.truth(prompt));
    expect(groups.filter(({ prompt }) => arithmetic.heldOut.includes(prompt))).toEqual([]);
    expect(store.attempts({ iteration: 1 })).toEqual([]);
  } finally {
    store.close();
  }
});
