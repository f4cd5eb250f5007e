import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RemoteModel, TinkerService } from '../../../src/engine/tinker/service.ts';
import { connect } from '../../../src/engine/tinker/transport/connect.ts';
import type { WireDatum, WireSamplingParams } from '../../../src/wire/messages.ts';
import { DEFAULTS } from './options.ts';
import { startFakeTinker } from './index.ts';
import type { FakeTinker } from './index.ts';

const MARKER = [7, 8, 9];
const TEXTS = [
  [100, 101],
  [200, 201, 202],
];

let fake: FakeTinker;
let service: TinkerService;

beforeAll(async () => {
  fake = await startFakeTinker({ meanTokens: 20, texts: [{ marker: MARKER, completions: TEXTS }] });
  service = await connect({ url: fake.url, concurrency: 8, patience: 10 });
});

afterAll(async () => {
  await service.close();
  await fake.close();
});

const params: WireSamplingParams = { max_tokens: 100, temperature: 1, top_k: -1, top_p: 1, seed: 5 };
const adam = { learning_rate: 0.1, beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0, grad_clip_norm: 0 };

function datum(weights: number[]): WireDatum {
  return {
    tokens: Int32Array.of(1, 2, 3),
    inputs: {
      target_tokens: { dtype: 'int64', data: Int32Array.of(2, 3, 4) },
      weights: { dtype: 'float32', data: Float32Array.from(weights) },
    },
  };
}

function model(): Promise<RemoteModel> {
  return service.createModel(DEFAULTS.model, { rank: 8 });
}

async function gradientNorm(data: WireDatum[]): Promise<number> {
  const trained = await model();
  await trained.forwardBackward(data, { name: 'cross_entropy' });
  return (await trained.optimStep(adam)).grad_norm;
}

describe('the fake service', () => {
  it('names its model', async () => {
    expect(await service.supportedModels()).toEqual([{ name: DEFAULTS.model, maxContext: DEFAULTS.maxContext }]);
    await expect(service.createModel('other', { rank: 8 })).rejects.toThrow('not supported');
  });

  it('samples the same for the same seed, with lengths around the mean', async () => {
    const samplingSession = await service.openSampling({ baseModel: DEFAULTS.model });
    const prompt = Int32Array.of(4, 5);
    const request = { samplingSession, prompt, n: 40, params, promptLogprobs: true };
    const first = await service.sample(request);
    expect(await service.sample(request)).toEqual(first);
    const lengths = first.sequences.map(({ tokens }) => tokens.length);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(30);
    expect(new Set(lengths).size).toBeGreaterThan(5);
    expect(first.promptLogprobs).toHaveLength(2);
    for (const { tokens, logprobs, stopReason } of first.sequences) {
      expect(stopReason).toBe('stop');
      expect(tokens.at(-1)).toBe(DEFAULTS.endToken);
      expect(logprobs?.every((value) => value < 0)).toBe(true);
    }
    const short = await service.sample({ ...request, n: 1, params: { ...params, max_tokens: 4 } });
    expect(short.sequences[0]).toMatchObject({ tokens: first.sequences[0].tokens.slice(0, 4), stopReason: 'length' });
    const stop = [first.sequences[0].tokens[2]];
    const stopped = await service.sample({ ...request, n: 1, params: { ...params, stop } });
    expect(stopped.sequences[0].tokens).toEqual(first.sequences[0].tokens.slice(0, 3));
  });

  it('answers prompts with a marker with the given texts', async () => {
    const samplingSession = await service.openSampling({ baseModel: DEFAULTS.model });
    const { sequences } = await service.sample({
      samplingSession,
      prompt: Int32Array.of(1, 7, 7, 8, 9),
      n: 20,
      params,
    });
    const ended = TEXTS.map((text) => [...text, DEFAULTS.endToken]);
    expect(new Set(sequences.map(({ tokens }) => String(tokens)))).toEqual(new Set(ended.map(String)));
  });

  it('sums gradients over tokens and sequences, with signed weights', async () => {
    const one = await gradientNorm([datum([0, 1, 0])]);
    expect(await gradientNorm([datum([0, 2, 0])])).toBeCloseTo(2 * one, 6);
    expect(await gradientNorm([datum([0, 1, 0]), datum([0, 1, 0])])).toBeCloseTo(2 * one, 6);
    expect(await gradientNorm([datum([0, 1, 0]), datum([0, -1, 0])])).toBeCloseTo(0, 6);
  });

  it('has the gradient of its loss', async () => {
    const base = await model();
    const loss = async (trained: RemoteModel): Promise<number> =>
      (await trained.forwardBackward([datum([1, -0.5, 2])], { name: 'cross_entropy', forwardOnly: true })).metrics[
        'loss:sum'
      ];
    const before = await loss(base);
    const norm = await gradientNorm([datum([1, -0.5, 2])]);
    // One step of Adam without moments moves every logit by the rate against the sign of its slope.
    const trained = await model();
    await trained.forwardBackward([datum([1, -0.5, 2])], { name: 'cross_entropy' });
    await trained.optimStep({ ...adam, learning_rate: 1e-3, beta1: 0, beta2: 0 });
    const after = await loss(trained);
    expect(before - after).toBeGreaterThan(1e-3 * norm * 0.99);
    expect(before - after).toBeLessThan(1e-3 * norm * Math.sqrt(64));
  });

  it('keeps snapshots as they were saved, and restores the optimizer', async () => {
    const trained = await model();
    const step = async (each: RemoteModel) => {
      await each.forwardBackward([datum([1, 1, 1])], { name: 'cross_entropy' });
      await each.optimStep(adam);
      return each.forwardBackward([datum([0, 0, 0])], { name: 'cross_entropy', forwardOnly: true });
    };
    await step(trained);
    const path = await trained.saveWeights('state-1');
    const session = await trained.publish();
    const ask = { samplingSession: session, prompt: Int32Array.of(4), n: 1, params };
    const sampled = await service.sample(ask);
    const second = await step(trained);
    expect(await service.sample(ask)).toEqual(sampled);
    const again = await model();
    await again.loadWeights(path, true);
    expect((await step(again)).logprobs).toEqual(second.logprobs);
    await service.deleteCheckpoint(path);
    await expect((await model()).loadWeights(path, true)).rejects.toThrow('no checkpoint');
  });

  it('refuses what it cannot do', async () => {
    const trained = await model();
    await expect(trained.forwardBackward([datum([1, 1, 1])], { name: 'unknown' })).rejects.toThrow('unknown');
    await expect(trained.forwardBackward([datum([1, 1])], { name: 'cross_entropy' })).rejects.toThrow('length');
    await expect(trained.forwardBackward([datum([1, Number.NaN, 1])], { name: 'cross_entropy' })).rejects.toThrow(
      'finite',
    );
    const samplingSession = await service.openSampling({ baseModel: DEFAULTS.model });
    const request = { samplingSession, prompt: Int32Array.of(1), n: 1, params: { ...params, max_tokens: 40_000 } };
    await expect(service.sample(request)).rejects.toThrow('context');
  });

  it('may speak JSON only, with the same results', async () => {
    const other = await startFakeTinker({ meanTokens: 20, protobuf: false });
    const plain = await connect({ url: other.url, concurrency: 8, patience: 10 });
    const ask = async (each: TinkerService) => {
      const samplingSession = await each.openSampling({ baseModel: DEFAULTS.model });
      return each.sample({ samplingSession, prompt: Int32Array.of(4, 5), n: 3, params, promptLogprobs: true });
    };
    expect(await ask(plain)).toEqual(await ask(service));
    await plain.close();
    await other.close();
  });
});
