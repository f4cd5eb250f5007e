/** Runs every preset to its end on the scripted engine, with small sizes. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/load.ts';
import { evolve } from '../../src/loop/evolve.ts';
import { memoryRun } from '../../src/loop/loop.contract.ts';
import { SCRIPTED } from '../engines/scripted/config.ts';
import { writeArithmeticBase } from '../fixtures/scripted/arithmetic-base.ts';

let root: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-presets-'));
  await writeArithmeticBase(join(root, 'base'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

it.each([
  { preset: 'paper', states: ['challenger-1-step-5', 'solver-1-step-15'], parts: ['correct'] },
  { preset: 'repo', states: ['challenger-1-step-5', 'solver-1-step-15'], parts: ['correct', 'think'] },
  { preset: 'modern', states: ['challenger-1-step-5', 'solver-1-step-15'], parts: ['correct'] },
])('$preset', async ({ preset, states, parts }) => {
  const config = resolveConfig({
    files: [preset, 'on-arithmetic'],
    flags: {
      model: join(root, 'base'),
      iterations: 1,
      engine: SCRIPTED,
      challenger: { groups: 4, updates: 2, groupSize: 3, votes: 4, maxTokens: 24, learningRate: 0.01 },
      pool: { questions: 32, maxTokens: 24 },
      votes: { maxTokens: 6 },
      filter: { minQuestions: 1 },
      solver: { prompts: 4, groupSize: 3, maxTokens: 6, learningRate: 0.01 },
      evaluation: { questions: 4, samples: 2, maxTokens: 6 },
    },
  });
  const store = memoryRun(join(root, preset), config);
  const summary = await evolve({ config, store }).result;
  expect(summary.outcome).toBe('finished');
  expect(readdirSync(join(store.dir, 'weights')).toSorted()).toEqual(states);
  expect(store.metrics({ name: 'solver/reward' })).toHaveLength(config.solver.steps);
  const [group] = store.rollouts({ role: 'solver', iteration: 1 });
  expect(Object.keys(group.rollouts[0].parts)).toEqual(parts);
  expect(
    store.attempts({ iteration: 1 }).filter(({ questionId }) => questionId.includes('pool')).length %
      config.votes.count,
  ).toBe(0);
});
