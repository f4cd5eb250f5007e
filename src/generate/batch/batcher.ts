/**
 * Gathers requests of many callers: all that wait for the same weights go into one call of the engine. A request that
 * finds the engine idle waits a few milliseconds for the rest of its burst; those that come while the engine works gather
 * anyway. A caller that goes away ends its own request only. Next: `work-queue.ts`, whose turns the calls take.
 */

import type { Completion, DrawnTokens, Example, SampleRequest, Sampler } from '../../engine/engine.ts';
import { EngineError } from '../../errors.ts';
import { Assembly } from './assembly.ts';

/** A checked request. */
export interface Ask {
  /** Null if only the example is scored. */
  request: SampleRequest | null;
  /** An example to score; null for none. */
  scored: Example | null;
  /** Aborting it ends this request: it is answered with an EngineError `aborted`. */
  signal?: AbortSignal;
  /**
   * Called with tokens as they are drawn. A request with it is answered as soon as its own completions have ended;
   * one without it when all that were gathered with it have.
   */
  onTokens?: (drawn: Omit<DrawnTokens, 'request'>) => void;
}

export interface Answer {
  completions: Completion[];
  /** Log-probabilities of the example's targets; null if none was scored. */
  scores: Float32Array | null;
}

/** What the calls are made with. */
export interface BatchHost<Source> {
  /** Number of completions that the engine decodes at once. */
  readonly slots: number;
  /** Runs a job when it is the lane's turn. The job never rejects. */
  turn: (lane: string, job: () => Promise<void>) => void;
  /** Opens a sampler, which is used within the job only. */
  sampler: (source: Source) => Promise<Sampler>;
  /** Aborts the running call. */
  stopped: AbortSignal;
}

interface Waiting extends Ask {
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

interface Lane<Source> {
  source: Source;
  asks: Waiting[];
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

export class Batcher<Source extends { readonly key: string }> {
  #host: BatchHost<Source>;
  #lanes = new Map<string, Lane<Source>>();
  #waiting = 0;

  constructor(host: BatchHost<Source>) {
    this.#host = host;
  }

  /** Requests that wait or are in progress. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Answers a request. Rejects with the error of the call that it was part of. */
  ask(source: Source, ask: Ask): Promise<Answer> {
    const { signal } = ask;
    if (signal?.aborted === true) return Promise.reject(aborted());
    this.#waiting++;
    let leave = (): void => {};
    return new Promise<Answer>((resolve, reject) => {
      leave = () => reject(aborted());
      signal?.addEventListener('abort', leave, { once: true });
      this.#add(source, { ...ask, resolve, reject });
    }).finally(() => {
      signal?.removeEventListener('abort', leave);
      this.#waiting--;
    });
  }

  /** Rejects all requests that wait for a call. For the end of the process: the running call ends by `stopped`. */
  fail(error: Error): void {
    for (const { asks, timer } of this.#lanes.values()) {
      if (timer !== null) clearTimeout(timer);
      for (const { reject } of asks.splice(0)) reject(error);
    }
  }

  #add(source: Source, ask: Waiting): void {
    const lane = this.#lanes.get(source.key) ?? { source, asks: [], since: 0, timer: null, queued: false };
    this.#lanes.set(source.key, lane);
    if (lane.asks.length === 0) lane.since = performance.now();
    lane.asks.push(ask);
    if (lane.queued) return;
    if (lane.timer !== null) clearTimeout(lane.timer);
    const left = lane.since + LONGEST_MS - performance.now();
    lane.timer = setTimeout(() => this.#enqueue(lane), Math.max(0, Math.min(QUIET_MS, left)));
  }

  #enqueue(lane: Lane<Source>): void {
    lane.timer = null;
    lane.queued = true;
    this.#host.turn(lane.source.key, async () => {
      await this.#run(lane.source, this.#take(lane));
      lane.queued = false;
      if (lane.asks.length > 0) this.#enqueue(lane);
      else this.#lanes.delete(lane.source.key);
    });
  }

  /** Takes the asks of the next call, without those whose callers have gone. */
  #take(lane: Lane<Source>): Waiting[] {
    const most = this.#host.slots * ROUNDS;
    const asks = lane.asks.filter(({ signal }) => signal?.aborted !== true);
    let completions = 0;
    const more = asks.findIndex(({ request }, index) => {
      completions += request?.n ?? 0;
      return index > 0 && completions > most;
    });
    lane.asks = more < 0 ? [] : asks.slice(more);
    return more < 0 ? asks : asks.slice(0, more);
  }

  async #run(source: Source, asks: readonly Waiting[]): Promise<void> {
    if (asks.length === 0) return;
    try {
      const sampler = await this.#host.sampler(source);
      await answerAll(sampler, asks, this.#host.stopped);
    } catch (error) {
      for (const { reject } of asks) reject(error);
    }
  }
}

/** Samples and scores in one call each. */
async function answerAll(sampler: Sampler, asks: readonly Waiting[], signal: AbortSignal): Promise<void> {
  const scored = asks.flatMap(({ scored: example }) => (example === null ? [] : [example]));
  const scores = scored.length === 0 ? [] : await sampler.score(scored, { signal });
  let next = 0;
  const scoresOf = asks.map(({ scored: example }) => (example === null ? null : scores[next++]));
  const drawing = asks.flatMap((ask, at) => {
    if (ask.request !== null) return [{ ...ask, request: ask.request, scores: scoresOf[at] }];
    ask.resolve({ completions: [], scores: scoresOf[at] });
    return [];
  });
  if (drawing.length === 0) return;
  const assemblies = drawing.map(({ request, onTokens }) => (onTokens === undefined ? null : new Assembly(request.n)));
  const onTokens = ({ request: at, ...drawn }: DrawnTokens): void => {
    const { onTokens: pass, resolve, signal: own, scores: also } = drawing[at];
    // The caller has gone, and the engine is about to end its request.
    if (own?.aborted === true) return;
    pass?.(drawn);
    const completions = assemblies[at]?.add(drawn) ?? null;
    if (completions !== null) resolve({ completions, scores: also });
  };
  const completions = await sampler.sample(
    drawing.map(({ request }) => request),
    {
      signal,
      requestSignals: drawing.map(({ signal: own }) => own),
      ...(assemblies.some((one) => one !== null) ? { onTokens } : {}),
    },
  );
  drawing.forEach(({ resolve, scores: also }, at) => resolve({ completions: completions[at], scores: also }));
}

function aborted(): EngineError {
  return new EngineError('aborted', 'The request was aborted.', 'Send it again if needed.');
}
