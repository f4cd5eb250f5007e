import fc from 'fast-check';
import { expect, it } from 'vitest';
import { resolveConfig } from '../config/load.ts';
import { deriveSeed, Random } from '../random.ts';
import type { LabelledQuestion } from '../types.ts';
import { promptsOf } from './5-train-solver.ts';
import { NO_VOTES } from './pool/voting.ts';

function curriculum(size: number): LabelledQuestion[] {
  return Array.from({ length: size }, (_, index) => ({
    question: {
      id: `q-${index}`,
      iteration: 1,
      origin: 'pool',
      step: 0,
      index,
      text: '',
      claimed: null,
      completion: '',
      invalid: null,
    },
    tally: NO_VOTES,
    dropped: null,
    truth: null,
    labelCorrect: null,
  }));
}

it('uses the whole curriculum before it repeats a question, in a new order each time', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 0, max: 99 }),
      (size, prompts, seed) => {
        const config = resolveConfig({ flags: { seed, solver: { prompts } } });
        const steps = Math.ceil((3 * size) / prompts);
        const order = Array.from({ length: steps }, (_, step) =>
          promptsOf({ config }, curriculum(size), { iteration: 1, stage: 'train-solver', step, steps }),
        )
          .flat()
          .map((one) => one.question.index);
        for (let round = 0; round < 3; round++) {
          expect(new Set(order.slice(round * size, (round + 1) * size)).size).toBe(size);
        }
      },
    ),
  );
});

it('shuffles by seed and iteration', () => {
  const config = resolveConfig({ flags: { seed: 1, solver: { prompts: 12 } } });
  const order = (seed: number, iteration: number): number[] =>
    promptsOf({ config: { ...config, seed } }, curriculum(12), {
      iteration,
      stage: 'train-solver',
      step: 0,
      steps: 1,
    }).map((one) => one.question.index);
  const indices = Array.from({ length: 12 }, (_, index) => index);
  for (const [seed, iteration] of [
    [1, 1],
    [2, 1],
    [1, 2],
  ]) {
    const shuffled = new Random(deriveSeed(seed, iteration, 'curriculum', 0)).shuffle(indices);
    expect(order(seed, iteration)).toEqual(shuffled);
  }
});
