import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import createScriptedEngine from '../../../test/engines/scripted/index.ts';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import type { Engine, OptimizerOptions, Policy, Sampler } from '../../engine/engine.ts';
import { toExample } from '../../grpo/batch.ts';
import type { CallContext, StepPlace } from '../context.ts';
import { type ExamplePair, fallingRate, type PreferenceOutcome, preferenceStep } from './preference-step.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-preference-'));
const base = { kind: 'base', path: join(root, 'base') } as const;
afterAll(() => rmSync(root, { recursive: true, force: true }));

const ctx: CallContext = { emit: () => undefined, stop: new AbortController().signal };
const place: StepPlace = { iteration: 1, stage: 'train-solver', step: 0, steps: 1 };
const options: OptimizerOptions = {
  learningRate: 0.1,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0,
  clip: 0,
};
const PROMPT = Int32Array.of(1, 9, 2);
const pairs: ExamplePair[] = [
  { chosen: toExample(PROMPT, Int32Array.of(20, 21)), rejected: toExample(PROMPT, Int32Array.of(30, 31, 32, 33)) },
  { chosen: toExample(PROMPT, Int32Array.of(22)), rejected: toExample(PROMPT, Int32Array.of(34)) },
];
const all = pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]);

let engine: Engine;
let reference: Sampler;
beforeAll(async () => {
  await writeArithmeticBase(base.path);
  engine = await createScriptedEngine();
  reference = await engine.openSampler(base);
});

const newPolicy = (): Promise<Policy> => engine.openPolicy({ from: base, optimizer: 'fresh' });

describe('preferenceStep', () => {
  it('starts at ln 2, and raises the margin of every pair', async () => {
    const policy = await newPolicy();
    const step = (): Promise<PreferenceOutcome> =>
      preferenceStep(ctx, place, { policy, reference, pairs, dials: { beta: 2 }, options });
    const { metrics: first } = await step();
    expect(first.loss).toBeCloseTo(Math.LN2, 6);
    expect(first).toMatchObject({ margin: 0, accuracy: 0, examples: 4 });
    const { metrics: second, ratios } = await step();
    expect(ratios.every(({ chosen, rejected }) => chosen > rejected)).toBe(true);
    expect(second.loss).toBeLessThan(first.loss);
    expect(second.accuracy).toBe(1);
    expect(second['log_ratio/chosen']).toBeGreaterThan(0);
    expect(second['log_ratio/rejected']).toBeLessThan(0);
    expect(second.margin).toBeCloseTo(second['log_ratio/chosen'] - second['log_ratio/rejected'], 6);
  });

  it('is the linear backward of its coefficients: at the reference, beta / 2 over pairs and tokens', async () => {
    const policy = await newPolicy();
    await preferenceStep(ctx, place, { policy, reference, pairs, dials: { beta: 2 }, options });
    const expected = await newPolicy();
    const coefficient = [-1 / 4, 1 / 8, -1 / 2, 1 / 2];
    await expected.accumulate(
      all,
      all.map(({ mask }, at) => Float32Array.from(mask, (one) => one * coefficient[at])),
    );
    await expected.step(options);
    expect(await policy.logprobs(all)).toEqual(await expected.logprobs(all));
  });
});

describe('fallingRate', () => {
  it('falls in a line, and would be 0 after the last step', () => {
    const rates = [0, 1, 2, 3].map((step) => fallingRate(1e-5, { step, steps: 4 }));
    expect(rates.map((rate) => Number((rate * 1e5).toFixed(9)))).toEqual([1, 0.75, 0.5, 0.25]);
  });
});
