import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { SuiteDevice } from '../../../../test/fixtures/devices/device.ts';
import { randomWeights } from '../../../models/init.ts';
import { Random } from '../../../random.ts';
import type { Example } from '../../engine.ts';
import { BASE, VARIANTS } from './gradients.contract.ts';
import { SequenceRunner, type SequenceRunnerOptions, type SequenceScores } from './sequence-runner.ts';
import { planBatches } from './plan-batches.ts';

const WAYS: [string, Partial<SequenceRunnerOptions>][] = [
  ['activations kept', {}],
  ['activations recomputed', { recompute: () => true }],
];
const BUDGET = 64;

/** Groups of completions of prompts that begin alike, with an empty one, equal ones and one of another prompt. */
function groups(): Example[] {
  const random = new Random(5);
  const tokens = (length: number): number[] => Array.from({ length }, () => random.integer(0, BASE.vocabulary - 1));
  const beginning = tokens(14);
  const prompts = [4, 6, 1].map((length) => [...beginning, ...tokens(length)]);
  const all = prompts.flatMap((prompt) => [5, 3, 0, 7].map((length) => exampleOf(prompt, tokens(length))));
  const again = exampleOf(prompts[0], tokens(4));
  return [...all, again, again, exampleOf(tokens(9), tokens(6))];
}

function exampleOf(prompt: readonly number[], completion: readonly number[]): Example {
  const whole = [...prompt, ...completion];
  return {
    input: Int32Array.from(whole.slice(0, -1)),
    target: Int32Array.from(whole.slice(1)),
    mask: Uint8Array.from({ length: whole.length - 1 }, (_, t) => (t >= prompt.length - 1 ? 1 : 0)),
  };
}

/** @param count how many architectures are compared */
export function sharedPromptsContract(
  device: string,
  open: () => Promise<SuiteDevice>,
  count: number = VARIANTS.length,
): void {
  describe.each(VARIANTS.slice(0, count))(`sequences that share prompts on ${device}, %s`, (_name, config) => {
    let on: SuiteDevice;
    beforeAll(async () => {
      on = await open();
    });
    afterAll(() => on.close());

    async function run(
      options: Partial<SequenceRunnerOptions>,
    ): Promise<[SequenceScores[], Map<string, Float32Array>]> {
      const runner = new SequenceRunner(config, on.sequences, { microBatchTokens: BUDGET, ...options });
      const placed = await on.place(randomWeights(config, 7, 0.3));
      const trainer = await on.train(runner, placed);
      const random = new Random(11);
      const coefficients = groups().map(({ mask }) => Float32Array.from(mask, (one) => one * random.normal()));
      const scored = await runner.score(placed.feed, groups(), () => {});
      const trained = await trainer.backward(groups(), coefficients, () => {});
      const gradients = new Map(await trainer.gradients());
      await trainer.close();
      await runner.close();
      return [[scored, trained], gradients];
    }

    it.each(WAYS)('give the log-probabilities and gradients of separate sequences, %s', async (_way, way) => {
      const [apart, apartGradients] = await run({ ...way, sharePrompts: false });
      const [shared, gradients] = await run(way);
      shared.forEach(({ logprobs, entropySum, positions }, pass) => {
        expect(positions).toBe(apart[pass].positions);
        expect(entropySum).toBeCloseTo(apart[pass].entropySum, 3);
        logprobs.forEach((row, at) =>
          row.forEach((value, t) => expect(value).toBeCloseTo(apart[pass].logprobs[at][t], 4)),
        );
      });
      for (const [name, gradient] of apartGradients) {
        const largest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        expect(largest, name).toBeGreaterThan(0);
        gradients
          .get(name)
          ?.forEach((value, at) => expect(Math.abs(value - gradient[at]) / largest, name).toBeLessThan(1e-4));
      }
    });

    it('are run as trees here', () => {
      const batches = planBatches(config, groups(), BUDGET);
      expect(batches.every(({ tree }) => tree !== null)).toBe(true);
      expect(batches.length).toBeGreaterThan(1);
    });
  });
}
