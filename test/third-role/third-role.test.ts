/** A third trained role runs through the same training code as R-Zero's two roles, with one more entry in the table. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunConfig } from '../../src/config/schema.ts';
import type { WeightsRef } from '../../src/engine/engine.ts';
import type { RunEvent } from '../../src/events.ts';
import type { RunContext } from '../../src/loop/context.ts';
import { metaOf, shortConfig, weightFiles } from '../../src/loop/loop.contract.ts';
import { openNewRun, openOldRun } from '../../src/loop/run/open-run.ts';
import { sweepStates, weightsAfter } from '../../src/loop/training/weights.ts';
import { createRun, openRun } from '../../src/store/sqlite.ts';
import type { RunStore } from '../../src/store/store.ts';
import { writeArithmeticBase } from '../fixtures/scripted/arithmetic-base.ts';
import { NAMES, trainCritic, CRITIC, withCritic } from './critic.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-third-role-'));
const model = join(root, 'base');
let config: RunConfig;
beforeAll(async () => {
  await writeArithmeticBase(model);
  config = shortConfig(model);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const silent = { publish: () => {}, stop: new AbortController().signal };

/** Creates a run at the Critic's stage of its first iteration. */
function atCritic(dir: string): RunStore {
  const store = createRun(dir, metaOf(config), { roles: NAMES });
  store.commit({ cursor: { iteration: 1, stage: CRITIC.stage, step: 0 } });
  return store;
}

/** Computes the probability that the answer's digit is even. */
async function evenShare({ engine, tokenizer }: RunContext, ref: WeightsRef): Promise<number> {
  const sampler = await engine.openSampler(ref);
  const examples = ['0', '2', '4', '6', '8'].map((digit) => ({
    input: Int32Array.from(tokenizer.encode('\\boxed{')),
    target: Int32Array.from(tokenizer.encode(digit)),
    mask: Uint8Array.of(1),
  }));
  const scores = await sampler.score(examples);
  await sampler.close();
  return scores.reduce((sum, [logprob]) => sum + Math.exp(logprob), 0);
}

it('trains a step: its rollouts, metrics and weights are stored, and the cursor advances', async () => {
  const dir = join(root, 'one');
  const store = atCritic(dir);
  const events: RunEvent[] = [];
  const run = await openNewRun({ config, store }, { ...silent, publish: (event) => events.push(event) });
  const dials = { ...run.ctx.config.solver, steps: 1 };
  const ctx = withCritic(run.ctx, dials);

  const trained = await trainCritic(ctx, { iteration: 1, start: ctx.base, dials });

  const record = store.weights(CRITIC.name, 1);
  expect(record).toMatchObject({ role: 'critic', iteration: 1, step: 1 });
  expect(trained).toEqual({ kind: 'state', id: record?.state, home: store.dir });
  expect(weightsAfter(ctx, CRITIC.name, 1)).toEqual(trained);
  expect(weightsAfter(ctx, 'solver', 1)).toEqual(ctx.base);
  expect(store.cursor()).toEqual({ iteration: 1, stage: 'evaluate', step: 0 });
  const groups = store.rollouts({ role: CRITIC.name, iteration: 1 });
  expect(groups.map(({ rollouts }) => rollouts.length)).toEqual([4, 4]);
  const [{ reward, parts }] = groups[0].rollouts;
  expect(parts).toEqual({ even: reward });
  const names = store.metrics({ iteration: 1, stage: CRITIC.stage }).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['critic/reward', 'critic/entropy', 'critic/even']));
  const saved = { type: 'weights-saved', role: 'critic', iteration: 1, step: 1, state: record?.state };
  expect(events).toContainEqual(expect.objectContaining(saved));

  expect(await evenShare(ctx, trained)).toBeGreaterThan((await evenShare(ctx, ctx.base)) + 0.01);
  await run.close();
  store.close();
});

it('ends with the same weights if it is stopped between steps and resumed', async () => {
  const played = async (dir: string, sessions: number[]): Promise<unknown> => {
    atCritic(dir).close();
    for (const steps of sessions) {
      const store = openRun(dir, { roles: NAMES });
      const stopping = new AbortController();
      let done = 0;
      const publish = (event: RunEvent): void => {
        if (event.type === 'step' && ++done === steps) stopping.abort();
      };
      const run = await openOldRun(dir, { store }, { publish, stop: stopping.signal });
      const dials = { ...run.ctx.config.solver, steps: 3 };
      const ctx = withCritic(run.ctx, dials);
      await sweepStates(ctx);
      const stopped = trainCritic(ctx, { iteration: 1, start: ctx.base, dials });
      await stopped.catch((error: unknown) => expect(String(error)).toContain('asked to stop'));
      await run.close();
      store.close();
    }
    const store = openRun(dir, { readOnly: true });
    const rollouts = store.rollouts({ role: CRITIC.name, iteration: 1 });
    expect(store.cursor()).toEqual({ iteration: 1, stage: 'evaluate', step: 0 });
    store.close();
    return { rollouts, files: weightFiles(dir) };
  };
  expect(await played(join(root, 'stopped'), [1, 1, 1])).toEqual(await played(join(root, 'undisturbed'), [9]));
});

it('is rejected by a store that was opened without it', () => {
  const store = openRun(join(root, 'one'));
  const weights = { role: CRITIC.name, iteration: 2, step: 1, state: 'weights/critic-2-step-1' };
  expect(() => store.commit({ cursor: store.cursor(), weights })).toThrow('The run does not store the role critic');
  expect(store.weights(CRITIC.name, 1)?.step).toBe(1);
  store.close();
});
