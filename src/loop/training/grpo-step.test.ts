/** The settings of GRPO in short complete runs on the scripted engine. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingEngine } from '../../../test/fixtures/recording-engine.ts';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import createScriptedEngine from '../../../test/engines/scripted/index.ts';
import type { ConfigInput, RunConfig } from '../../config/schema.ts';
import type { Engine } from '../../engine/engine.ts';
import type { RunStore } from '../../store/store.ts';
import { evolve } from '../evolve.ts';
import { toExample } from '../../grpo/batch.ts';
import { memoryRun, remains, shortConfig, weightFiles } from '../loop.contract.ts';

let root: string;
let base: string;
let runs = 0;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-step-'));
  base = join(root, 'base');
  await writeArithmeticBase(base);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Runs one iteration without evaluation, with the given settings of the Solver. */
function configOf(solver: NonNullable<ConfigInput['solver']>): RunConfig {
  return shortConfig(base, {
    iterations: 1,
    evaluation: { questions: 0 },
    solver: { steps: 2, prompts: 4, groupSize: 4, learningRate: 0.3, maxTokens: 6, ...solver },
  });
}

async function runWith(solver: NonNullable<ConfigInput['solver']>): Promise<RunStore> {
  const config = configOf(solver);
  const store = memoryRun(join(root, `run-${++runs}`), config);
  await evolve({ config, store }).result;
  return store;
}

/** The scripted engine, which reports neither entropy nor the gradient's norm. */
async function silentEngine(): Promise<Engine> {
  const engine = await createScriptedEngine();
  return {
    ...engine,
    async openPolicy(options) {
      const policy = await engine.openPolicy(options);
      return {
        get version() {
          return policy.version;
        },
        logprobs: policy.logprobs,
        accumulate: async (...given) => ({ ...(await policy.accumulate(...given)), entropySum: null }),
        step: async (optimizer) => ({ ...(await policy.step(optimizer)), gradNorm: null }),
        publish: policy.publish,
        save: policy.save,
        close: policy.close,
      };
    },
  };
}

it('omits metrics that an engine does not report, and trains the same', async () => {
  const config = shortConfig(base, { iterations: 1, evaluation: { questions: 0 }, monitors: { minEntropy: 100 } });
  const silent = memoryRun(join(root, 'silent'), config);
  const telling = memoryRun(join(root, 'telling'), config);
  const engine = await silentEngine();
  await evolve({ config, store: silent, engine }).result;
  await evolve({ config, store: telling }).result;
  await engine.close();
  const names = (store: RunStore): Set<string> => new Set(store.metrics().map(({ name }) => name));
  expect([...names(telling)].filter((name) => !names(silent).has(name)).toSorted()).toEqual([
    'challenger/entropy',
    'challenger/grad_norm',
    'notice/entropy',
    'solver/entropy',
    'solver/grad_norm',
  ]);
  expect(solverWeights(silent)).toEqual(solverWeights(telling));
});

const last = (store: RunStore, name: string): number | undefined =>
  store.metrics({ name: `solver/${name}` }).at(-1)?.value;
const solverWeights = (store: RunStore): unknown =>
  Object.entries(weightFiles(store.dir)).filter(([path]) => path.startsWith('weights/solver'));

describe('advantages', () => {
  it('in the store are those that every token of a completion is trained with', async () => {
    const config = configOf({ steps: 1 });
    const store = memoryRun(join(root, `run-${++runs}`), config);
    const { engine, calls } = recordingEngine(await createScriptedEngine(), () => store.cursor());
    await evolve({ config, store, engine }).result;
    await engine.close();
    const trained = calls.flatMap((call) =>
      call.verb === 'accumulate' && call.at.stage === 'train-solver' ? [call] : [],
    );
    expect(trained).toHaveLength(1);
    const [{ examples, coefficients }] = trained;
    const rollouts = store
      .rollouts({ role: 'solver', iteration: 1 })
      .flatMap((group) => group.rollouts)
      .filter(({ advantage }) => advantage !== 0);
    const total = rollouts.reduce((sum, { tokens }) => sum + tokens, 0);
    expect(examples).toHaveLength(rollouts.length);
    // Before the first update, no ratio is clipped and the KL is zero. The loss is then the mean over tokens.
    rollouts.forEach(({ advantage }, at) => {
      const own = typeof coefficients === 'function' ? new Float32Array(0) : coefficients[at];
      const expected = Array.from(examples[at].mask, (mask) => (mask === 0 ? 0 : -(advantage ?? NaN) / total));
      expect([...own]).toEqual(expected.map((value) => expect.closeTo(value, 7)));
    });
  });
});

describe('recorded steps', () => {
  it('have the tokens, log-probabilities and advantages that the engine sampled and trained with', async () => {
    const config = configOf({ dropZeroVariance: false });
    const store = memoryRun(join(root, `run-${++runs}`), config);
    const { engine, calls } = recordingEngine(await createScriptedEngine(), () => store.cursor());
    await evolve({ config, store, engine }).result;
    await engine.close();
    const trained = calls.flatMap((call) =>
      call.verb === 'accumulate' && call.at.stage === 'train-solver' ? [call] : [],
    );
    expect(trained).toHaveLength(2);
    for (const [step, { examples, coefficients }] of trained.entries()) {
      const record = store.trainingStep({ role: 'solver', iteration: 1, step });
      const rollouts = record?.groups.flatMap(({ prompt, completions }) =>
        completions.map((one) => ({ prompt, ...one })),
      );
      expect(rollouts?.map(({ prompt, tokens }) => toExample(prompt, tokens))).toEqual(examples);
      const own = coefficients as readonly Float32Array[];
      const total = rollouts?.reduce((sum, { tokens }) => sum + tokens.length, 0) ?? NaN;
      // At the first step, the policy is the reference, so the KL term is zero.
      if (step === 0) {
        rollouts?.forEach(({ advantage, prompt }, at) =>
          expect(own[at][prompt.length - 1]).toBeCloseTo(-advantage / total, 7),
        );
      }
      for (const { tokens, logprobs, stop, stopToken } of rollouts ?? []) {
        expect(logprobs).toHaveLength(tokens.length);
        expect(logprobs.every((value) => value <= 0 && Number.isFinite(value))).toBe(true);
        expect(stopToken).toBe(stop === 'stop' ? tokens.at(-1) : null);
      }
      expect(record?.settings).toEqual(config.solver);
    }
  });

  it('name the weights before the step and the reference of the KL term', async () => {
    const store = await runWith({ steps: 2 });
    const [first, second] = [0, 1].map((step) => store.trainingStep({ role: 'solver', iteration: 1, step }));
    const start = { kind: 'base', id: base };
    expect(first).toMatchObject({ weights: start, reference: start });
    expect(second).toMatchObject({ weights: { kind: 'state', id: 'weights/solver-1-step-1' }, reference: start });
    const withoutKl = await runWith({ steps: 1, klWeight: 0 });
    expect(withoutKl.trainingStep({ role: 'solver', iteration: 1, step: 0 })?.reference).toBeNull();
  });

  it('are left out with keep.tokens = false, which changes nothing else', async () => {
    const config = configOf({});
    const [kept, left] = [config, { ...config, keep: { tokens: false } }].map((one) => ({
      config: one,
      store: memoryRun(join(root, `run-${++runs}`), one),
    }));
    for (const { config: own, store } of [kept, left]) await evolve({ config: own, store }).result;
    for (const role of ['challenger', 'solver']) {
      expect(kept.store.trainingStep({ role, iteration: 1, step: 0 })).not.toBeNull();
      expect(left.store.trainingStep({ role, iteration: 1, step: 0 })).toBeNull();
    }
    expect(remains(left.store)).toEqual(remains(kept.store));
  });
});

describe('aggregation', () => {
  it('over the step equals that over the mini-batch with one update, and differs with more', async () => {
    const weights = async (solver: NonNullable<ConfigInput['solver']>): Promise<unknown> =>
      solverWeights(await runWith(solver));
    const one = await weights({ aggregation: 'token-mean' });
    expect(await weights({ aggregation: 'step-token-mean' })).toEqual(one);
    // Dividing by maxTokens × completions instead of by all tokens scales the first gradient, which has no KL term.
    const scaled = await Promise.all(
      (['token-mean', 'fixed-length'] as const).map((aggregation) =>
        runWith({ aggregation, steps: 1, dropZeroVariance: false }),
      ),
    );
    const [byTokens, byLength] = scaled.map((store) => last(store, 'grad_norm') ?? NaN);
    expect(byLength / byTokens).toBeCloseTo((last(scaled[0], 'completions/mean_length') ?? NaN) / 6, 6);
    // Mini-batches of one, one and two groups.
    const several = { updates: 3, clip: 0, dropZeroVariance: false };
    const mini = await weights({ ...several, aggregation: 'token-mean' });
    expect(await weights({ ...several, aggregation: 'step-token-mean' })).not.toEqual(mini);
  });
});

describe('importanceCorrection', () => {
  it('has weight 1 if sampler and trainer agree, with one update and with several', async () => {
    for (const updates of [1, 3]) {
      const store = await runWith({ updates, importanceCorrection: 'token-mask', importanceLow: 0.5 });
      expect(last(store, 'importance/mean')).toBeCloseTo(1, 5);
      expect(last(store, 'importance/masked')).toBe(0);
      expect(last(store, 'sampling/logp_difference_max')).toBeLessThan(1e-5);
    }
    expect(last(await runWith({}), 'importance/mean')).toBeUndefined();
  });

  it('masks all tokens if no ratio passes: only the KL remains, which is zero at the start', async () => {
    const store = await runWith({
      steps: 1,
      importanceCorrection: 'token-mask',
      importanceLow: 1.5,
      importanceHigh: 2,
    });
    expect(last(store, 'importance/masked')).toBe(1);
    expect(last(store, 'grad_norm')).toBeCloseTo(0, 9);
  });

  it('with bypass, computes the ratio from the sampled log-probabilities, without a pass of the trainer', async () => {
    const store = await runWith({ updates: 3, importanceCorrection: 'bypass' });
    expect(last(store, 'sampling/logp_difference_max')).toBeLessThan(1e-5);
    expect(last(store, 'ratio/max')).toBeGreaterThan(1.0001);
  });
});

describe('loss', () => {
  it.each([
    { loss: 'gspo', dualClip: 0, aggregation: 'sequence-mean', clipLow: 3e-4, clipHigh: 4e-4 },
    { loss: 'cispo', dualClip: 0, clipHigh: 4 },
    { kl: 'k1' },
    { kl: 'k2' },
    { normalizeStd: false, aggregation: 'fixed-length', klWeight: 0 },
  ] as const)('learns with %o', async (settings) => {
    const store = await runWith({ updates: 2, ...settings });
    expect(store.summary()?.outcome).toBe('finished');
    expect(last(store, 'grad_norm')).toBeGreaterThan(0);
    expect(Number.isFinite(last(store, 'ratio/mean'))).toBe(true);
  });
});
