/** Contract tests for low-rank adapters of every engine; part of `engine.contract.ts`. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as parts from '../../test/fixtures/engine-parts.ts';
import {
  ADAM,
  coefficients,
  example,
  expectClose,
  expectGradientOfLoss,
  expectSameInAnyBatch,
  request,
  tokensOf,
} from '../../test/fixtures/engine-parts.ts';
import { readSafetensors } from '../models/weights/safetensors.ts';
import { loadTokenizer } from '../models/tokenizer/tokenizer.ts';
import type { AdapterShape } from '../types.ts';
import type { Adaptation, BaseRef, Completion, Engine, Policy, Sampler, StateRef, WeightsRef } from './engine.ts';

const SHAPE: AdapterShape = { rank: 2, alpha: 4, targets: ['q_proj', 'up_proj'] };
const examples = [example([1, 2, 3], [4, 5, 6]), example([7], [1, 1]), example([2, 2], [6, 1, 3, 7])];

export function adapterContract(
  name: string,
  makeEngine: () => Promise<Engine>,
  makeBaseFolder: (folder: string) => Promise<void>,
  given: AdapterShape = SHAPE,
): void {
  const LORA: Adaptation & { kind: 'lora' } = { kind: 'lora', ...given, seed: 3 };
  describe(`adapters: ${name}`, () => {
    let root: string;
    let engine: Engine;
    let base: BaseRef;
    /** A trained adapter, so that none of its factors is zero. */
    let trained: StateRef;
    /** The same, exported. */
    let exported: string;

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'rzero-adapter-'));
      base = { kind: 'base', path: join(root, 'base') };
      await makeBaseFolder(base.path);
      engine = await makeEngine();
      exported = join(root, 'exported');
      trained = await withPolicy(async (policy) => {
        await train(policy, 2);
        return policy.save({ home: root, name: 'trained' });
      });
      await engine.exportTo(trained, exported);
    });
    afterAll(async () => {
      await engine.close();
      await rm(root, { recursive: true, force: true });
    });

    const withPolicy = <T>(
      use: (policy: Policy) => Promise<T>,
      from: WeightsRef = base,
      {
        adapt = from === base ? LORA : undefined,
        optimizer = 'fresh',
      }: { adapt?: Adaptation; optimizer?: 'restore' | 'fresh' } = {},
    ): Promise<T> => parts.withPolicy(engine, { from, optimizer, adapt }, use);
    const withSampler = <T>(ref: WeightsRef, use: (sampler: Sampler) => Promise<T>): Promise<T> =>
      parts.withSampler(engine, ref, use);

    const train = async (policy: Policy, steps: number): Promise<void> => {
      for (let step = 0; step < steps; step++) {
        await policy.accumulate(examples, (index, logprobs) =>
          coefficients(examples[index], (t) => Math.cos(policy.version + t) + logprobs[t] / 10),
        );
        await policy.step({ ...ADAM, learningRate: 0.05 });
      }
    };

    const scoresOf = (ref: WeightsRef): Promise<Float32Array[]> =>
      withSampler(ref, (sampler) => sampler.score(examples));

    it('start equal to their base and learn, and the base does not change', async () => {
      const before = await scoresOf(base);
      await withPolicy(async (policy) => {
        (await policy.logprobs(examples)).forEach((one, at) => expectClose(one, before[at], 1e-6));
        await train(policy, 2);
        expect(policy.version).toBe(2);
        const after = await policy.logprobs(examples);
        const moved = Math.max(
          ...after.flatMap((one, at) => Array.from(one, (value, t) => Math.abs(value - before[at][t]))),
        );
        expect(moved).toBeGreaterThan(1e-3);
      });
      expect(await scoresOf(base)).toEqual(before);
    });

    it('compute the gradient of the loss: a small step along it changes the loss by the square of its norm', async () => {
      const weights = examples.map((one, at) => coefficients(one, (t) => Math.sin(3 * at + t)));
      await expectGradientOfLoss((use) => withPolicy(use, trained), examples, weights);
    });

    it('sample with the log-probabilities that they score, with the same bits for any batch', async () => {
      await withSampler(trained, async (sampler) => {
        const alone = await expectSameInAnyBatch(sampler);
        for (const { tokens, logprobs } of alone) {
          const [scores] = await sampler.score([example([5], [...tokens])]);
          expectClose(scores, logprobs, 1e-4);
        }
      });
    });

    it('publish snapshots that do not change, with two open policies', async () => {
      await withPolicy(async (one) => {
        await withPolicy(
          async (other) => {
            await train(one, 1);
            const snapshot = await one.publish();
            await withSampler(snapshot, async (early) => {
              const before = await early.score(examples);
              const untouched = await other.logprobs(examples);
              const [sampled] = await early.sample([request({ seed: 9, n: 2 })]);
              await train(one, 1);
              expect(await early.score(examples)).toEqual(before);
              expect(tokensOf((await early.sample([request({ seed: 9, n: 2 })]))[0])).toEqual(tokensOf(sampled));
              expect(await other.logprobs(examples)).toEqual(untouched);
              expect(await one.logprobs(examples)).not.toEqual(before);
            });
            await engine.remove(snapshot);
            await expect(engine.openSampler(snapshot)).rejects.toMatchObject({ kind: 'lost-sampler' });
          },
          base,
          { adapt: { ...LORA, seed: 4 } },
        );
      });
    });

    it('continue from a saved state with the same bits as without interruption', async () => {
      const undisturbed = await withPolicy(async (policy) => {
        await train(policy, 4);
        return policy.logprobs(examples);
      });
      const resumed = await withPolicy(
        async (policy) => {
          expect(policy.version).toBe(2);
          await train(policy, 2);
          return policy.logprobs(examples);
        },
        trained,
        { adapt: LORA, optimizer: 'restore' },
      );
      expect(resumed).toEqual(undisturbed);
    });

    it('sample the same from a saved state and a snapshot', async () => {
      await withPolicy(async (policy) => {
        const snapshot = await policy.publish();
        const draw = (ref: WeightsRef): Promise<Completion[][]> =>
          withSampler(ref, (sampler) => sampler.sample([request({ seed: 3, n: 3 })]));
        expect(await draw(trained)).toEqual(await draw(snapshot));
        await engine.remove(snapshot);
      }, trained);
    });

    it('are exported in PEFT’s format, with the tokenizer', async () => {
      const config: unknown = JSON.parse(await readFile(join(exported, 'adapter_config.json'), 'utf8'));
      expect(config).toMatchObject({
        peft_type: 'LORA',
        task_type: 'CAUSAL_LM',
        r: LORA.rank,
        lora_alpha: LORA.alpha,
        target_modules: LORA.targets,
        base_model_name_or_path: base.path,
        bias: 'none',
        lora_dropout: 0,
        fan_in_fan_out: false,
      });
      const { tensors } = await readSafetensors(join(exported, 'adapter_model.safetensors'));
      const modules = [...tensors.keys()].map((key) => /^base_model\.model\.(.+)\.lora_[AB]\.weight$/.exec(key)?.[1]);
      expect(modules).not.toContain(undefined);
      for (const [key, { data }] of tensors)
        expect(
          data.some((value) => value !== 0),
          key,
        ).toBe(true);
      const [was, is] = await Promise.all([loadTokenizer(base.path), loadTokenizer(exported)]);
      expect(is.eosIds).toEqual(was.eosIds);
      const of = await engine.inspect(base);
      const { adapter, ...rest } = await engine.inspect({ kind: 'base', path: exported });
      const { seed: _, kind: __, ...shape } = LORA;
      expect(adapter).toMatchObject(shape);
      expect(adapter?.parameters).toBe([...tensors.values()].reduce((sum, { data }) => sum + data.length, 0));
      expect({ ...rest, adapter: null }).toEqual(of);
    });

    it('are initialised from the seed only', async () => {
      const factorsOf = async (seed: number, folder: string): Promise<Buffer> => {
        const path = join(root, folder);
        const place = { home: root, name: folder };
        const state = await withPolicy((policy) => policy.save(place), base, { adapt: { ...LORA, seed } });
        await engine.exportTo(state, path);
        return readFile(join(path, 'adapter_model.safetensors'));
      };
      const first = await factorsOf(1, 'seed-1');
      expect((await factorsOf(1, 'seed-1-again')).equals(first)).toBe(true);
      expect((await factorsOf(2, 'seed-2')).equals(first)).toBe(false);
    });

    it('reject settings that contradict the saved adapter or are out of range', async () => {
      const opening = (adapt: Adaptation, from: WeightsRef): Promise<Policy> =>
        engine.openPolicy({ from, optimizer: 'fresh', adapt });
      const contradicting: Adaptation[] = [
        { kind: 'full' },
        { ...LORA, rank: 3 },
        { ...LORA, alpha: 5 },
        { ...LORA, targets: ['down_proj'] },
      ];
      for (const adapt of contradicting) {
        const refused = opening(adapt, trained);
        await expect(refused).rejects.toMatchObject({ kind: 'user' });
        await expect(refused).rejects.toThrow(`rank ${LORA.rank}, alpha ${LORA.alpha}, on ${LORA.targets.join(', ')}`);
      }
      const impossible: Adaptation[] = [
        { ...LORA, rank: 0 },
        { ...LORA, rank: 1.5 },
        { ...LORA, alpha: 0 },
        { ...LORA, targets: [] },
        { ...LORA, targets: ['up_proj', 'q_proj'] },
      ];
      for (const adapt of impossible) await expect(opening(adapt, base)).rejects.toMatchObject({ kind: 'user' });
      await withPolicy(async (policy) => expect(policy.version).toBe(2), trained, { adapt: { ...LORA, seed: 99 } });
    });
  });
}
