/**
 * Runs prompts that begin alike so that a common beginning runs once: a prompt is run after the longest beginning that
 * it shares with one that has run, in this call of the sampler or before. The bits are those of the whole prompt.
 */

import type { DecoderConfig, Weights } from '../../../../models/decoder-config.ts';
import { beginningOf, type CachedPart, type CachedPrompt } from './cached-prompt.ts';
import type { Prefill, Prefilled } from './prefill.ts';
import { type CountTokens, GROUP_TOKENS, wholePrompts } from '../prompt-tokens.ts';

/** Fewest shared tokens for which a prompt is divided. */
export const FEWEST_SHARED = 32;
/** A call more takes about as long as running these: the runtime arranges all weights for a product in every call. */
const CALL_TOKENS = 64;
/** Limits of a call after a beginning: tokens that run, and tokens of whole prompts, whose keys are copied by layer. */
const MOST_RESTS = GROUP_TOKENS / 2;
const MOST_WHOLE = 4 * GROUP_TOKENS;
/** Limits of what is kept for later prompts. Its tokens count as part of the next group. */
export const KEPT_PROMPTS = 16;
export const KEPT_TOKENS = GROUP_TOKENS / 2;
/**
 * With longer heads, the runtime sums a product of queries and keys in blocks that depend on the number of keys, so that
 * a divided prompt would have other bits.
 */
const LONGEST_HEAD = 128;

/** A prompt that has run. */
interface Known {
  tokens: Int32Array;
  cached: CachedPrompt;
}

/** Prompts that are kept for later ones. */
interface Kept {
  /** Those that were of use in the last call are first, then the newest. */
  prompts: Known[];
  /** Tokens in memory: those that prompts share count once. */
  tokens: number;
}

/** The longest beginning of a prompt that has run. */
interface Start {
  /** Null if the prompt runs whole. */
  source: Known | null;
  /** Number of shared tokens. */
  shared: number;
}

/** A prompt to run, by its index in the call. */
interface Waiting extends Start {
  at: number;
  tokens: Int32Array;
}

export class SharedBeginnings {
  #prefill: Pick<Prefill, 'config' | 'run' | 'runAfter'>;
  #weights: Weights;
  #divides: boolean;
  #kept: Kept = { prompts: [], tokens: 0 };

  /** @param weights must not change while this is in use */
  constructor(prefill: Pick<Prefill, 'config' | 'run' | 'runAfter'>, weights: Weights) {
    this.#prefill = prefill;
    this.#weights = weights;
    this.#divides = dividesPrompts(prefill.config);
  }

  /** Runs distinct prompts; returns one result per prompt. */
  async run(prompts: readonly Int32Array[]): Promise<Prefilled[]> {
    if (!this.#divides) return this.#prefill.run(this.#weights, prompts);
    const results: Prefilled[] = [];
    const newest: Known[] = [];
    const used = new Set<Known>();
    let left = prompts.map((tokens, at) => ({ at, tokens }));
    while (left.length > 0) {
      const { now, later } = nextRound(left, [...this.#kept.prompts, ...newest]);
      for (const batch of batchesOf(now)) {
        const ran = await this.#runBatch(batch);
        batch.forEach(({ at, tokens, source }, row) => {
          results[at] = ran[row];
          if (source !== null) used.add(source);
          if (tokens.length > FEWEST_SHARED) newest.push(knownOf(tokens, ran[row]));
        });
      }
      left = later;
    }
    this.#kept = keptOf(new Set([...used, ...newest.toReversed(), ...this.#kept.prompts]));
    return results;
  }

  /**
   * Counts the tokens that `run` runs for a group of prompts, or a few less (prompts that run together are divided
   * alike), and those that are kept meanwhile.
   */
  readonly count: CountTokens = () => {
    const whole = wholePrompts();
    if (!this.#divides) return whole;
    const { prompts, tokens: kept } = this.#kept;
    const before = prompts.map(({ tokens }) => tokens);
    let [full, rests] = [0, 0];
    return (prompt) => {
      const shared = Math.max(0, ...before.map((tokens) => sharedTokens(tokens, prompt)));
      before.push(prompt);
      if (shared >= FEWEST_SHARED) rests += prompt.length - shared;
      else full = whole(prompt);
      return kept + full + rests;
    };
  };

  #runBatch(batch: readonly Waiting[]): Promise<Prefilled[]> {
    const tokens = batch.map((one) => one.tokens);
    const { source } = batch[0];
    if (source === null) return this.#prefill.run(this.#weights, tokens);
    const beginning = beginningOf(source.cached, Math.min(...batch.map(({ shared }) => shared)));
    return this.#prefill.runAfter(this.#weights, beginning, tokens);
  }
}

/** Returns whether prompts of a model are divided. */
function dividesPrompts({ headDim }: Pick<DecoderConfig, 'headDim'>): boolean {
  return headDim <= LONGEST_HEAD;
}

/** Returns from which number of shared tokens on the prompts of a model are divided; undefined if never. */
export function fewestShared(decoder: DecoderConfig): number | undefined {
  return dividesPrompts(decoder) ? FEWEST_SHARED : undefined;
}

/** Divides prompts into those that run now and those that run later, after one of these. */
export function nextRound(
  prompts: readonly { at: number; tokens: Int32Array }[],
  known: readonly Known[],
): { now: Waiting[]; later: { at: number; tokens: Int32Array }[] } {
  const now: Waiting[] = [];
  const later: { at: number; tokens: Int32Array }[] = [];
  for (const prompt of prompts) {
    const start = startOf(prompt.tokens, known);
    const gain = (other: Waiting): number => sharedTokens(other.tokens, prompt.tokens) - start.shared;
    if (now.some((other) => gain(other) >= FEWEST_SHARED)) later.push(prompt);
    else now.push({ ...prompt, ...start });
  }
  return { now, later };
}

/** Finds where a prompt starts. Among prompts that share about as much, the first is best: others start there too. */
function startOf(tokens: Int32Array, known: readonly Known[]): Start {
  let best: Start = { source: null, shared: 0 };
  for (const source of known) {
    const shared = sharedTokens(source.tokens, tokens);
    if (shared >= best.shared + FEWEST_SHARED) best = { source, shared };
  }
  return best;
}

/** Counts the tokens at which `prompt` can be divided after `other`: its last token always runs. */
export function sharedTokens(other: Int32Array, prompt: Int32Array): number {
  const most = Math.min(other.length, prompt.length - 1);
  let shared = 0;
  while (shared < most && other[shared] === prompt[shared]) shared++;
  return shared;
}

/** Divides a round into batches that run together: after the same prompt, and after nearly as many of its tokens. */
function batchesOf(round: readonly Waiting[]): Waiting[][] {
  const bySource = new Map<Known | null, Waiting[]>();
  for (const one of round) bySource.set(one.source, [...(bySource.get(one.source) ?? []), one]);
  return [...bySource.values()].flatMap(nearby).flatMap(chunksOf);
}

/** Divides prompts of one source where running shared tokens again would take longer than a call more. */
function nearby(prompts: readonly Waiting[]): Waiting[][] {
  const groups: Waiting[][] = [];
  let again = 0;
  for (const one of prompts.toSorted((a, b) => a.shared - b.shared)) {
    const group = groups.at(-1);
    again += one.shared - (group?.[0].shared ?? 0);
    if (group !== undefined && again < CALL_TOKENS) group.push(one);
    else {
      groups.push([one]);
      again = 0;
    }
  }
  return groups;
}

/** Divides a batch into chunks within the limits of a call. */
function chunksOf(batch: readonly Waiting[]): Waiting[][] {
  const chunks: Waiting[][] = [];
  let fits = roomOf(batch[0]);
  for (const one of batch) {
    const chunk = chunks.at(-1);
    if (fits(one) && chunk !== undefined) chunk.push(one);
    else {
      chunks.push([one]);
      fits = roomOf(batch[0]);
      fits(one);
    }
  }
  return chunks;
}

/**
 * Begins a call; the returned function adds a prompt and returns whether the call is within its limits.
 *
 * @param first of the batch: no other shares fewer tokens
 */
function roomOf({ source, shared }: Start): (one: Waiting) => boolean {
  const [whole, rests] = [wholePrompts(), wholePrompts()];
  if (source === null) return ({ tokens }) => whole(tokens) <= GROUP_TOKENS;
  return ({ tokens }) => {
    const [all, own] = [whole(tokens), rests(tokens.subarray(shared))];
    return all <= MOST_WHOLE && own <= MOST_RESTS;
  };
}

function knownOf(tokens: Int32Array, { length, parts }: CachedPrompt): Known {
  return { tokens, cached: { length, parts } };
}

/** Returns prompts within the limits, the first ones first, and the number of their tokens. */
function keptOf(known: Iterable<Known>): Kept {
  const kept: Kept = { prompts: [], tokens: 0 };
  const counted = new Set<CachedPart['keys']>();
  for (const one of known) {
    const more = one.cached.parts.filter(({ keys }) => !counted.has(keys));
    const total = more.reduce((sum, { room }) => sum + room, kept.tokens);
    if (kept.prompts.length === KEPT_PROMPTS || total > KEPT_TOKENS) continue;
    kept.prompts.push(one);
    kept.tokens = total;
    for (const { keys } of more) counted.add(keys);
  }
  return kept;
}
