/** Preference training as a stage: its steps are committed, and a stopped phase ends like an undisturbed one. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { RunEvent } from '../../events.ts';
import type { RunStore } from '../../store/store.ts';
import type { RunContext } from '../context.ts';
import { memoryRun, shortConfig, weightFiles } from '../loop.contract.ts';
import { openOldRun } from '../run/open-run.ts';
import { sweepStates } from '../training/weights.ts';
import { type PreferencePlan, trainOnPreferences } from './train-preferences.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-preferences-'));
const model = join(root, 'base');
let config: RunConfig;
beforeAll(async () => {
  await writeArithmeticBase(model);
  config = shortConfig(model);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Creates a run at the Solver's stage of its first iteration. */
function atSolver(name: string): RunStore {
  const store = memoryRun(join(root, name), config);
  store.commit({ cursor: { iteration: 1, stage: 'train-solver', step: 0 } });
  return store;
}

function planOf({ base, tokenizer }: RunContext): PreferencePlan {
  const pairs = ['Sam', 'Eva', 'Tom', 'Mia', 'Max'].map((name) => ({
    task: `Pose a question about ${name}.`,
    prompt: tokenizer.encode(`Pose a question about ${name}.`),
    chosen: tokenizer.encode(`${name} has 4 stones.`),
    rejected: tokenizer.encode('Compute 3 + 4.'),
  }));
  return { iteration: 1, start: base, pairs, perStep: 2, steps: 50, dials: { beta: 2 } };
}

/** Plays sessions, each stopped after a number of steps. */
async function played(store: RunStore, sessions: readonly number[]): Promise<RunStore> {
  for (const steps of sessions) {
    const stopping = new AbortController();
    let done = 0;
    const publish = (event: RunEvent): void => {
      if (event.type === 'step' && ++done === steps) stopping.abort();
    };
    const { ctx, close } = await openOldRun(store.dir, { store }, { publish, stop: stopping.signal });
    await sweepStates(ctx);
    const trained = trainOnPreferences(ctx, planOf(ctx));
    await trained.catch((error: unknown) => expect(String(error)).toContain('asked to stop'));
    await close();
  }
  return store;
}

it('uses every pair once, commits each step, and raises the margin', async () => {
  const store = await played(atSolver('one'), [9]);
  expect(store.cursor()).toEqual({ iteration: 1, stage: 'evaluate', step: 0 });
  expect(store.weights('solver', 1)).toMatchObject({ step: 3 });
  const groups = store.rollouts({ role: 'solver', iteration: 1 });
  expect(groups.map(({ step }) => step)).toEqual([0, 0, 1, 1, 2]);
  expect(new Set(groups.map(({ prompt }) => prompt)).size).toBe(5);
  const [{ prompt, rollouts }] = groups;
  const name = prompt.match(/about (\w+)\./)?.[1] ?? '';
  expect(rollouts.map(({ completion, reward }) => ({ completion, reward }))).toEqual([
    { completion: `${name} has 4 stones.`, reward: 1 },
    { completion: 'Compute 3 + 4.', reward: 0 },
  ]);
  const margins = store.metrics({ iteration: 1, name: 'solver/margin' }).map(({ value }) => value);
  expect(margins[0]).toBe(0);
  expect(margins[2]).toBeGreaterThan(margins[1]);
  expect(margins[1]).toBeGreaterThan(0);
});

it('ends with the same weights if it is stopped between steps and resumed', async () => {
  const [stopped, undisturbed] = [await played(atSolver('stopped'), [1, 1, 1]), await played(atSolver('whole'), [9])];
  expect(Object.keys(weightFiles(stopped.dir)).length).toBeGreaterThan(0);
  expect(weightFiles(stopped.dir)).toEqual(weightFiles(undisturbed.dir));
  const rollouts = (store: RunStore): unknown => store.rollouts({ role: 'solver', iteration: 1 });
  expect(rollouts(stopped)).toEqual(rollouts(undisturbed));
  expect(stopped.cursor()).toEqual(undisturbed.cursor());
});
