import { afterEach, describe, expect, it } from 'vitest';

import { ScriptedService } from '../../../../test/tinker/scripted-service.ts';
import type { WireDatum } from '../../../wire/messages.ts';
import type { TinkerService } from '../service.ts';
import { connect, type ConnectOptions } from './connect.ts';

const open: { close?: () => Promise<void>; stop?: () => Promise<void> }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await (each.close?.() ?? each.stop?.());
});

async function start(
  traits: ConstructorParameters<typeof ScriptedService>[0] = {},
  options: Partial<ConnectOptions> = {},
): Promise<{ service: ScriptedService; client: TinkerService }> {
  const service = new ScriptedService(traits);
  await service.start();
  open.push(service);
  const client = await connect({ url: service.url, concurrency: 8, patience: 5, ...options });
  open.push(client);
  return { service, client };
}

const datum = (...tokens: number[]): WireDatum => ({
  tokens: Int32Array.from(tokens),
  inputs: {
    target_tokens: { dtype: 'int64', data: Int32Array.from(tokens, (token) => token + 1) },
    weights: { dtype: 'float32', data: new Float32Array(tokens.length).fill(1) },
  },
});

const ADAM = { learning_rate: 1e-3, beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0, grad_clip_norm: 0 };

describe('a service', () => {
  it('trains, saves and samples', async () => {
    const { service, client } = await start();
    expect(await client.supportedModels()).toEqual([{ name: 'base', maxContext: 4096 }]);
    const model = await client.createModel('base', { rank: 4, seed: 7 });
    const output = await model.forwardBackward([datum(8, 16), datum(24)], { name: 'cross_entropy' });
    expect(output.logprobs).toEqual([Float32Array.of(-1, -2), Float32Array.of(-3)]);
    expect(await model.optimStep(ADAM)).toEqual({ grad_norm: 1.5 });
    const state = await model.saveWeights('state-1');
    expect(state).toBe(`tinker://${model.id}/weights/state-1`);
    const path = await model.saveWeightsForSampler('snap-1');
    const named = await client.openSampling({ path });
    const ephemeral = await model.publish();
    const base = await client.openSampling({ baseModel: 'base' });
    for (const samplingSession of [named, ephemeral, base]) {
      const params = { max_tokens: 2, temperature: 1, top_k: -1, top_p: 1, seed: 1 };
      const sampled = await client.sample({ samplingSession, prompt: Int32Array.of(5, 6), n: 2, params });
      expect(sampled.sequences.map(({ tokens }) => [...tokens])).toEqual([
        [5, 0],
        [5, 1],
      ]);
    }
    await model.unload();
    expect(service.done.slice(0, 2)).toEqual([`pass ${model.id} 1 2`, `step ${model.id} 2`]);
    expect(client.usage()).toMatchObject({ sampledTokens: 12, prefilledTokens: 6, trainedTokens: 3 });
  });
});
