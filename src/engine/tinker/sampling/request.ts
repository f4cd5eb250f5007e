/** Turns requests of the engine into requests of the wire. */

import { EngineError } from '../../../errors.ts';
import type { WireSamplingParams } from '../../../wire/messages.ts';
import { deriveSeed } from '../../../random.ts';
import type { SampleRequest } from '../../engine.ts';
import type { SamplingFindings } from '../probe/findings.ts';

const LARGEST_SMALL_SEED = 0x7fff_ffff;

/** Completions of one request on the wire. */
export interface WireRequest {
  n: number;
  params: WireSamplingParams;
}

/** Throws EngineError `user` for a setting that the service would ignore. */
export function checkSupported(request: SampleRequest, found: SamplingFindings): void {
  const { minP = 0, topK, topP, temperature } = request;
  const filters = temperature > 0;
  const ignored: [string, string | number, number, boolean][] = [
    ['minP', minP, 0, minP > 0],
    ['topK', topK, 0, filters && topK > 0 && !found.topK],
    ['topP', topP, 1, filters && topP < 1 && !found.topP],
  ];
  for (const [name, value, off, refused] of ignored) {
    if (!refused) continue;
    throw new EngineError(
      'user',
      `The service samples without ${name}, but ${name} = ${value} was requested.`,
      `Switch it off: ${name} = ${off} (in a run, that of challenger, pool, votes, solver or evaluation).`,
    );
  }
  if (found.logprobs !== 'tempered' || temperature === 1) return;
  throw new EngineError(
    'user',
    `The service gives log-probabilities at the temperature of sampling, but temperature = ${temperature} was requested.`,
    'Use temperature = 1 (in a run, that of challenger, pool, votes, solver or evaluation).',
  );
}

/**
 * Returns the requests on the wire for one request of the engine: one, or one per completion where the service gives all
 * completions of a seed the same tokens.
 */
export function wireRequests(
  request: SampleRequest,
  found: SamplingFindings,
  eosIds: readonly number[],
): WireRequest[] {
  const stop = stopOf(request, found, eosIds);
  const params = (seed: number): WireSamplingParams => ({
    max_tokens: request.maxTokens,
    temperature: request.temperature,
    top_k: request.topK === 0 ? -1 : request.topK,
    top_p: request.topP,
    ...(stop.length === 0 ? {} : { stop }),
    ...(found.seeds ? { seed: seedOf(seed, found) } : {}),
  });
  if (!found.seeds || found.samplesDiffer) return [{ n: request.n, params: params(request.seed) }];
  return Array.from({ length: request.n }, (_, at) => ({
    n: 1,
    params: params(deriveSeed(request.seed, 'completion', at)),
  }));
}

/**
 * The wire has token ids or texts as stops, not both. Completions are cut at all of them afterwards, so what is sent
 * only saves tokens.
 */
function stopOf(
  { stopTokens = [], stopStrings = [] }: SampleRequest,
  found: SamplingFindings,
  eosIds: readonly number[],
): readonly string[] | readonly number[] {
  if (stopStrings.length > 0 && stopTokens.length === 0 && found.stopStrings) return stopStrings;
  return found.stopTokens ? [...new Set([...eosIds, ...stopTokens])] : [];
}

/** Returns a seed that the service accepts. */
export function seedOf(seed: number, { largeSeeds }: SamplingFindings): number {
  return largeSeeds ? seed : seed & LARGEST_SMALL_SEED;
}
