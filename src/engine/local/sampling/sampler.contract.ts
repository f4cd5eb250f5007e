/** What every sampler of the local engine does, on any device. */

import { afterAll, describe, expect, it } from 'vitest';

import type { DecoderConfig, Weights } from '../../../models/decoder-config.ts';
import { randomWeights } from '../../../models/init.ts';
import type { Completion, SampleRequest } from '../../engine.ts';
import type { LocalSampler } from '../backend.ts';
import type { ModelEnds, SampleControl } from './continuous-batching.ts';

export interface SamplerOptions extends ModelEnds {
  slots: number;
  sharePrompts: boolean;
}

export interface SamplerSuite {
  /** Opens a sampler of these weights. */
  open(config: DecoderConfig, weights: Weights, options: SamplerOptions): Promise<LocalSampler>;
  close(): Promise<void>;
  /** Divides the length of completions, for a device that is slow here. */
  shorter: number;
  /** Runs the cases of these names only. Default: all. */
  shapes?: readonly string[];
}

const shape = {
  hidden: 40,
  layers: 2,
  intermediate: 56,
  vocabulary: 90,
  maxPositions: 256,
  ropeTheta: 1e4,
  rmsEpsilon: 1e-6,
  tied: true,
};

export const SAMPLED_SHAPES: readonly { name: string; config: DecoderConfig }[] = [
  {
    name: 'one query head per key head',
    config: { ...shape, architecture: 'llama', heads: 4, kvHeads: 4, headDim: 16, qkNorm: false },
  },
  {
    name: 'three query heads per key head',
    config: { ...shape, architecture: 'qwen3', heads: 6, kvHeads: 2, headDim: 10, qkNorm: true },
  },
  {
    name: 'a large vocabulary',
    config: { ...shape, architecture: 'llama', vocabulary: 4200, heads: 2, kvHeads: 2, headDim: 20, qkNorm: false },
  },
];

const LARGE = SAMPLED_SHAPES[2].config;
const GROUPED = SAMPLED_SHAPES[1].config;

export function sampleRequest(length: number, seed: number, n: number, maxTokens: number): SampleRequest {
  return {
    prompt: Int32Array.from({ length }, (_, at) => (at * 7 + seed) % shape.vocabulary),
    n,
    seed,
    maxTokens,
    temperature: 1,
    topP: 1,
    topK: 0,
  };
}

const QUIET: SampleControl = { tick: () => {} };

/** `open` is called with the same weights for the same config. */
export function samplerSuite(name: string, suite: SamplerSuite): void {
  const { shorter } = suite;
  const request = (length: number, seed: number, n: number, maxTokens: number): SampleRequest =>
    sampleRequest(length, seed, n, Math.max(2, Math.floor(maxTokens / shorter)));

  async function sample(
    config: DecoderConfig,
    weights: Weights,
    requests: readonly SampleRequest[],
    { slots = 8, sharePrompts = true, control = QUIET, ...ends }: Partial<SamplerOptions> & { control?: SampleControl },
  ): Promise<Completion[][]> {
    const model = { eosIds: [3], policyVersion: 0, decode: () => '', ...ends };
    const sampler = await suite.open(config, weights, { ...model, slots, sharePrompts });
    try {
      return await sampler.sample(requests, control);
    } finally {
      await sampler.close();
    }
  }

  describe(`sampler contract: ${name}`, () => {
    afterAll(() => suite.close());

    it.each(SAMPLED_SHAPES.filter((one) => suite.shapes?.includes(one.name) ?? true))(
      'returns the same bits with or without shared prompts, in any slots: $name',
      async ({ config }) => {
        const weights = randomWeights(config, 4, 0.2);
        const long = request(70, 3, 3, 30);
        const requests = [
          request(17, 1, 5, 40),
          request(1, 2, 1, 9),
          long,
          { ...request(1, 5, 2, 20), prompt: Int32Array.of(...long.prompt.subarray(0, 60), 8, 9) },
          { ...request(17, 1, 3, 60), seed: 9 },
        ];
        const shared = await sample(config, weights, requests, {});
        expect(await sample(config, weights, requests, { sharePrompts: false })).toEqual(shared);
        expect(await sample(config, weights, requests, { slots: 3 })).toEqual(shared);
        for (const [at, one] of requests.entries())
          expect((await sample(config, weights, [one], { slots: 1 }))[0]).toEqual(shared[at]);
      },
    );

    it('draws from the whole of a large vocabulary', async () => {
      const weights = randomWeights(LARGE, 4, 0.2);
      const [found] = await sample(LARGE, weights, [sampleRequest(9, 1, 24, Math.ceil(20 / shorter))], { slots: 24 });
      expect(new Set(found.flatMap(({ tokens }) => [...tokens].map((token) => token >> 8))).size).toBeGreaterThan(10);
    });

    it('ends at stop tokens, stop strings and limits, and streams what it returns', async () => {
      const weights = randomWeights(GROUPED, 4, 0.2);
      const streamed = new Map<string, { tokens: number[]; logprobs: number[]; stop: string | null }>();
      const of = ({ request: index, sample: at }: { request: number; sample: number }) => {
        const key = `${index}.${at}`;
        const known = streamed.get(key) ?? { tokens: [], logprobs: [], stop: null };
        streamed.set(key, known);
        return known;
      };
      const control: SampleControl = {
        ...QUIET,
        stream: {
          drawn: (at, token, logprob) => {
            of(at).tokens.push(token);
            of(at).logprobs.push(Math.fround(logprob));
          },
          ended: (at, { stop }) => {
            of(at).stop = stop;
          },
        },
      };
      const common = sampleRequest(5, 3, 4, 8);
      const requests: SampleRequest[] = [
        { ...common, stopTokens: Array.from({ length: 30 }, (_, token) => token) },
        { ...common, stopStrings: ['7'] },
        { ...common, n: 1, maxTokens: 1, temperature: 0 },
      ];
      const found = await sample(GROUPED, weights, requests, {
        slots: 4,
        eosIds: [],
        decode: (tokens) => Array.from(tokens).join(' '),
        control,
      });
      expect(found.map((completions) => completions.length)).toEqual([4, 4, 1]);
      for (const { tokens, stop } of found[0]) {
        expect([...tokens.subarray(0, -1)].every((token) => token >= 30)).toBe(true);
        expect(stop).toBe(tokens[tokens.length - 1] < 30 ? 'stop' : 'length');
      }
      for (const { tokens, stopString } of found[1]) {
        expect(stopString).toBe([...tokens].some((token) => String(token).includes('7')) ? '7' : undefined);
      }
      expect(found.flat().some(({ stop }) => stop === 'stop')).toBe(true);
      expect(found[2][0]).toMatchObject({ stop: 'length' });
      found.forEach((completions, index) =>
        completions.forEach(({ tokens, logprobs, stop }, at) =>
          expect(of({ request: index, sample: at })).toEqual({ tokens: [...tokens], logprobs: [...logprobs], stop }),
        ),
      );
    });

    it('ends an aborted request alone, and the call where a tick throws', async () => {
      const weights = randomWeights(GROUPED, 4, 0.2);
      const requests = [sampleRequest(5, 3, 2, 6), sampleRequest(6, 4, 2, 6)];
      const whole = await sample(GROUPED, weights, requests, { eosIds: [] });
      const control = { ...QUIET, isAborted: (index: number) => index === 0 };
      const [aborted, other] = await sample(GROUPED, weights, requests, { eosIds: [], control });
      expect(other).toEqual(whole[1]);
      expect(aborted.map(({ tokens, stop }) => [tokens.length, stop])).toEqual([
        [0, 'length'],
        [0, 'length'],
      ]);
      let counted = 0;
      const stopped: SampleControl = {
        // The first step of all four counts four tokens.
        tick: (_done, tokens) => {
          counted += tokens;
          if (counted > 4) throw new Error('enough');
        },
      };
      await expect(sample(GROUPED, weights, requests, { eosIds: [], control: stopped })).rejects.toThrow('enough');
      expect(await sample(GROUPED, weights, requests, { eosIds: [] })).toEqual(whole);
    });

    it('rejects a model whose probabilities are not finite', async () => {
      const weights = randomWeights(GROUPED, 4);
      weights.get('model.norm.weight')?.data.fill(Number.NaN);
      await expect(sample(GROUPED, weights, [sampleRequest(4, 1, 1, 5)], {})).rejects.toMatchObject({
        kind: 'numeric',
      });
    });
  });
}
