/** Contract tests for the saved states of every engine; part of `engine.contract.ts`. */

import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as parts from '../../test/fixtures/engine-parts.ts';
import { ADAM, coefficients, example } from '../../test/fixtures/engine-parts.ts';
import { RzeroError } from '../errors.ts';
import type { BaseRef, Engine, Policy, Sampler, StateRef, WeightsRef } from './engine.ts';

const examples = [example([1, 2, 3], [4, 5, 6]), example([7], [1, 1])];

export function statesContract(
  name: string,
  makeEngine: () => Promise<Engine>,
  makeBaseFolder: (folder: string) => Promise<void>,
): void {
  describe(`saved states: ${name}`, () => {
    let root: string;
    let engine: Engine;
    let base: BaseRef;

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'rzero-states-'));
      base = { kind: 'base', path: join(root, 'base') };
      await makeBaseFolder(base.path);
      engine = await makeEngine();
    });
    afterAll(async () => {
      await engine.close();
      await rm(root, { recursive: true, force: true });
    });

    const withSampler = <T>(ref: WeightsRef, use: (sampler: Sampler) => Promise<T>): Promise<T> =>
      parts.withSampler(engine, ref, use);
    const withPolicy = <T>(use: (policy: Policy) => Promise<T>): Promise<T> =>
      parts.withPolicy(engine, { from: base, optimizer: 'fresh' }, use);
    const train = async (policy: Policy): Promise<void> => {
      await policy.accumulate(
        examples,
        examples.map((one) => coefficients(one, (t) => Math.cos(t))),
      );
      await policy.step(ADAM);
    };

    it('keeps a snapshot as it was published, if it can keep snapshots', async () => {
      if (engine.keep === undefined) return;
      await withPolicy(async (policy) => {
        await train(policy);
        const snapshot = await policy.publish();
        const scores = await withSampler(snapshot, (sampler) => sampler.score(examples));
        await train(policy);
        const state = await engine.keep?.(snapshot, { home: join(root, 'kept'), name: 'one' });
        await engine.remove(snapshot);
        if (state === undefined) throw new Error('nothing was kept');
        await withSampler(state, async (sampler) => {
          expect(sampler.version).toBe(1);
          expect(await sampler.score(examples)).toEqual(scores);
        });
        expect(await engine.states(join(root, 'kept'))).toEqual([state]);
      });
    });

    it('opens a state from its serialised reference, in another engine, after the run has moved', async () => {
      const home = join(root, 'run');
      const { text, scores } = await withPolicy(async (policy) => {
        await train(policy);
        return {
          text: JSON.stringify(await policy.save({ home, name: 'one' })),
          scores: await policy.logprobs(examples),
        };
      });
      const moved = join(root, 'moved-run');
      await rename(home, moved);
      const read: StateRef = JSON.parse(text);
      const other = await makeEngine();
      const state = { ...read, home: moved };
      const policy = await other.openPolicy({ from: state, optimizer: 'restore' });
      expect(await policy.logprobs(examples)).toEqual(scores);
      expect(policy.version).toBe(1);
      await policy.close();
      await other.close();
    });

    it('lists the states of a run, and removes them one by one', async () => {
      const [home, elsewhere] = [join(root, 'listed'), join(root, 'elsewhere')];
      expect(await engine.states(home)).toEqual([]);
      const [one, two] = await withPolicy(async (policy) => {
        const saved = [await policy.save({ home, name: 'one' }), await policy.save({ home, name: 'two' })];
        await policy.save({ home: elsewhere, name: 'one' });
        return saved;
      });
      expect(one).toMatchObject({ kind: 'state', home });
      expect(await engine.states(home)).toEqual(expect.arrayContaining([one, two]));
      await engine.remove(one);
      await engine.remove(one);
      expect(await engine.states(home)).toEqual([two]);
      expect(await engine.states(elsewhere)).toHaveLength(1);
      await expect(engine.openSampler(one)).rejects.toThrow(RzeroError);
      await withSampler(two, async (sampler) => expect(sampler.version).toBe(0));
    });

    it('exports an unchanged base over an existing folder, and rejects a snapshot', async () => {
      const path = join(root, 'exported-base');
      const trained = await withPolicy(async (policy) => {
        await train(policy);
        return policy.save({ home: root, name: 'trained' });
      });
      await engine.exportTo(trained, path);
      await engine.exportTo(base, path);
      const scoresOf = (ref: WeightsRef): Promise<Float32Array[]> =>
        withSampler(ref, (sampler) => sampler.score(examples));
      expect(await scoresOf({ kind: 'base', path })).toEqual(await scoresOf(base));
      await withPolicy(async (policy) => {
        const snapshot = await policy.publish();
        const exported = engine.exportTo(snapshot, join(root, 'exported-snapshot'));
        await expect(exported).rejects.toMatchObject({ kind: 'user' });
        await engine.remove(snapshot);
      });
    });

    it('does not remove a base, which it did not create', async () => {
      await expect(engine.remove(base)).rejects.toMatchObject({ kind: 'user' });
      expect((await engine.inspect(base)).vocabulary).toBeGreaterThan(0);
    });
  });
}
