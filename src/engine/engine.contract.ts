/**
 * Contract tests of every engine. `makeEngine` opens an engine; `makeBaseFolder` writes a small random checkpoint with
 * a tokenizer into an empty folder. The suite does not depend on the model: token ids below 8 must be ordinary tokens,
 * and gradients are checked by finite differences, from the effect of a step on log-probabilities.
 */

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as parts from '../../test/fixtures/engine-parts.ts';
import {
  ADAM,
  coefficients,
  descent,
  example,
  expectClose,
  expectGradientOfLoss,
  expectSameInAnyBatch,
  normOf,
  request,
  sum,
  tokensOf,
} from '../../test/fixtures/engine-parts.ts';
import type { AdapterShape } from '../types.ts';
import { readSafetensors } from '../models/weights/safetensors.ts';
import { loadTokenizer } from '../models/tokenizer/tokenizer.ts';
import { adapterContract } from './adapter.contract.ts';
import { statesContract } from './states.contract.ts';
import { measuresContract, noMeasuresContract } from './measures.contract.ts';
import { streamingContract } from './streaming.contract.ts';
import { completionText } from './stop-strings.ts';
import type { BaseRef, Completion, Engine, Policy, Sampler, StatePlace, WeightsRef } from './engine.ts';

/** What an engine refuses because of what it is built on. The refusals are tested in place of the results. */
export interface ContractLimits {
  /** Why it has no min-p. */
  noMinP?: string;
  /** Why it opens no folder with other weights than those of its base. */
  oneBase?: string;
  /** Why it measures no whole distributions. */
  noMeasures?: string;
  /** True: decoding steps are slow. Calls that need many completions have fewer. */
  slow?: boolean;
  /** Adapter that the tests train; by default one of a part of the matrices. */
  adapter?: AdapterShape;
}

export function engineContract(
  name: string,
  makeEngine: () => Promise<Engine>,
  makeBaseFolder: (folder: string) => Promise<void>,
  limits: ContractLimits = {},
): void {
  describe(`engine contract: ${name}`, () => {
    let root: string;
    let engine: Engine;
    let base: BaseRef;
    let states = 0;

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'rzero-engine-'));
      base = { kind: 'base', path: join(root, 'base') };
      await makeBaseFolder(base.path);
      engine = await makeEngine();
    });
    afterAll(async () => {
      await engine.close();
      await rm(root, { recursive: true, force: true });
    });

    /** A new, unique place within the run. */
    const place = (): StatePlace => ({ home: root, name: `state-${++states}` });

    const withSampler = <T>(ref: WeightsRef, use: (sampler: Sampler) => Promise<T>): Promise<T> =>
      parts.withSampler(engine, ref, use);
    const withPolicy = <T>(
      use: (policy: Policy) => Promise<T>,
      from: WeightsRef = base,
      optimizer: 'restore' | 'fresh' = 'fresh',
    ): Promise<T> => parts.withPolicy(engine, { from, optimizer }, use);

    const measures = limits.noMeasures === undefined ? measuresContract : noMeasuresContract;
    measures((use) => withSampler(base, async (sampler) => use(sampler, engine)));

    describe('sampling', () => {
      it('returns the same tokens for the same seed, for any other contents of the batch', async () => {
        await withSampler(base, async (sampler) => {
          const one = request({ seed: 7, n: 3 });
          const [alone] = await sampler.sample([one]);
          const [, amid] = await sampler.sample([
            request({ seed: 1, prompt: [4, 4, 4, 4, 4] }),
            one,
            request({ seed: 2 }),
          ]);
          expect(tokensOf(amid)).toEqual(tokensOf(alone));
        });
      });

      it('returns the same bits of log-probabilities for any other contents of the batch', async () => {
        await withSampler(base, async (sampler) => {
          await expectSameInAnyBatch(sampler);
        });
      });

      it('draws exactly the tokens that pass min-p', async () => {
        await withSampler(base, async (sampler) => {
          const { vocabulary } = await engine.inspect(base);
          const scores = await sampler.score(
            Array.from({ length: vocabulary }, (_, token) => example([1, 2, 3], [token])),
          );
          const chances = scores.map((logprobs) => Math.exp(logprobs[2]));
          const top = Math.max(...chances);
          const likeliest = chances.toSorted((a, b) => b - a);
          const minP = (likeliest[3] + likeliest[4]) / 2 / top;
          const draws = 400;
          const drawing = sampler.sample([request({ n: draws, maxTokens: 1, seed: 6, minP })]);
          if (limits.noMinP !== undefined) {
            await expect(drawing).rejects.toMatchObject({ kind: 'user' });
            await expect(drawing).rejects.toThrow('minP');
            return;
          }
          const [drawn] = await drawing;
          const kept = chances.map((chance) => (chance >= minP * top ? chance : 0));
          const total = kept.reduce((all, chance) => all + chance, 0);
          kept.forEach((chance, token) => {
            const share = chance / total;
            const count = drawn.filter((one) => one.tokens[0] === token).length;
            expect(Math.abs(count - draws * share)).toBeLessThanOrEqual(5 * Math.sqrt(draws * share * (1 - share)));
          });
        });
      });

      it('ends at the stop tokens of a request and includes them', async () => {
        await withSampler(base, async (sampler) => {
          const asked = { n: 30, maxTokens: 25, seed: 8 };
          const [free] = await sampler.sample([request(asked)]);
          const stopTokens = [free[0].tokens[3], free[1].tokens[5]];
          const [ended] = await sampler.sample([request({ ...asked, stopTokens })]);
          free.forEach((one, at) => {
            const end = one.tokens.findIndex((token) => stopTokens.includes(token));
            const until = end < 0 ? one.tokens.length : end + 1;
            expect(ended[at].tokens).toEqual(one.tokens.slice(0, until));
            expect(ended[at].logprobs).toEqual(one.logprobs.slice(0, until));
            expect(ended[at].stop).toBe(end < 0 ? one.stop : 'stop');
          });
        });
      });

      it('ends as soon as the new tokens contain a stop string', async () => {
        const { decode } = await loadTokenizer(base.path);
        await withSampler(base, async (sampler) => {
          const asked = { n: 30, maxTokens: 25, seed: 8 };
          const [free] = await sampler.sample([request(asked)]);
          const spelled = free.map((one) => completionText(one, decode));
          const stopStrings = spelled
            .map(longestPlain)
            .filter((text) => text !== '')
            .slice(0, 2);
          const [ended] = await sampler.sample([request({ ...asked, stopStrings })]);
          free.forEach((one, at) => {
            const said = one.stop === 'stop' ? one.tokens.slice(0, -1) : one.tokens;
            const ends = [...said.keys()].map((last) => stopIn(decode(said.slice(0, last + 1)), stopStrings));
            const end = ends.findIndex((found) => found !== undefined);
            const { tokens, stop, stopString } = ended[at];
            expect(tokens).toEqual(one.tokens.slice(0, end < 0 ? one.tokens.length : end + 1));
            expect({ stop, stopString }).toEqual(
              end < 0 ? { stop: one.stop, stopString: undefined } : { stop: 'stop', stopString: ends[end] },
            );
            expect(stopIn(completionText(ended[at], decode), stopStrings)).toBeUndefined();
          });
          expect(ended.some(({ stopString }) => stopString !== undefined)).toBe(true);
        });
      });

      it('returns finite log-probabilities for sharp and flat distributions', async () => {
        await withSampler(base, async (sampler) => {
          for (const temperature of [0, 1e-3, 50]) {
            const [drawn] = await sampler.sample([request({ n: 20, maxTokens: 10, temperature, seed: 12 })]);
            for (const { logprobs } of drawn)
              expect(logprobs.every((value) => Number.isFinite(value) && value <= 1e-6)).toBe(true);
          }
        });
      });

      it('draws every completion from a separate random stream', async () => {
        await withSampler(base, async (sampler) => {
          const [four] = await sampler.sample([request({ seed: 7, n: 4, maxTokens: 12 })]);
          const [two] = await sampler.sample([request({ seed: 7, n: 2, maxTokens: 12 })]);
          expect(new Set(tokensOf(four).map(String)).size).toBe(4);
          expect(tokensOf(two)).toEqual(tokensOf(four).slice(0, 2));
          const [other] = await sampler.sample([request({ seed: 8, n: 4, maxTokens: 12 })]);
          expect(new Set([...tokensOf(four), ...tokensOf(other)].map(String)).size).toBe(8);
        });
      });

      it('takes the most likely token at temperature 0', async () => {
        await withSampler(base, async (sampler) => {
          const vocabulary = (await engine.inspect(base)).vocabulary;
          const [[first], [again]] = await sampler.sample([
            request({ temperature: 0, seed: 1 }),
            request({ temperature: 0, seed: 2 }),
          ]);
          expect([...again.tokens]).toEqual([...first.tokens]);
          const next = await sampler.score(
            Array.from({ length: vocabulary }, (_, token) => example([1, 2, 3], [token])),
          );
          const best = next
            .map((logprobs) => logprobs[2])
            .reduce((at, value, index, all) => (value > all[at] ? index : at), 0);
          expect(first.tokens[0]).toBe(best);
        });
      });

      it('draws with the model’s probabilities, and only from the top k', async () => {
        await withSampler(base, async (sampler) => {
          const vocabulary = (await engine.inspect(base)).vocabulary;
          const scores = await sampler.score(
            Array.from({ length: vocabulary }, (_, token) => example([1, 2, 3], [token])),
          );
          const chances = scores.map((logprobs) => Math.exp(logprobs[2]));
          expect(chances.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 3);
          const draws = 600;
          const [drawn] = await sampler.sample([request({ n: draws, maxTokens: 1, seed: 3 })]);
          const counts = chances.map((_, token) => drawn.filter((one) => one.tokens[0] === token).length);
          counts.forEach((count, token) => {
            const deviation = Math.sqrt(draws * chances[token] * (1 - chances[token]));
            expect(Math.abs(count - draws * chances[token])).toBeLessThan(5 * deviation + 1);
          });
          const [top] = await sampler.sample([request({ n: 100, maxTokens: 1, seed: 4, topK: 2 })]);
          const likeliest = chances.map((chance, token) => ({ chance, token })).toSorted((a, b) => b.chance - a.chance);
          const allowed = likeliest.slice(0, 2).map(({ token }) => token);
          for (const one of top) expect(allowed).toContain(one.tokens[0]);
          const [nucleus] = await sampler.sample([
            request({ n: 100, maxTokens: 1, seed: 5, topP: likeliest[0].chance / 2 }),
          ]);
          expect(new Set(nucleus.map((one) => one.tokens[0]))).toEqual(new Set([likeliest[0].token]));
        });
      });

      it('ends at a stop token, which it includes, or at the token limit', async () => {
        const { eosIds } = await loadTokenizer(base.path);
        await withSampler(base, async (sampler) => {
          const [many] = await sampler.sample([
            request({ n: limits.slow === true ? 60 : 300, maxTokens: 40, seed: 5 }),
          ]);
          const stopped = many.filter((one) => one.stop === 'stop');
          expect(stopped.length).toBeGreaterThan(0);
          for (const one of many) {
            const ends = [...one.tokens].map((token) => eosIds.includes(token));
            expect(ends.indexOf(true)).toBe(one.stop === 'stop' ? one.tokens.length - 1 : -1);
            if (one.stop === 'length') expect(one.tokens.length).toBe(40);
          }
        });
      });

      it('returns the log-probabilities of scoring and of the trainer, also at another temperature', async () => {
        await withSampler(base, async (sampler) => {
          const prompt = [3, 1, 4, 1, 5];
          const [completions] = await sampler.sample([
            request({ prompt, n: 4, maxTokens: 10, temperature: 0.7, topK: 5, seed: 11 }),
          ]);
          const examples = completions.map((one) => example(prompt, [...one.tokens]));
          const scored = await sampler.score(examples);
          const trained = await withPolicy((policy) => policy.logprobs(examples));
          completions.forEach((one, at) => {
            expect(one.policyVersion).toBe(0);
            expect(scored[at].length).toBe(examples[at].target.length);
            expectClose(scored[at].slice(prompt.length - 1), one.logprobs, 1e-4);
            expectClose(trained[at], scored[at], 1e-4);
            expect(scored[at].slice(0, prompt.length - 1).every((value) => value === 0)).toBe(true);
          });
        });
      });

      it('rejects empty prompts, tokens outside the vocabulary, and settings out of range', async () => {
        const wrong: Parameters<typeof request>[0][] = [
          { prompt: [1, 1_000_000] },
          { prompt: [-1] },
          { prompt: [] },
          { n: 0 },
          { maxTokens: 0 },
          { temperature: -1 },
          { temperature: Number.NaN },
          { topP: 0 },
          { topK: -1 },
          { minP: 1.5 },
          { stopStrings: ['x', ''] },
          { stopTokens: [0.5] },
        ];
        await withSampler(base, async (sampler) => {
          for (const one of wrong) await expect(sampler.sample([request(one)])).rejects.toMatchObject({ kind: 'user' });
        });
      });

      it('reports progress, and stops when it is aborted', async () => {
        await withSampler(base, async (sampler) => {
          const seen: number[] = [];
          const requests = Array.from({ length: 200 }, (_, seed) => request({ n: 4, maxTokens: 30, seed }));
          await sampler.sample(requests.slice(0, 2), { onProgress: ({ done, total }) => seen.push(done / total) });
          expect(seen.length).toBeGreaterThan(0);
          expect(Math.max(...seen)).toBeLessThanOrEqual(1);
          expect(seen).toEqual(seen.toSorted((a, b) => a - b));
          await expect(sampler.sample(requests, { signal: AbortSignal.abort() })).rejects.toMatchObject({
            kind: 'aborted',
          });
          const controller = new AbortController();
          const running = sampler.sample(requests, { signal: controller.signal, onProgress: () => controller.abort() });
          await expect(running).rejects.toMatchObject({ kind: 'aborted' });
          expect((await sampler.sample([request({})]))[0]).toHaveLength(1);
        });
      });
    });

    describe('training', () => {
      const examples = [example([1, 2, 3], [4, 5]), example([2, 2], [6, 1, 3, 7]), example([5], [2])];
      const weights = examples.map((one, at) => coefficients(one, (t) => Math.sin(3 * at + t)));

      const gradNormOf = (feed: (policy: Policy) => Promise<unknown>): Promise<number> =>
        withPolicy(async (policy) => {
          await feed(policy);
          return normOf(await policy.step(descent(1e-9)));
        });

      it.each(['before it begins', 'while it runs'])(
        'discards the gradient when an accumulate is aborted %s',
        async (when) => {
          const many = Array.from({ length: 2000 }, (_, at) => examples[at % examples.length]);
          const flat = many.map((one) => coefficients(one, () => 0.01));
          const alone = await gradNormOf((policy) => policy.accumulate(examples.slice(0, 1), weights.slice(0, 1)));
          const after = await gradNormOf(async (policy) => {
            await policy.accumulate(examples, weights);
            const controller = new AbortController();
            if (when === 'before it begins') controller.abort();
            const ctl = { signal: controller.signal, onProgress: () => controller.abort() };
            for (const given of [flat, () => flat[0]]) {
              await expect(policy.accumulate(many, given, ctl)).rejects.toMatchObject({ kind: 'aborted' });
            }
            await policy.accumulate(examples.slice(0, 1), weights.slice(0, 1));
          });
          expect(after / alone).toBeCloseTo(1, 5);
        },
      );

      it('sums gradients over calls and examples', async () => {
        const together = await gradNormOf((policy) => policy.accumulate(examples, weights));
        const apart = await gradNormOf(async (policy) => {
          for (const [at, one] of examples.entries()) await policy.accumulate([one], [weights[at]]);
        });
        expect(apart).toBeCloseTo(together, 4);
        const once = await gradNormOf((policy) => policy.accumulate(examples.slice(0, 1), weights.slice(0, 1)));
        const twice = await gradNormOf((policy) =>
          policy.accumulate([examples[0], examples[0]], [weights[0], weights[0]]),
        );
        expect(twice / once).toBeCloseTo(2, 3);
      });

      it('scales with the coefficients, of either sign', async () => {
        const plain = await gradNormOf((policy) => policy.accumulate(examples, weights));
        const scaled = await gradNormOf((policy) =>
          policy.accumulate(
            examples,
            weights.map((one) => one.map((value) => -3 * value)),
          ),
        );
        expect(scaled / plain).toBeCloseTo(3, 3);
        const cancelled = await gradNormOf(async (policy) => {
          await policy.accumulate(examples, weights);
          await policy.accumulate(
            examples,
            weights.map((one) => one.map((value) => -value)),
          );
        });
        expect(cancelled / plain).toBeLessThan(1e-3);
      });

      it('passes current log-probabilities to coefficient functions, with the same gradient as for arrays', async () => {
        const asked: Float32Array[] = [];
        const byCallback = await gradNormOf((policy) =>
          policy.accumulate(examples, (index, logprobs) => {
            asked[index] = logprobs.slice();
            return weights[index];
          }),
        );
        const scored = await withPolicy((policy) => policy.logprobs(examples));
        asked.forEach((logprobs, at) => expectClose(logprobs, scored[at], 1e-5));
        expect(byCallback).toBeCloseTo(await gradNormOf((policy) => policy.accumulate(examples, weights)), 4);
      });

      it('computes the gradient of the loss: a small step along it changes the loss by the square of its norm', async () => {
        await expectGradientOfLoss(withPolicy, examples, weights);
      });

      it('counts masked positions and their entropy', async () => {
        await withPolicy(async (policy) => {
          const { entropySum, positions } = await policy.accumulate(examples, weights);
          expect(positions).toBe(7);
          const vocabulary = (await engine.inspect(base)).vocabulary;
          expect(entropySum).toBeGreaterThan(0);
          expect(entropySum).toBeLessThanOrEqual(positions * Math.log(vocabulary) + 1e-3);
          const all = await policy.logprobs(Array.from({ length: vocabulary }, (_, token) => example([5], [token])));
          const direct = all.reduce((sum, [logprob]) => sum - Math.exp(logprob) * logprob, 0);
          const alone = await policy.accumulate([examples[2]], [weights[2]]);
          expect(alone.entropySum).toBeCloseTo(direct, 3);
        });
      });

      it('learns: the coefficients of a likelihood increase the likelihood', async () => {
        await withPolicy(async (policy) => {
          const towards = [examples[0]];
          const [before] = await policy.logprobs(towards);
          for (let step = 0; step < 5; step++) {
            await policy.accumulate(towards, [coefficients(examples[0], () => -1)]);
            await policy.step(ADAM);
          }
          const [later] = await policy.logprobs(towards);
          expect(sum(later)).toBeGreaterThan(sum(before));
          expect(policy.version).toBe(5);
        });
      });

      it('clips the step by the gradient norm, and clears the gradient', async () => {
        const gradNorm = await gradNormOf((policy) => policy.accumulate(examples, weights));
        const step = descent(0.02 / gradNorm ** 2);
        const move = (clip: number): Promise<{ gradNorm: number; next: number; moved: number }> =>
          withPolicy(async (policy) => {
            const before = (await policy.logprobs(examples)).flatMap((one) => [...one]);
            await policy.accumulate(examples, weights);
            const result = await policy.step({ ...step, clip });
            const later = (await policy.logprobs(examples)).flatMap((one) => [...one]);
            const moved = later.reduce((total, value, at) => total + Math.abs(value - before[at]), 0);
            return { gradNorm: normOf(result), next: normOf(await policy.step(step)), moved };
          });
        const free = await move(0);
        const held = await move(gradNorm / 4);
        expect(held.gradNorm).toBeCloseTo(gradNorm, 3);
        expect(free.moved / held.moved).toBeGreaterThan(3);
        expect(free.moved / held.moved).toBeLessThan(5);
        expect(free.next).toBe(0);
      });

      it('rejects coefficients and gradients that are not finite, and changes nothing', async () => {
        await withPolicy(async (policy) => {
          const before = await policy.logprobs(examples);
          const attempt = async (): Promise<void> => {
            await policy.accumulate([examples[0]], [coefficients(examples[0], () => Number.NaN)]);
            await policy.step(ADAM);
          };
          await expect(attempt()).rejects.toMatchObject({ kind: 'numeric' });
          expect(await policy.logprobs(examples)).toEqual(before);
          expect(policy.version).toBe(0);
          await policy.accumulate(examples, weights);
          await policy.step(ADAM);
          expect(policy.version).toBe(1);
          expect((await policy.logprobs(examples)).every((one) => one.every(Number.isFinite))).toBe(true);
        });
      });
    });

    describe('weights', () => {
      const examples = [example([1, 2, 3], [4, 5, 6]), example([7], [1, 1])];
      /** Steps that depend on their number, from `first` on. */
      const train = async (policy: Policy, steps: number, first = policy.version): Promise<void> => {
        for (let step = first; step < first + steps; step++) {
          await policy.accumulate(examples, (index, logprobs) =>
            coefficients(examples[index], (t) => Math.cos(step + t) + logprobs[t] / 10),
          );
          await policy.step(ADAM);
        }
      };

      it('does not change published snapshots', async () => {
        await withPolicy(async (policy) => {
          const snapshot = await policy.publish();
          await withSampler(snapshot, async (early) => {
            const before = await early.score(examples);
            const [sampled] = await early.sample([request({ seed: 9, n: 2 })]);
            await train(policy, 2);
            expect(await early.score(examples)).toEqual(before);
            expect(tokensOf((await early.sample([request({ seed: 9, n: 2 })]))[0])).toEqual(tokensOf(sampled));
            const later = await policy.publish();
            await withSampler(later, async (fresh) => {
              expect(fresh.version).toBe(2);
              expect(await fresh.score(examples)).not.toEqual(before);
              expectClose((await fresh.score(examples))[0], (await policy.logprobs(examples))[0], 1e-5);
              expect((await fresh.sample([request({})]))[0][0].policyVersion).toBe(2);
            });
            await engine.remove(later);
          });
          await engine.remove(snapshot);
          await expect(engine.openSampler(snapshot)).rejects.toMatchObject({ kind: 'lost-sampler' });
        });
      });

      it('continues from a saved state with the same bits as without interruption', async () => {
        const { state, undisturbed } = await withPolicy(async (policy) => {
          await train(policy, 2);
          const saved = await policy.save(place());
          await train(policy, 2);
          return { state: saved, undisturbed: await policy.logprobs(examples) };
        });
        const resumed = await withPolicy(
          async (policy) => {
            expect(policy.version).toBe(2);
            await train(policy, 2);
            return policy.logprobs(examples);
          },
          state,
          'restore',
        );
        expect(resumed).toEqual(undisturbed);
        const fresh = await withPolicy(
          async (policy) => {
            await train(policy, 2);
            return policy.logprobs(examples);
          },
          state,
          'fresh',
        );
        // The scores of a policy that starts from the same weights without optimizer moments.
        const path = join(root, 'exported-state');
        await engine.exportTo(state, path);
        const opening = withPolicy(
          async (policy) => {
            await train(policy, 2, 2);
            return policy.logprobs(examples);
          },
          { kind: 'base', path },
          'fresh',
        );
        if (limits.oneBase === undefined) expect(fresh).toEqual(await opening);
        else await expect(opening).rejects.toMatchObject({ kind: 'user' });
        expect(fresh).not.toEqual(undisturbed);
      });

      it('replaces an older state, and samples the same from a saved state and a snapshot', async () => {
        const at = place();
        await withPolicy(async (policy) => {
          const before = await policy.save(at);
          await train(policy, 1);
          const state = await policy.save(at);
          expect(state).toEqual(before);
          const snapshot = await policy.publish();
          const draw = (ref: WeightsRef): Promise<Completion[][]> =>
            withSampler(ref, (sampler) => sampler.sample([request({ seed: 3, n: 3 })]));
          expect(await draw(state)).toEqual(await draw(snapshot));
          await engine.remove(snapshot);
        });
      });

      it('exports a Hugging Face folder: config, finite tensors of the same shapes, tokenizer', async () => {
        const path = join(root, 'exported');
        await withPolicy(async (policy) => {
          await train(policy, 1);
          await engine.exportTo(await policy.save(place()), path);
        });
        const config: unknown = JSON.parse(await readFile(join(path, 'config.json'), 'utf8'));
        expect(config).toHaveProperty('model_type');
        const saved = (await readSafetensors(join(path, 'model.safetensors'))).tensors;
        const original = (await readSafetensors(join(base.path, 'model.safetensors'))).tensors;
        expect([...saved.keys()].toSorted()).toEqual([...original.keys()].toSorted());
        for (const [key, tensor] of original) expect(saved.get(key)?.shape).toEqual(tensor.shape);
        const [was, is] = await Promise.all([loadTokenizer(base.path), loadTokenizer(path)]);
        expect(is.eosIds).toEqual(was.eosIds);
        expect(await readdir(path)).not.toContain('optimizer.safetensors');
        expect(await engine.inspect({ kind: 'base', path })).toEqual(await engine.inspect(base));
      });

      it('trains two open policies independently', async () => {
        await withPolicy(async (one) => {
          await withPolicy(async (other) => {
            const before = await other.logprobs(examples);
            await train(one, 1);
            expect(await other.logprobs(examples)).toEqual(before);
          });
        });
      });
    });

    it('counts the seconds that it worked', async () => {
      const before = engine.busySeconds();
      await withSampler(base, (sampler) => sampler.sample([request({ n: 8, maxTokens: 20 })]));
      expect(engine.busySeconds()).toBeGreaterThan(before);
    });
  });
  adapterContract(name, makeEngine, makeBaseFolder, limits.adapter);
  statesContract(name, makeEngine, makeBaseFolder);
  streamingContract(name, makeEngine, makeBaseFolder, limits.slow === true ? 20 : 60);
}

/** Returns the longest run of printable ASCII in a text, which excludes incomplete characters. */
function longestPlain(text: string): string {
  const runs = text.match(/[!-~ ]+/g) ?? [];
  return runs.toSorted((a, b) => b.length - a.length)[0] ?? '';
}

/** Returns the first of `strings` that a text contains. */
function stopIn(text: string, strings: readonly string[]): string | undefined {
  return strings.find((one) => text.includes(one));
}
