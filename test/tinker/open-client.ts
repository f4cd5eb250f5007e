/** A client and its scripted service for one test; both end with the test. */

import { onTestFinished } from 'vitest';

import type { TinkerService } from '../../src/engine/tinker/service.ts';
import { ServiceError, type ServiceOutcome } from '../../src/engine/tinker/service.ts';
import { connect, type ConnectOptions } from '../../src/engine/tinker/transport/connect.ts';
import type { AdamParams, SampleOutput, WireDatum } from '../../src/wire/messages.ts';
import { FastClock } from './fast-clock.ts';
import { ScriptedService, type Traits } from './scripted-service.ts';

export interface Pair {
  service: ScriptedService;
  client: TinkerService;
  clock: FastClock;
}

interface Extras {
  repeatTraining?: boolean;
  /** Called before the client connects. */
  prepare?: (service: ScriptedService) => void;
}

/** Starts a service and connects to it. Waits of the client take no time. */
export async function openClient(
  traits: Partial<Traits> = {},
  { repeatTraining = true, prepare, ...options }: Partial<ConnectOptions> & Extras = {},
): Promise<Pair> {
  const service = new ScriptedService(traits);
  await service.start();
  onTestFinished(() => service.stop());
  prepare?.(service);
  const clock = new FastClock();
  const client = await connect({ url: service.url, concurrency: 8, patience: 3600, heartbeat: 0, clock, ...options });
  onTestFinished(() => client.close());
  client.repeatTraining = repeatTraining;
  return { service, client, clock };
}

export function datum(...tokens: number[]): WireDatum {
  return {
    tokens: Int32Array.from(tokens),
    inputs: {
      target_tokens: { dtype: 'int64', data: Int32Array.from(tokens, (token) => token + 1) },
      weights: { dtype: 'float32', data: new Float32Array(tokens.length).fill(1) },
    },
  };
}

export const ADAM: AdamParams = {
  learning_rate: 1e-3,
  beta1: 0.9,
  beta2: 0.95,
  eps: 1e-8,
  weight_decay: 0,
  grad_clip_norm: 0,
};
export const ENTROPY = { name: 'cross_entropy' };
export const PARAMS = { max_tokens: 2, temperature: 1, top_k: -1, top_p: 1, seed: 1 };

/** Samples once from a session. */
export function sampleOnce(client: TinkerService, session: string, signal?: AbortSignal): Promise<SampleOutput> {
  const request = { samplingSession: session, prompt: Int32Array.of(5, 6), n: 1, params: PARAMS };
  return client.sample(request, { signal });
}

/** Returns the outcome of a call that fails with ServiceError; `done` if it succeeds. */
export async function outcomeOf(call: Promise<unknown>): Promise<ServiceOutcome | 'done'> {
  try {
    await call;
    return 'done';
  } catch (error) {
    if (error instanceof ServiceError) return error.outcome;
    throw error;
  }
}
