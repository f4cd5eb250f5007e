/**
 * The scripted engine with what only an engine over a service has: usage, findings, and no number of parameters. Tests
 * of the loop pass it to a run of `engine.kind = "tinker"`. A sampled token costs one millionth.
 */

import type { Engine, Example, Policy, Sampler, SampleRequest } from '../../../src/engine/engine.ts';
import type { EngineUsage } from '../../../src/types.ts';
import createScriptedEngine from '../scripted/index.ts';

export interface MeteredOptions {
  findings?: Record<string, unknown>;
  /** Whether the engine knows prices. */
  priced?: boolean;
  /** Replaces members of the engine. */
  over?: (engine: Engine) => Partial<Engine>;
}

export async function meteredEngine({ findings, priced = false, over }: MeteredOptions = {}): Promise<Engine> {
  const inner = await createScriptedEngine();
  const used: EngineUsage = { requests: 0, sampledTokens: 0, prefilledTokens: 0, trainedTokens: 0, cost: null };
  const passed = (examples: readonly Example[]): void => {
    used.requests++;
    used.trainedTokens += examples.reduce((sum, { input }) => sum + input.length, 0);
  };
  const sampler = (one: Sampler): Sampler => ({
    ...one,
    async sample(requests: readonly SampleRequest[], ctl) {
      const completions = await one.sample(requests, ctl);
      used.requests += requests.length;
      used.prefilledTokens += requests.reduce((sum, { prompt }) => sum + prompt.length, 0);
      used.sampledTokens += completions.flat().reduce((sum, { tokens }) => sum + tokens.length, 0);
      return completions;
    },
    async score(examples, ctl) {
      const scores = await one.score(examples, ctl);
      used.requests += examples.length;
      used.sampledTokens += examples.length;
      used.prefilledTokens += examples.reduce((sum, { input }) => sum + input.length, 0);
      return scores;
    },
  });
  const policy = (one: Policy): Policy => ({
    get version() {
      return one.version;
    },
    async logprobs(examples, ctl) {
      passed(examples);
      return one.logprobs(examples, ctl);
    },
    async accumulate(examples, coefficients, ctl) {
      // Without coefficients at hand, a service needs a forward pass first.
      if (typeof coefficients === 'function') passed(examples);
      passed(examples);
      return { ...(await one.accumulate(examples, coefficients, ctl)), entropySum: null };
    },
    async step(options) {
      used.requests++;
      await one.step(options);
      return { gradNorm: null };
    },
    async publish() {
      used.requests++;
      return one.publish();
    },
    async save(place) {
      used.requests++;
      return one.save(place);
    },
    close: () => one.close(),
  });
  const engine: Engine = {
    ...inner,
    name: 'metered',
    threads: 0,
    inspect: async (ref) => ({ ...(await inner.inspect(ref)), parameters: null }),
    openPolicy: async (options) => policy(await inner.openPolicy(options)),
    openSampler: async (ref) => sampler(await inner.openSampler(ref)),
    usage: () => ({ ...used, cost: priced ? used.sampledTokens / 1e6 : null }),
    ...(findings === undefined ? {} : { findings: async () => findings }),
  };
  return { ...engine, ...over?.(engine) };
}
