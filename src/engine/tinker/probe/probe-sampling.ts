/** Measures how a service samples from its base. */

import type { SampleOutput, WireSamplingParams } from '../../../wire/messages.ts';
import { BESIDE_BASE, loraConfig } from '../base/adapter-config.ts';
import type { BaseFacts } from '../base/base-folder.ts';
import { unload } from '../policy/trained-model.ts';
import type { RemoteBase } from '../remote-service.ts';
import type { TinkerService } from '../service.ts';
import { confirmSession } from './again.ts';
import { attempt, furthest } from './attempt.ts';
import type { SamplingFindings } from './findings.ts';
import { probeTokens } from './probe-tokens.ts';

const LENGTH = 12;
const PLAIN: WireSamplingParams = { max_tokens: LENGTH, temperature: 1, top_k: -1, top_p: 1 };
/** Flat enough that different seeds give different tokens. */
const FLAT: WireSamplingParams = { ...PLAIN, temperature: 2 };
const GREEDY: WireSamplingParams = { ...PLAIN, temperature: 0 };
const LARGE_SEED = 2 ** 31 + 5;
/** The longest context that is tried beyond its end. */
const SHORT_CONTEXT = 2048;
/** Difference in nats between a distribution and the same at another temperature. */
const TEMPERED = 0.02;
/** Difference in nats between two log-probabilities of one token under the same weights, at most. */
const NOISE = 0.05;

type Ask = (params: WireSamplingParams, n?: number) => Promise<SampleOutput | null>;

/** Probes sampling; costs about fifteen short requests, and a model where the base cannot be sampled without one. */
export async function probeSampling(api: TinkerService, base: RemoteBase, facts: BaseFacts): Promise<SamplingFindings> {
  const prompt = probeTokens(facts, 6);
  const openBase = (): Promise<string | null> =>
    attempt(async () => {
      const samplingSession = await api.openSampling({ baseModel: base.name });
      await confirmSession(api, samplingSession, prompt);
      return samplingSession;
    });
  // A restart between the two calls loses the session.
  const alone = (await openBase()) ?? (await openBase());
  if (alone !== null) return { base: true, ...(await measure(api, alone, base, facts, prompt)) };
  const model = await api.createModel(base.name, loraConfig(BESIDE_BASE, 1, false));
  try {
    return { base: false, ...(await measure(api, await model.publish(), base, facts, prompt)) };
  } finally {
    await unload(model, false);
  }
}

async function measure(
  api: TinkerService,
  samplingSession: string,
  { maxContext }: RemoteBase,
  facts: BaseFacts,
  prompt: Int32Array,
): Promise<Omit<SamplingFindings, 'base'>> {
  const ask: Ask = (params, n = 1) => attempt(() => api.sample({ samplingSession, prompt, n, params }));
  const greedy = tokensOf(await ask(GREEDY))[0] ?? [];
  const isGreedy = async (params: Partial<WireSamplingParams>): Promise<boolean> => {
    const drawn = await ask({ ...FLAT, ...params, seed: 7 });
    return drawn !== null && tokensOf(drawn)[0]?.join() === greedy.join();
  };
  const [seeds, stops, strings, topK, topP, logprobs, prompts, baseChecked, contextChecked] = await Promise.all([
    seedsOf(ask),
    stopTokensOf(ask, greedy),
    stopStringsOf(ask, greedy, facts),
    isGreedy({ top_k: 1 }),
    isGreedy({ top_p: 1e-6 }),
    logprobsOf(ask),
    attempt(() =>
      api.sample({ samplingSession, prompt, n: 1, params: { ...PLAIN, max_tokens: 1 }, promptLogprobs: true }),
    ),
    refusesBase(api, prompt),
    refusesLong(api, samplingSession, facts, maxContext),
  ]);
  // Alone: where such a seed fails, everything that is sampled in the same batch fails with it.
  const large = await ask({ ...FLAT, max_tokens: 1, seed: LARGE_SEED });
  const scoresOnly = await scoresWithoutSampling(api, samplingSession, prompt, prompts);
  await confirmSession(api, samplingSession, prompt);
  return {
    ...seeds,
    ...stops,
    largeSeeds: large !== null,
    stopStrings: strings,
    topK,
    topP,
    logprobs,
    promptLogprobs: promptKind(prompts, prompt.length),
    scoresOnly,
    baseChecked,
    contextChecked,
  };
}

function tokensOf(output: SampleOutput | null): number[][] {
  return output?.sequences.map(({ tokens }) => [...tokens]) ?? [];
}

async function seedsOf(ask: Ask): Promise<Pick<SamplingFindings, 'samplesDiffer' | 'seeds'>> {
  const [one, again] = await Promise.all([ask({ ...FLAT, seed: 11 }, 2), ask({ ...FLAT, seed: 11 }, 2)]);
  const [first, second] = tokensOf(one);
  return {
    seeds: one !== null && JSON.stringify(tokensOf(one)) === JSON.stringify(tokensOf(again)),
    samplesDiffer: one === null || first?.join() !== second?.join(),
  };
}

/** Stops at a token of the greedy completion, which does not depend on a seed. */
async function stopTokensOf(
  ask: Ask,
  greedy: readonly number[],
): Promise<Pick<SamplingFindings, 'stopTokenIncluded' | 'stopTokens'>> {
  const token = greedy[Math.min(3, greedy.length - 1)];
  const output = token === undefined ? null : await ask({ ...GREEDY, stop: [token] });
  const length = tokensOf(output)[0]?.length;
  const place = greedy.indexOf(token);
  const included = length === place + 1;
  const honoured = included || length === place;
  return { stopTokens: honoured, stopTokenIncluded: honoured ? included : null };
}

async function stopStringsOf(ask: Ask, greedy: readonly number[], { decode }: BaseFacts): Promise<boolean> {
  const text = decode(greedy.slice(0, 2));
  if (greedy.length < 4 || text.trim() === '' || text.includes('\uFFFD')) return false;
  const output = await ask({ ...GREEDY, stop: [text] });
  const length = tokensOf(output)[0]?.length;
  return length !== undefined && length < greedy.length && length <= 3;
}

/** Compares the log-probability of the first token at two temperatures. */
async function logprobsOf(ask: Ask): Promise<SamplingFindings['logprobs']> {
  const [plain, cool] = await Promise.all([
    ask({ ...PLAIN, max_tokens: 1, seed: 3 }, 16),
    ask({ ...PLAIN, max_tokens: 1, seed: 4, temperature: 0.5 }, 16),
  ]);
  const known = new Map<number, number>();
  for (const { tokens, logprobs } of plain?.sequences ?? []) {
    const value = logprobs?.at(0);
    if (value !== undefined) known.set(tokens[0], value);
  }
  if (known.size === 0) return 'absent';
  const gaps = (cool?.sequences ?? []).flatMap(({ tokens, logprobs }) => {
    const [one, other] = [known.get(tokens[0]), logprobs?.at(0)];
    return one === undefined || other === undefined ? [] : [Math.abs(one - other)];
  });
  return gaps.length > 0 && Math.max(...gaps) > TEMPERED ? 'tempered' : 'raw';
}

function promptKind(output: SampleOutput | null, length: number): SamplingFindings['promptLogprobs'] {
  const found = output?.promptLogprobs;
  if (found?.length === length) return 'n';
  return found?.length === length - 1 && length > 1 ? 'n-1' : 'absent';
}

/** Asks for a prompt's log-probabilities and no token; they must be those of a request for a token. */
async function scoresWithoutSampling(
  api: TinkerService,
  samplingSession: string,
  prompt: Int32Array,
  expected: SampleOutput | null,
): Promise<boolean> {
  const params = { ...PLAIN, max_tokens: 0 };
  const output = await attempt(() => api.sample({ samplingSession, prompt, n: 1, params, promptLogprobs: true }));
  const [found, known] = [output?.promptLogprobs ?? null, expected?.promptLogprobs ?? null];
  if (found === null || known === null || found.length !== known.length) return false;
  // The first one is undefined where there is one for each token.
  const from = found.length === prompt.length ? 1 : 0;
  return furthest(found.subarray(from), known.subarray(from)) < NOISE;
}

async function refusesBase(api: TinkerService, prompt: Int32Array): Promise<boolean> {
  const output = await attempt(async () => {
    const samplingSession = await api.openSampling({ baseModel: 'rzero-no-such-model' });
    return api.sample({ samplingSession, prompt, n: 1, params: { ...PLAIN, max_tokens: 1 } });
  });
  return output === null;
}

async function refusesLong(
  api: TinkerService,
  samplingSession: string,
  facts: BaseFacts,
  maxContext: number | null,
): Promise<boolean | null> {
  if (maxContext === null || maxContext > SHORT_CONTEXT) return null;
  const prompt = probeTokens(facts, maxContext + 1);
  const output = await attempt(() =>
    api.sample({ samplingSession, prompt, n: 1, params: { ...PLAIN, max_tokens: 1 } }),
  );
  return output === null;
}

/** Returns the log-probabilities of a prompt without its first token; null if the service has none. */
export async function promptLogprobs(
  api: TinkerService,
  samplingSession: string,
  prompt: Int32Array,
): Promise<Float32Array | null> {
  const params = { ...PLAIN, max_tokens: 1, seed: 0 };
  const output = await attempt(() => api.sample({ samplingSession, prompt, n: 1, params, promptLogprobs: true }));
  const found = output?.promptLogprobs ?? null;
  if (found === null) return null;
  return found.length === prompt.length ? found.subarray(1) : found;
}

/**
 * Returns numbers that identify weights: log-probabilities of a greedy completion and, where there are any, of its prompt.
 * Null if they cannot be sampled.
 */
export async function lookAt(
  api: TinkerService,
  samplingSession: string,
  prompt: Int32Array,
): Promise<number[] | null> {
  const params = { ...GREEDY, max_tokens: 3 };
  // Continues the text from where it was trained.
  const beginning = prompt.subarray(0, -3);
  const [scores, output] = [
    await promptLogprobs(api, samplingSession, prompt),
    await attempt(() => api.sample({ samplingSession, prompt: beginning, n: 1, params })),
  ];
  if (output === null) return null;
  const drawn = output.sequences[0];
  return scores === null ? [...(drawn?.tokens ?? []), ...(drawn?.logprobs ?? [])] : [...scores];
}

/** Whether two looks are of the same weights; `moved` is a difference that training makes. */
export function sameWeights(one: number[] | null, other: number[] | null, moved: number): boolean {
  return one !== null && other !== null && furthest(one, other) < moved;
}
