import { createHash } from 'node:crypto';

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';

import type { DecoderConfig } from '../../../../models/decoder-config.ts';
import { randomWeights } from '../../../../models/init.ts';
import { joinedParts } from './cached-prompt.ts';
import { Prefill, type Prefilled } from './prefill.ts';
import { FEWEST_SHARED, KEPT_PROMPTS, KEPT_TOKENS, SharedBeginnings } from './shared-beginnings.ts';

const CONFIG: DecoderConfig = {
  architecture: 'qwen3',
  hidden: 24,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 8,
  intermediate: 32,
  vocabulary: 50,
  maxPositions: 512,
  ropeTheta: 10_000,
  rmsEpsilon: 1e-5,
  tied: true,
  qkNorm: true,
};
const weights = randomWeights(CONFIG, 1, 0.1);
const prefill = new Prefill(CONFIG, 1);
afterAll(() => prefill.close());

/** What runs: the number of tokens before, and the lengths of the prompts. */
type Calls = [after: number, lengths: number[]][];

/** Prefill that records what it runs. */
function recorded(): { calls: Calls; beginnings: SharedBeginnings } {
  const calls: Calls = [];
  const lengths = (prompts: readonly Int32Array[]): number[] => prompts.map(({ length }) => length);
  const recording: Pick<Prefill, 'config' | 'run' | 'runAfter'> = {
    config: CONFIG,
    run: (given, prompts) => {
      calls.push([0, lengths(prompts)]);
      return prefill.run(given, prompts);
    },
    runAfter: (given, beginning, prompts) => {
      calls.push([beginning.length, lengths(prompts)]);
      return prefill.runAfter(given, beginning, prompts);
    },
  };
  return { calls, beginnings: new SharedBeginnings(recording, weights) };
}

/** Tokens that no other `mark` has in common, from the first one on. */
const tokens = (mark: number, length: number): number[] =>
  Array.from({ length }, (_, at) => (mark * 7 + at * (mark + 1)) % 50);
const prompt = (...parts: number[][]): Int32Array => Int32Array.from(parts.flat());

/** Returns a digest of all values. */
function bitsOf({ first, ...prefilled }: Prefilled): string {
  const digest = createHash('sha256').update(first);
  for (const layer of [0, 1]) {
    const { keys, values } = joinedParts(prefilled, layer, CONFIG);
    digest.update(keys).update(values);
  }
  return digest.digest('hex');
}

describe('prompts that begin alike', () => {
  it('have the bits of whole prompts, whatever ran before', { timeout: 60_000 }, async () => {
    const part = fc
      .tuple(fc.nat(3), fc.constantFrom(1, 2, 31, 32, 33, 90))
      .map(([mark, length]) => tokens(mark, length));
    const given = fc
      .array(fc.array(part, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 })
      .map((all) => [...new Map(all.map((parts) => [parts.flat().join(), prompt(...parts)])).values()]);
    await fc.assert(
      fc.asyncProperty(fc.array(given, { minLength: 1, maxLength: 3 }), async (groups) => {
        const { beginnings } = recorded();
        for (const prompts of groups) {
          const found = await beginnings.run(prompts);
          for (const [at, one] of prompts.entries()) {
            const [whole] = await prefill.run(weights, [one]);
            expect(found[at].length).toBe(one.length);
            expect(bitsOf(found[at])).toEqual(bitsOf(whole));
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  it('run their beginning once, in this call and in later ones', async () => {
    const { calls, beginnings } = recorded();
    const examples = tokens(1, 190);
    const asked = (mark: number): Int32Array => prompt(examples, tokens(mark, 30 + mark));
    await beginnings.run([2, 3, 4, 5].map(asked));
    expect(calls).toEqual([
      [0, [222]],
      [190, [223, 224, 225]],
    ]);
    calls.length = 0;
    await beginnings.run([6, 7].map(asked));
    expect(calls).toEqual([[190, [226, 227]]]);
  });

  it('run a beginning within a beginning once', async () => {
    const { calls, beginnings } = recorded();
    const [outer, inner] = [tokens(1, 60), tokens(2, 50)];
    await beginnings.run(
      [
        prompt(outer, tokens(3, 10)),
        prompt(outer, inner, tokens(4, 10)),
        prompt(outer, inner, tokens(5, 11)),
        tokens(6, 20),
      ].map((one) => Int32Array.from(one)),
    );
    expect(calls).toEqual([
      [0, [70, 20]],
      [60, [120]],
      [110, [121]],
    ]);
  });

  it('runs prompts whole that share too little, and after the longer of two beginnings if that is worth it', async () => {
    const { calls, beginnings } = recorded();
    const few = tokens(1, FEWEST_SHARED - 1);
    await beginnings.run([prompt(few, tokens(2, 30)), prompt(few, tokens(3, 30))]);
    expect(calls).toEqual([[0, [61, 61]]]);
    calls.length = 0;
    const turn = prompt(few, tokens(2, 30), tokens(4, 40));
    await beginnings.run([turn]);
    await beginnings.run([prompt([...turn], tokens(5, 9))]);
    expect(calls).toEqual([
      [61, [101]],
      [101, [110]],
    ]);
  });

  it('keeps the prompts that were of use, then the newest', async () => {
    const { calls, beginnings } = recorded();
    const named = (mark: number): Int32Array => prompt([mark], tokens(1, 40));
    const longer = (mark: number, more: number): Int32Array => prompt([...named(mark)], [more]);
    await beginnings.run([named(0)]);
    const unrelated = Array.from({ length: KEPT_PROMPTS }, (_, at) => named(1 + at));
    await beginnings.run([...unrelated, longer(0, 3)]);
    calls.length = 0;
    // Only what follows `named(0)` and the newest fits: `named(1)` is the first to be dropped.
    for (const mark of [0, KEPT_PROMPTS, 1]) await beginnings.run([longer(mark, 4)]);
    expect(calls).toEqual([
      [41, [42]],
      [41, [42]],
      [0, [42]],
    ]);
  });

  it('keeps no prompt that is too long', async () => {
    const { calls, beginnings } = recorded();
    const long = prompt(Array.from({ length: KEPT_TOKENS + 1 }, (_, at) => (at * at) % 50));
    for (const one of [long, long, long.subarray(1), long.subarray(1, -1)]) await beginnings.run([one]);
    expect(calls).toEqual([
      [0, [KEPT_TOKENS + 1]],
      [0, [KEPT_TOKENS + 1]],
      [0, [KEPT_TOKENS]],
      [KEPT_TOKENS - 2, [KEPT_TOKENS - 1]],
    ]);
  });

  it('counts the tokens that a group runs, and those that are kept', async () => {
    const { calls, beginnings } = recorded();
    const examples = tokens(1, 100);
    const groups = [
      [2, 3, 4],
      [5, 6, 7],
    ].map((marks) => marks.map((mark) => prompt(examples, tokens(mark, 20))));
    const counted: (number | undefined)[] = [];
    for (const group of groups) {
      const count = beginnings.count();
      counted.push(group.map((one) => count(one)).at(-1));
      await beginnings.run(group);
    }
    const ran = calls.map(([after, lengths]) => lengths.length * (lengths[0] - after));
    expect(ran).toEqual([120, 40, 60]);
    // The first group is kept.
    expect(counted).toEqual([160, 160 + 60]);
  });

  it('divides no prompt of a model with long heads, whose sums depend on the number of keys', async () => {
    const config = { ...CONFIG, headDim: 130, heads: 1, kvHeads: 1 };
    const long = new Prefill(config, 1);
    const beginnings = new SharedBeginnings(long, randomWeights(config, 1, 0.1));
    const found = await beginnings.run([2, 3].map((mark) => prompt(tokens(1, 60), tokens(mark, 20))));
    expect(found.map(({ parts }) => parts.length)).toEqual([1, 1]);
    const count = beginnings.count();
    count(prompt(tokens(1, 60)));
    expect(count(prompt(tokens(1, 60)))).toBe(120);
    await long.close();
  });
});
