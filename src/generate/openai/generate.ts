/**
 * Distributes many requests over a few lanes. A request that did not get all replies in one answer returns to the front
 * of the queue. Every finished request is reported immediately, and remains valid if the call ends early (a failure, an
 * abort, a spent budget).
 */

import { EngineError } from '../../errors.ts';
import type { GenerateCtl, GenerateRequest, Reply } from '../generator.ts';
import { askChat, type Host } from './ask.ts';
import { costAtMost, HIGHEST_RATE, type Piece } from './chat.ts';
import { aborted } from './exchange.ts';
import type { Lanes } from './lanes.ts';

interface Job extends Piece {
  /** Index of the request. */
  at: number;
}

/** Implements `Generator.generate`, with the same results and errors. `closing` ends the call like `ctl.signal`. */
export async function generateOver(
  { host, lanes, closing }: { host: Host; lanes: Lanes; closing: AbortSignal },
  requests: readonly GenerateRequest[],
  ctl: GenerateCtl,
): Promise<Reply[][]> {
  const call = new Call(host, lanes, requests, ctl);
  const signals = [closing, ...(ctl.signal === undefined ? [] : [ctl.signal])];
  const abort = (): void => call.fail(aborted());
  for (const signal of signals) signal.addEventListener('abort', abort);
  const unwatch = lanes.watch(() => call.pump());
  try {
    if (signals.some((signal) => signal.aborted)) throw aborted();
    return await call.run();
  } finally {
    unwatch();
    for (const signal of signals) signal.removeEventListener('abort', abort);
  }
}

class Call {
  readonly #host: Host;
  readonly #lanes: Lanes;
  readonly #requests: readonly GenerateRequest[];
  readonly #ctl: GenerateCtl;
  readonly #queue: Job[];
  readonly #replies: Reply[][];
  readonly #stop = new AbortController();
  readonly #start = performance.now();
  readonly #total: number;
  #end: () => void = () => {};
  #running = 0;
  #done = 0;
  #tokens = 0;
  /** The reason why no further request starts. */
  #failure: { error: unknown } | null = null;

  constructor(host: Host, lanes: Lanes, requests: readonly GenerateRequest[], ctl: GenerateCtl) {
    this.#host = host;
    this.#lanes = lanes;
    this.#requests = requests;
    this.#ctl = ctl;
    this.#queue = requests.map(({ n }, at) => ({ at, first: 0, count: n })).filter(({ count }) => count > 0);
    this.#total = requests.reduce((sum, { n }) => sum + n, 0);
    this.#replies = requests.map(() => []);
  }

  async run(): Promise<Reply[][]> {
    this.#requests.forEach(({ n }, at) => n === 0 && this.#ctl.onReply?.(at, []));
    await new Promise<void>((resolve) => {
      this.#end = resolve;
      this.pump();
    });
    if (this.#failure !== null) throw this.#failure.error;
    return this.#replies;
  }

  /** Starts requests while lanes are free; ends the call if nothing runs and nothing can start. */
  pump(): void {
    while (this.#failure === null && this.#queue.length > 0) {
      const job = this.#queue[0];
      const request = this.#requests[job.at];
      const piece = { first: job.first, count: Math.min(job.count, repliesAtOnce(this.#host, request)) };
      const cost = costAtMost(request, piece.count, rateToExpect(this.#host));
      const entry = this.#lanes.enter(cost);
      if (entry === 'busy') return;
      if (entry === 'spent') {
        this.#failure = { error: this.#outOfBudget(cost) };
        break;
      }
      this.#queue.shift();
      if (piece.count < job.count) this.#queue.unshift(after(job, piece.count));
      void this.#perform({ at: job.at, ...piece }, cost);
    }
    if (this.#running === 0) this.#end();
  }

  /** Records the first failure, and aborts the running requests. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop.abort();
    if (this.#running === 0) this.#end();
  }

  async #perform(job: Job, cost: number): Promise<void> {
    this.#running++;
    let used = 0;
    try {
      const request = this.#requests[job.at];
      const answer = await askChat(this.#host, request, job, {
        signal: this.#stop.signal,
        onRetry: this.#ctl.onRetry,
      });
      used = answer.tokens;
      if (answer.promptRate !== null) this.#host.promptRate = Math.max(this.#host.promptRate ?? 0, answer.promptRate);
      if (!answer.counted) this.#host.notes.add('The server does not count tokens: they are estimated from the texts.');
      this.#take(job, answer.replies);
    } catch (error) {
      this.fail(error);
    } finally {
      this.#running--;
      this.#lanes.leave(cost, used);
    }
  }

  #take(job: Job, replies: readonly Reply[]): void {
    if (replies.length < job.count) {
      this.#host.dialect.repliesPerRequest = Math.min(this.#host.dialect.repliesPerRequest, replies.length);
      this.#queue.unshift(after(job, replies.length));
    }
    const gathered = this.#replies[job.at];
    replies.forEach((reply, i) => (gathered[job.first + i] = reply));
    this.#done += replies.length;
    this.#tokens += replies.reduce((sum, { tokens }) => sum + tokens, 0);
    const { n } = this.#requests[job.at];
    // Pieces arrive in any order; reduce skips holes.
    if (gathered.reduce((count) => count + 1, 0) === n) this.#ctl.onReply?.(job.at, gathered);
    this.#ctl.onProgress?.({
      done: this.#done,
      total: this.#total,
      tokensPerSecond: this.#tokens / Math.max(1e-3, (performance.now() - this.#start) / 1000),
    });
  }

  #outOfBudget(cost: number): EngineError {
    const { budget, used } = this.#lanes.purse;
    return new EngineError(
      'budget',
      `The budget of ${budget} tokens is spent: ${used} are used, and the next request could cost ${cost}.`,
      cost > budget
        ? `Give a budget of more than ${cost} tokens, or ask for shorter replies.`
        : 'Start again to continue with the same budget once more: finished replies are kept.',
    );
  }
}

function after(job: Job, count: number): Job {
  return { at: job.at, first: job.first + count, count: job.count - count };
}

/** Safety factor, because other prompts may have more tokens per byte than those counted. */
const MARGIN = 1.25;

function rateToExpect({ promptRate }: Host): number {
  return promptRate === null ? HIGHEST_RATE : promptRate * MARGIN;
}

/** One reply per request at temperature 0, because some servers reject more, and the replies are the same. */
function repliesAtOnce(host: Host, request: GenerateRequest): number {
  return request.temperature === 0 ? 1 : host.dialect.repliesPerRequest;
}
