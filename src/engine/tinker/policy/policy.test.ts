import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { engineOver, openMemoryEngine } from '../../../../test/engines/memory-service/engine.ts';
import { type Fault, MemoryBackend } from '../../../../test/engines/memory-service/index.ts';
import { LIKE_OPENRL, LIKE_SKYRL_JAX, type Quirks } from '../../../../test/engines/memory-service/quirks.ts';
import {
  ADAM,
  coefficients,
  descent,
  example,
  normOf,
  request,
  tokensOf,
} from '../../../../test/fixtures/engine-parts.ts';
import { writeTablesBase } from '../../../../test/engines/memory-service/base.ts';
import type { AdamOptions, Adaptation, Engine, Policy } from '../../engine.ts';
import { ADAPTER_TARGETS } from '../../../types.ts';
import { ServiceError } from '../service.ts';

const LORA: Adaptation = { kind: 'lora', rank: 2, alpha: 32, targets: ADAPTER_TARGETS, seed: 9 };
const examples = [example([1, 2, 3], [4, 5]), example([2, 2], [6, 1, 3, 7]), example([5], [2])];
const weights = examples.map((one, at) => coefficients(one, (t) => Math.sin(3 * at + t)));
/** Settings that every service accepts. */
const PLAIN: AdamOptions = { ...ADAM, clip: 0, weightDecay: 0.01 };

let root: string;
let base: { kind: 'base'; path: string };
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rzero-remote-policy-'));
  base = { kind: 'base', path: join(root, 'base') };
  await writeTablesBase(base.path);
});
afterAll(() => rm(root, { recursive: true, force: true }));

interface Opened {
  engine: Engine;
  backend: MemoryBackend;
  policy: Policy;
}

async function opened(quirks: Partial<Quirks> = {}): Promise<Opened> {
  const { engine, backend } = await openMemoryEngine(base.path, quirks);
  const policy = await engine.openPolicy({ from: base, optimizer: 'fresh', adapt: LORA });
  return { engine, backend, policy };
}

/** Three steps with coefficients that depend on the log-probabilities; then what the policy says of the examples. */
async function train(policy: Policy, { home, steps = 3 }: { home?: string; steps?: number } = {}): Promise<number[]> {
  for (let step = 0; step < steps; step++) {
    await policy.accumulate(examples.slice(0, 2), (index, logprobs) =>
      coefficients(examples[index], (t) => Math.cos(step + t) + logprobs[t] / 10),
    );
    await policy.accumulate(examples.slice(2), weights.slice(2));
    await policy.step(PLAIN);
    if (home !== undefined && step === 0) await policy.save({ home, name: 'after-one' });
  }
  return flat(await policy.logprobs(examples));
}

const flat = (arrays: Float32Array[]): number[] => arrays.flatMap((one) => [...one]);
const furthest = (one: number[], other: number[]): number =>
  Math.max(...one.map((value, at) => Math.abs(value - other[at])));

describe('gradients on services that compute them otherwise', () => {
  it.each([
    ['means and leaks, as SkyRL on JAX', LIKE_SKYRL_JAX],
    ['no forward pass, as OpenRL', LIKE_OPENRL],
  ] as [string, Partial<Quirks>][])('are the same: %s', async (_, quirks) => {
    const plain = await train((await opened()).policy);
    const { policy } = await opened(quirks);
    expect(furthest(await train(policy), plain)).toBeLessThan(1e-5);
    expect(policy.version).toBe(3);
  });

  it('are recognised by the norm of the sum, whatever the service divides by', async () => {
    const norms = await Promise.all(
      [{}, LIKE_SKYRL_JAX].map(async (quirks) => {
        const { policy } = await opened(quirks);
        await policy.accumulate(examples, weights);
        return normOf(await policy.step(descent(1e-9)));
      }),
    );
    expect(norms[1] / norms[0]).toBeCloseTo(1, 4);
  });
});

describe('a lost model', () => {
  const calls: Fault['call'][] = ['forwardBackward', 'optimStep', 'saveWeights', 'loadWeights', 'createModel'];
  const errors = [
    'restart',
    new ServiceError('unknown', 'no answer'),
    new ServiceError('failed', 'out of memory'),
  ] as const;

  it('is replaced, and no step is lost or done twice, for any faults', { timeout: 60_000 }, async () => {
    const plain = await train((await opened()).policy, { home: join(root, 'plain') });
    const fault = fc.record({
      call: fc.constantFrom(...calls),
      when: fc.constantFrom('before' as const, 'after' as const),
      error: fc.constantFrom(...errors),
      skip: fc.nat({ max: 4 }),
    });
    // A call that fails on two models in a row is given up.
    const failures = (faults: Fault[]): number => faults.filter(({ error }) => error === errors[2]).length;
    const schedule = fc.array(fault, { minLength: 1, maxLength: 4 }).filter((faults) => failures(faults) < 2);
    await fc.assert(
      fc.asyncProperty(schedule, async (faults) => {
        const { policy, backend, engine } = await opened();
        backend.faults.push(...faults);
        expect(await train(policy, { home: join(root, 'faults') })).toEqual(plain);
        expect(policy.version).toBe(3);
        backend.faults.length = 0;
        await policy.close();
        await engine.close();
        expect(backend.models.size).toBe(0);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('is replaced on a service that averages, whose gradient is sent with the step', async () => {
    const plain = await train((await opened(LIKE_SKYRL_JAX)).policy);
    for (const when of ['before', 'after'] as const) {
      const { policy, backend } = await opened(LIKE_SKYRL_JAX);
      backend.faults.push({ call: 'optimStep', when, error: 'restart', skip: 1 });
      expect(furthest(await train(policy), plain)).toBeLessThan(1e-6);
    }
  });

  it('is given up after some attempts', async () => {
    const { policy, backend } = await opened();
    const refused = new ServiceError('failed', 'the disk is full');
    for (let i = 0; i < 9; i++) backend.faults.push({ call: 'optimStep', when: 'before', error: refused, skip: 0 });
    await policy.accumulate(examples, weights);
    await expect(policy.step(PLAIN)).rejects.toMatchObject({ kind: 'transient' });
    expect(policy.version).toBe(0);
    backend.faults.length = 0;
    expect(flat(await policy.logprobs(examples))).toEqual(flat(await (await opened()).policy.logprobs(examples)));
  });

  it('takes its published weights along, unless it was trained since', async () => {
    const { engine, policy, backend } = await opened();
    await train(policy, { steps: 1 });
    const snapshot = await policy.publish();
    const sampler = await engine.openSampler(snapshot);
    const draw = async (): Promise<number[][]> => tokensOf((await sampler.sample([request({ seed: 4, n: 3 })]))[0]);
    const before = await draw();
    backend.restart();
    expect(await draw()).toEqual(before);
    await train(policy, { steps: 1 });
    backend.restart();
    await expect(draw()).rejects.toMatchObject({ kind: 'lost-sampler' });
  });
});

describe('an aborted accumulate', () => {
  it.each([{}, LIKE_SKYRL_JAX, LIKE_OPENRL])('is forgotten with the whole gradient (%#)', async (quirks) => {
    const norm = async (policy: Policy): Promise<number> => {
      await policy.accumulate(examples.slice(0, 1), weights.slice(0, 1));
      return normOf(await policy.step(descent(1e-9)));
    };
    const alone = await norm((await opened(quirks)).policy);
    const { policy } = await opened(quirks);
    await policy.accumulate(examples, weights);
    const controller = new AbortController();
    const many = Array.from({ length: 600 }, () => examples[1]);
    const running = policy.accumulate(many, () => weights[1], {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(running).rejects.toMatchObject({ kind: 'aborted' });
    expect((await norm(policy)) / alone).toBeCloseTo(1, 5);
  });
});

describe('a gradient that is not finite', () => {
  it('is refused before it is sent', async () => {
    const { policy, backend } = await opened();
    const before = backend.calls.length;
    const bad = [coefficients(examples[0], () => Number.NaN)];
    await expect(policy.accumulate(examples.slice(0, 1), bad)).rejects.toMatchObject({ kind: 'numeric' });
    expect(backend.calls.slice(before)).toEqual([]);
  });

  it.each(['reported', 'absent', 'zero-for-nan'] as const)('is taken back when its norm is %s', async (gradNorm) => {
    const { policy } = await opened({ gradNorm });
    const before = flat(await policy.logprobs(examples));
    // Finite, and too large for its square.
    const huge = [coefficients(examples[0], () => 3e38)];
    await policy.accumulate(examples.slice(0, 1), huge);
    await expect(policy.step({ ...PLAIN, clip: 0 })).rejects.toMatchObject({ kind: 'numeric' });
    expect(policy.version).toBe(0);
    expect(flat(await policy.logprobs(examples))).toEqual(before);
  });
});

describe('what a service would ignore', () => {
  it('is refused by name: settings of the optimizer', async () => {
    const { policy } = await opened(LIKE_SKYRL_JAX);
    await policy.accumulate(examples, weights);
    const step = policy.step({ ...PLAIN, clip: 1 });
    await expect(step).rejects.toMatchObject({ kind: 'user' });
    await expect(step).rejects.toThrow('--set solver.clip=0');
    const muon = { learningRate: 1e-3, momentum: 0.9 };
    await expect((await opened()).policy.step({ ...PLAIN, muon })).rejects.toThrow(/Muon/);
  });

  it('is refused by name before a run samples anything', async () => {
    const { engine, backend } = await openMemoryEngine(base.path, {
      ...LIKE_SKYRL_JAX,
      ignores: ['clip', 'weightDecay', 'betas', 'epsilon'],
    });
    const plan = (options: AdamOptions) =>
      engine.findings?.({ from: base, adapt: LORA, steps: [{ role: 'solver', options }] });
    const own = { ...PLAIN, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, clip: 1 };
    await plan(own);
    const probed = backend.calls.length;
    const wrong = plan({ ...own, clip: 0.5, epsilon: 1e-6 });
    await expect(wrong).rejects.toMatchObject({ kind: 'user' });
    await expect(wrong).rejects.toThrow(
      '--set challenger.epsilon=1e-8 --set solver.epsilon=1e-8 --set verifier.epsilon=1e-8 --set challenger.clip=1 --set solver.clip=1 --set verifier.clip=1',
    );
    expect(backend.calls.length).toBe(probed);
  });

  it('is refused by name: a change of settings that the first step fixes', async () => {
    const { policy } = await opened(LIKE_OPENRL);
    const update = async (options: AdamOptions) => {
      await policy.accumulate(examples, weights);
      return policy.step(options);
    };
    await update(PLAIN);
    await update({ ...PLAIN, learningRate: PLAIN.learningRate / 2, clip: 1 });
    for (const name of ['beta1', 'beta2', 'epsilon', 'weightDecay'] as const) {
      await expect(update({ ...PLAIN, [name]: PLAIN[name] / 2 })).rejects.toThrow(`keeps ${name} = ${PLAIN[name]}`);
    }
    expect(policy.version).toBe(2);
    const changing = (await opened()).policy;
    await changing.accumulate(examples, weights);
    await changing.step(PLAIN);
    await changing.step({ ...PLAIN, beta1: PLAIN.beta1 / 2 });
  });

  it('is refused by name: the alpha of an adapter', async () => {
    const adapt = { ...LORA, alpha: 16 };
    const ignoring = await openMemoryEngine(base.path, { fixedAlpha: true });
    await expect(ignoring.engine.openPolicy({ from: base, optimizer: 'fresh', adapt })).rejects.toThrow(
      '--set adapt.alpha=32',
    );
    const reading = await openMemoryEngine(base.path);
    const policy = await reading.engine.openPolicy({ from: base, optimizer: 'fresh', adapt });
    await policy.close();
  });

  it('is refused by name: passes with dropout, gradients that are wrong', async () => {
    const dropping = await openMemoryEngine(base.path, { dropout: 0.3 });
    await expect(dropping.engine.openPolicy({ from: base, optimizer: 'fresh', adapt: LORA })).rejects.toThrow(
      /drops out/,
    );
  });

  it('is refused by name: matrices that the wire cannot name', async () => {
    const { engine } = await openMemoryEngine(base.path);
    const adapt: Adaptation = { ...LORA, targets: ['q_proj', 'up_proj'] };
    await expect(engine.openPolicy({ from: base, optimizer: 'fresh', adapt })).rejects.toThrow(/adapt\.targets/);
  });

  it('is refused by name: a model that the service does not have', async () => {
    const { backend } = await openMemoryEngine(base.path);
    const other = await engineOver(backend, { model: 'other/model' });
    await expect(other.inspect(base)).rejects.toThrow(/does not have the model other\/model; it has tables\/base/);
  });

  it('is refused by name: a second model', async () => {
    const { engine } = await opened({ maxModels: 1 });
    await expect(engine.openPolicy({ from: base, optimizer: 'fresh', adapt: LORA })).rejects.toThrow(/--solver-url/);
  });
});

describe('a closed policy', () => {
  it('leaves weights to sample from with its last state, and nothing else', async () => {
    const { engine, policy, backend } = await opened();
    await train(policy, { home: root, steps: 1 });
    await policy.close();
    expect([...backend.checkpoints.keys()].map((path) => path.split('/')[3])).toEqual(['weights', 'sampler_weights']);
    const before = backend.calls.length;
    const sampler = await engine.openSampler({ kind: 'state', id: 'after-one', home: root });
    expect(sampler.version).toBe(1);
    expect(backend.calls.slice(before)).not.toContain('createModel');
    await engine.remove({ kind: 'state', id: 'after-one', home: root });
    expect(backend.checkpoints.size).toBe(0);
  });

  it('clears the gradient of its slot where it would be left to the next model', async () => {
    const { engine, policy } = await opened(LIKE_SKYRL_JAX);
    await policy.accumulate(examples, weights);
    await policy.close();
    const next = await engine.openPolicy({ from: base, optimizer: 'fresh', adapt: LORA });
    expect(normOf(await next.step(PLAIN))).toBe(0);
  });
});

describe('a service that does not answer', () => {
  it('is not asked again when the policy is closed', async () => {
    const { policy, backend } = await opened();
    const away = new ServiceError('unreachable', 'no answer');
    backend.faults.push({ call: 'forwardBackward', when: 'before', error: away, skip: 0 });
    await expect(policy.accumulate(examples, weights)).rejects.toMatchObject({ kind: 'transient' });
    const before = backend.calls.length;
    await policy.close();
    expect(backend.calls.slice(before)).toEqual([]);
  });
});
