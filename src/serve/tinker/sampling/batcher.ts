/**
 * Gathers sample requests: all that wait for the same weights go into one call of the engine. A request that finds the
 * engine idle waits a few milliseconds for the rest of its burst; those that come while the engine works gather anyway.
 */

import type { Completion, Example, SampleRequest, Sampler } from '../../../engine/engine.ts';
import type { SampleOutput } from '../../../wire/messages.ts';
import { Refusal } from '../../shell/refusal.ts';
import type { Context } from '../context.ts';
import { failed } from '../failure.ts';
import type { Future } from '../futures.ts';
import type { Source, Sources } from './sources.ts';

/** A checked request. */
export interface Ask {
  future: Future;
  /** Null if only the prompt is scored. */
  request: SampleRequest | null;
  /** The prompt as an example to score, empty for a prompt of one token; null if it is not scored. */
  scored: Example | null;
}

interface Lane {
  source: Source;
  asks: Ask[];
  /** When the first of them came, in milliseconds of the monotonic clock. */
  since: number;
  timer: NodeJS.Timeout | null;
  queued: boolean;
}

/** Milliseconds without a new request after which a burst has ended, and the longest wait for it. */
const QUIET_MS = 3;
const LONGEST_MS = 25;
/** Completions of one call of the engine, as a multiple of those that it decodes at once. */
const ROUNDS = 8;
/** Requests that wait or are in progress. */
const WAITING = 16_384;

export class Batcher {
  #context: Context;
  #sources: Sources;
  #lanes = new Map<string, Lane>();
  #waiting = 0;

  constructor(context: Context, sources: Sources) {
    this.#context = context;
    this.#sources = sources;
  }

  /** Throws Refusal 429 if too many requests wait. */
  checkRoom(): void {
    if (this.#waiting < WAITING) return;
    throw new Refusal(429, 'Too many sample requests wait. Repeat the request.', { 'Retry-After': '1' });
  }

  add(source: Source, ask: Ask): void {
    this.#waiting++;
    const lane = this.#lanes.get(source.key) ?? { source, asks: [], since: 0, timer: null, queued: false };
    this.#lanes.set(source.key, lane);
    if (lane.asks.length === 0) lane.since = performance.now();
    lane.asks.push(ask);
    if (lane.queued) return;
    if (lane.timer !== null) clearTimeout(lane.timer);
    const left = lane.since + LONGEST_MS - performance.now();
    lane.timer = setTimeout(() => this.#enqueue(lane), Math.max(0, Math.min(QUIET_MS, left)));
  }

  #enqueue(lane: Lane): void {
    lane.timer = null;
    lane.queued = true;
    this.#context.queue.add(`sample:${lane.source.key}`, async () => {
      const asks = this.#take(lane);
      await this.#run(lane.source, asks);
      this.#waiting -= asks.length;
      lane.queued = false;
      if (lane.asks.length > 0) this.#enqueue(lane);
      else this.#lanes.delete(lane.source.key);
    });
  }

  #take({ asks }: Lane): Ask[] {
    const most = this.#context.engine.slots * ROUNDS;
    let completions = 0;
    const more = asks.findIndex(({ request }, index) => {
      completions += request?.n ?? 0;
      return index > 0 && completions > most;
    });
    return asks.splice(0, more < 0 ? asks.length : more);
  }

  async #run(source: Source, asks: readonly Ask[]): Promise<void> {
    const { futures, onFault } = this.#context;
    try {
      const sampler = await this.#sources.sampler(source);
      const outputs = await outputsOf(sampler, asks, this.#context.stopped);
      asks.forEach(({ future }, index) => futures.settle(future, { kind: 'sample', output: outputs[index] }));
    } catch (error) {
      const result = failed(error, onFault);
      for (const { future } of asks) futures.settle(future, result);
    }
  }
}

async function outputsOf(sampler: Sampler, asks: readonly Ask[], signal: AbortSignal): Promise<SampleOutput[]> {
  const requests = asks.flatMap(({ request }) => (request === null ? [] : [request]));
  const examples = asks.flatMap(({ scored }) => (scored === null || scored.input.length === 0 ? [] : [scored]));
  const completions = requests.length === 0 ? [] : await sampler.sample(requests, { signal });
  const scores = examples.length === 0 ? [] : await sampler.score(examples, { signal });
  let sampled = 0;
  let scored = 0;
  return asks.map((ask) => ({
    sequences: ask.request === null ? [EMPTY] : completions[sampled++].map(sequenceOf),
    promptLogprobs: ask.scored === null ? null : promptLogprobs(ask.scored.input.length === 0 ? [] : scores[scored++]),
  }));
}

const EMPTY: SampleOutput['sequences'][number] = {
  tokens: new Int32Array(0),
  logprobs: new Float32Array(0),
  stopReason: 'length',
};

function sequenceOf({ tokens, logprobs, stop }: Completion): SampleOutput['sequences'][number] {
  return { tokens, logprobs, stopReason: stop };
}

/** One entry per prompt token; nothing comes before the first one, so it has none. */
function promptLogprobs(scores: ArrayLike<number>): Float32Array {
  const out = new Float32Array(scores.length + 1);
  out[0] = Number.NaN;
  out.set(scores, 1);
  return out;
}
