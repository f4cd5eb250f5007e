/** Whole runs whose Solver is trained with a reward that uses no label. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../test/fixtures/scripted/arithmetic-base.ts';
import type { LabelFreeName } from '../rewards/label-free/label-free.ts';
import type { RunStore } from '../store/store.ts';
import { evolve, resume } from './evolve.ts';
import { Killed, killedAt, memoryRun, remains, shortConfig } from './loop.contract.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-label-free-'));
const base = join(root, 'base');
beforeAll(async () => writeArithmeticBase(base));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function runOf(name: string, reward: LabelFreeName): RunStore {
  const solver = { ...shortConfig(base).solver, reward, restrainBelow: 1, dropZeroVariance: true };
  return memoryRun(join(root, name), shortConfig(base, { iterations: 1, solver }));
}

/** Each reward with its part, and whether that differs in this model, which draws only the answer's digit. */
const PARTS: [LabelFreeName, string, boolean][] = [
  ['majority', 'majority', true],
  ['self-certainty', 'self_certainty', false],
  ['entropy', 'negative_entropy', false],
  ['likelihood', 'likelihood', true],
  ['consensus', 'consensus', true],
  ['restrain', 'share', true],
];

it.each(PARTS)('trains with the reward %s, on the same questions as with labels', async (reward, part, varies) => {
  const store = runOf(reward, reward);
  await evolve({ config: store.meta().config, store }).result;
  const rollouts = store.rollouts({ role: 'solver', iteration: 1 }).flatMap((group) => group.rollouts);
  expect(rollouts.length).toBeGreaterThan(0);
  for (const { parts } of rollouts) expect(Number.isFinite(parts[part])).toBe(true);
  const values = new Set(rollouts.map(({ parts }) => parts[part]));
  expect(values.size > 1).toBe(varies);
  const names = store.metrics({ iteration: 1, stage: 'train-solver' }).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining([`solver/${part}`, 'solver/correct']));

  const labelled = memoryRun(join(root, `${reward}-labels`), shortConfig(base, { iterations: 1 }));
  await evolve({ config: labelled.meta().config, store: labelled }).result;
  expect(store.labels(1)).toEqual(labelled.labels(1));
});

it('lowers every advantage of an inconsistent group, and trains on it', async () => {
  const store = runOf('penalty', 'restrain');
  await evolve({ config: store.meta().config, store }).result;
  const groups = store.rollouts({ role: 'solver', iteration: 1 });
  const inconsistent = groups.filter(({ rollouts }) => rollouts.every(({ parts }) => parts.consistent === 0));
  expect(inconsistent.length).toBeGreaterThan(0);
  for (const { rollouts } of inconsistent) {
    expect(rollouts.map(({ advantage }) => advantage)).toEqual(rollouts.map(() => -1));
  }
  const trained = store
    .metrics({ iteration: 1, stage: 'train-solver' })
    .filter(({ name }) => name === 'solver/examples');
  const byStep = trained.map(({ step, value }) => {
    const teaching = groups.filter(
      (group) => group.step === step && group.rollouts.some(({ advantage }) => advantage !== 0),
    );
    return value === teaching.flatMap(({ rollouts }) => rollouts).length;
  });
  expect(byStep).toEqual(trained.map(() => true));
});

it('resumes to the same weights', async () => {
  const whole = runOf('whole', 'likelihood');
  await evolve({ config: whole.meta().config, store: whole }).result;
  const store = runOf('killed', 'likelihood');
  const { config } = store.meta();
  await expect(evolve({ config, store: killedAt(store, 6, 'before') }).result).rejects.toThrow(Killed);
  await resume(store.dir, { store }).result;
  expect(remains(store)).toEqual(remains(whole));
});
