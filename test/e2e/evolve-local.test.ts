/** A short evolution with the shipped base, the local engine and a database on disk, with a significant gain. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { pairedGain } from '../../src/eval/paired.ts';
import { arithmetic } from '../../src/domains/index.ts';
import { evolve } from '../../src/index.ts';
import { loadCheckpoint } from '../../src/models/checkpoint.ts';
import { openRun } from '../../src/store/sqlite.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-evolve-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('one short iteration improves the shipped base on held-out questions', { timeout: 300_000 }, async () => {
  const evolution = evolve({
    runDir: join(root, 'short'),
    config: {
      model: 'models/arith-base',
      iterations: 1,
      seed: 1,
      challenger: { steps: 2, groups: 8, votes: 6 },
      pool: { questions: 150, chunk: 150 },
      votes: { count: 8, chunk: 150 },
      solver: { steps: 8, prompts: 24, groupSize: 8 },
      evaluation: { questions: 120, samples: 4, chunk: 120, forced: false },
    },
  });
  const summary = await evolution.result;
  expect(summary.outcome).toBe('finished');
  const [base, after] = summary.iterations.map((row) => row.evaluation);
  const gain = pairedGain(base.perQuestion, after.perQuestion);
  expect(gain.difference.value).toBeGreaterThan(0.05);
  expect(gain.p).toBeLessThan(0.01);

  const store = openRun(summary.runDir, { readOnly: true });
  try {
    const labels = store.labels(1);
    expect(labels).toHaveLength(150);
    const curriculum = labels.filter((label) => label.dropped === null);
    expect(summary.iterations[1].kept).toBe(curriculum.length);
    const held = new Set(arithmetic.heldOut.questions(500).map((question) => question.text));
    expect(curriculum.filter(({ question }) => held.has(question.text))).toEqual([]);
    const audited = curriculum.filter((label) => label.labelCorrect !== null);
    const right = audited.filter((label) => label.labelCorrect).length;
    expect(summary.iterations[1].labelAccuracy).toBeCloseTo(right / audited.length, 12);
    // A label is the majority of 8 votes, so more accurate than one attempt.
    expect(right / audited.length).toBeGreaterThan(base.mean.value);
    const stored = new Map(store.metrics({ iteration: 1 }).map(({ name, value }) => [name, value]));
    for (const name of [
      'challenger/reward',
      'solver/reward',
      'solver/kl',
      'solver/entropy',
      'pool/valid',
      'eval/mean',
    ]) {
      expect(stored.get(name), name).toBeTypeOf('number');
    }
    expect(stored.get('solver/sampling/logp_difference_max')).toBeLessThan(1e-3);
    expect(store.attempts({ iteration: 1 }).length).toBeGreaterThan(labels.length * 4);
    expect(store.rollouts({ role: 'solver', iteration: 1 })).toHaveLength(8 * 24);
  } finally {
    store.close();
  }
  expect(existsSync(join(summary.runDir, 'events.jsonl'))).toBe(true);
  const best = await loadCheckpoint(join(summary.runDir, 'best'));
  const shipped = await loadCheckpoint('models/arith-base');
  expect([...best.weights.keys()]).toEqual([...shipped.weights.keys()]);
});
