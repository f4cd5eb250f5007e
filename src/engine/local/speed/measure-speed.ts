/**
 * Measures how fast the engine samples and trains a model on this processor, for forecasts of time: short calls with
 * random weights, on the model's own shape or a smaller one (`trial-model.ts`). Takes a few
 * seconds for large models.
 */

import { newAdapter } from '../../../models/adapters/adapter.ts';
import type { DecoderConfig } from '../../../models/decoder-config.ts';
import type { AdapterShape } from '../../../types.ts';
import type { Speed, SpeedRequest } from '../../kind.ts';
import { timingWeights } from '../device/shapes.ts';
import { HostBackend } from '../host-backend.ts';
import { fewestShared } from '../sampling/prefill/shared-beginnings.ts';
import { pairSuits } from '../sampling/pair/pays.ts';
import { SamplerSessions } from '../sampling/sampler-sessions.ts';
import { type Loaded, PlacedAdapter } from '../memory/loaded.ts';
import { SharedBase } from '../memory/shared-base.ts';
import { hostWeights, placeOnHost } from '../memory/tensors.ts';
import { type SamplingTimes, samplingTimes } from './sampling-times.ts';
import { type TrainingTimes, trainingTimes } from './training-times.ts';
import { trialModelOf } from './trial-model.ts';
import { writingTime } from './writing-time.ts';

export interface SpeedOptions extends Omit<SpeedRequest, 'decoder'> {
  threads: number;
  slots: number;
  microBatchTokens: number;
}

export async function measureSpeed(asked: DecoderConfig, options: SpeedOptions): Promise<Speed> {
  const { decoder, scale } = trialModelOf(asked);
  const { steps, prefill, opening, scoring, training, updating, writing } = await timesOf(decoder, {
    ...options,
    paired: pairSuits(asked, options.threads),
  });
  const { threads, slots } = options;
  return {
    threads,
    slots,
    steps: steps.map(({ sequences, seconds }) => ({ sequences, seconds: scale * seconds })),
    prefill: scale * prefill,
    sharedFrom: fewestShared(asked),
    opening: scale * opening,
    scoring: scale * scoring,
    training: scale * training,
    updating: scale * updating,
    writing,
  };
}

/** @param options with whether the asked model is sampled by two samplers side by side */
async function timesOf(
  decoder: DecoderConfig,
  options: SpeedOptions & { paired: boolean },
): Promise<SamplingTimes & TrainingTimes & { writing: number }> {
  const { threads, slots, microBatchTokens, adapter, step, paired } = options;
  const { vocabulary } = decoder;
  const backend = new HostBackend({ threads, slots, microBatchTokens }, threads);
  const loaded = await randomModel(decoder, adapter);
  const sessions = new SamplerSessions({ threads, slots });
  const sampler = paired ? await backend.openSampler(loaded) : sessions.sampler(loaded);
  const sampling = await samplingTimes(sampler, { vocabulary, slots });
  const start = { version: 0, updates: 0, optimizer: new Map() };
  const policy = await backend.train(loaded, start);
  const training = await trainingTimes(policy, { vocabulary, microBatchTokens, step });
  const writing = await writingTime(hostWeights(loaded.base.tensors));
  await loaded.base.leave();
  await sessions.close();
  await backend.close();
  return { ...sampling, ...training, writing };
}

/** A model of random weights. Enters its base; the caller must leave it. */
async function randomModel(config: DecoderConfig, shape: AdapterShape | null): Promise<Loaded> {
  const base = new SharedBase(config, await placeOnHost(timingWeights(config))).enter();
  const factors = shape && (await placeOnHost(newAdapter(config, shape, 1).weights));
  return {
    config,
    base,
    adapter: shape && factors && new PlacedAdapter(shape, factors),
    tensors: factors === null ? base.tensors : base.tensors.with(factors),
    place: { folder: '', base: '', adapter: null, basePin: null },
    version: 0,
    eosIds: [],
    decode: () => '',
  };
}
