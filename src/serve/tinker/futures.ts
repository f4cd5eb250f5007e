/**
 * Results that clients fetch later. A submitted request gets an id at once; its result is kept for a time after it is
 * there, and can be read any number of times in it. After that, or when results take too much memory, it is dropped:
 * those that were read first, then the oldest.
 */

import { randomBytes } from 'node:crypto';
import type { ForwardBackwardOutput, SampleOutput } from '../../wire/messages.ts';

/** The result of a request. `failed` is final: the request was done in no part, or `error` says what was done. */
export type Result =
  | { kind: 'json'; value: Record<string, unknown> }
  | { kind: 'forward'; output: ForwardBackwardOutput }
  | { kind: 'sample'; output: SampleOutput }
  | { kind: 'failed'; error: string; category: 'user' | 'server' };

export interface Future {
  readonly id: string;
  /** The model that the request is about; null for a sample of a base model. */
  readonly modelId: string | null;
  /** Null while it is pending. */
  result: Result | null;
}

interface Entry extends Future {
  bytes: number;
  /** Milliseconds of the monotonic clock at which it was settled. */
  settledAt: number;
  read: boolean;
  waiters: Set<() => void>;
  onDropped?: () => void;
}

export interface FutureLimits {
  /** Milliseconds that a result is kept. */
  keepMs: number;
  /** Bytes of all results. */
  bytes: number;
}

/** Long enough for a client whose network is away for half an hour. */
export const FUTURE_LIMITS: FutureLimits = { keepMs: 3_600_000, bytes: 512 * 1024 * 1024 };

export class Futures {
  #limits: FutureLimits;
  #now: () => number;
  /** Sets the ids of this process apart from those of an earlier one. */
  #boot = randomBytes(4).toString('hex');
  #issued = 0;
  #entries = new Map<string, Entry>();
  /** Ids in the order in which they were settled. */
  #settled = new Set<string>();
  #bytes = 0;

  constructor(limits: FutureLimits = FUTURE_LIMITS, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Creates a pending future. `onDropped` is called when its result is forgotten. */
  create(modelId: string | null, onDropped?: () => void): Future {
    const id = `${this.#boot}-${++this.#issued}`;
    const entry: Entry = {
      id,
      modelId,
      result: null,
      bytes: 0,
      settledAt: 0,
      read: false,
      waiters: new Set(),
      ...(onDropped === undefined ? {} : { onDropped }),
    };
    this.#entries.set(id, entry);
    return entry;
  }

  /** Sets the result. The first one counts. */
  settle({ id }: Future, result: Result): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.result !== null) return;
    entry.result = result;
    entry.settledAt = this.#now();
    entry.bytes = sizeOf(result);
    this.#bytes += entry.bytes;
    this.#settled.add(id);
    for (const waiter of entry.waiters) waiter();
    entry.waiters.clear();
    this.#trim(id);
  }

  /** Returns a future; `gone` if its result was dropped or belongs to an earlier process, `unknown` if it never was. */
  find(id: string): Future | 'gone' | 'unknown' {
    const entry = this.#entries.get(id);
    if (entry !== undefined) return entry;
    const match = /^([0-9a-f]{8})-(\d{1,15})$/.exec(id);
    if (match === null) return 'unknown';
    return match[1] !== this.#boot || Number(match[2]) <= this.#issued ? 'gone' : 'unknown';
  }

  /** Resolves when the future has a result, or after `ms`, or when `signal` aborts. */
  async wait({ id }: Future, ms: number, signal: AbortSignal): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.result !== null || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        entry.waiters.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      entry.waiters.add(done);
      signal.addEventListener('abort', done);
    });
  }

  /** Notes that the result was sent, so that it is among the first to go. */
  markRead({ id }: Future): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) entry.read = true;
  }

  /** Settles all pending futures as failed. */
  failAll(error: string): void {
    for (const entry of this.#entries.values()) {
      if (entry.result === null) this.settle(entry, { kind: 'failed', error, category: 'server' });
    }
  }

  /** Drops the results that were kept long enough. */
  sweep(): void {
    const before = this.#now() - this.#limits.keepMs;
    for (const id of this.#settled) {
      const entry = this.#entries.get(id);
      if (entry !== undefined && entry.settledAt > before) return;
      this.#drop(id);
    }
  }

  #trim(newest: string): void {
    if (this.#bytes <= this.#limits.bytes) return;
    for (const onlyRead of [true, false]) {
      for (const id of this.#settled) {
        if (this.#bytes <= this.#limits.bytes) return;
        if (id !== newest && (!onlyRead || this.#entries.get(id)?.read === true)) this.#drop(id);
      }
    }
  }

  #drop(id: string): void {
    const entry = this.#entries.get(id);
    this.#settled.delete(id);
    this.#entries.delete(id);
    if (entry === undefined) return;
    this.#bytes -= entry.bytes;
    // Requests remember their future, to recognise a repetition.
    entry.result = null;
    entry.onDropped?.();
  }
}

const OVERHEAD = 500;

function sizeOf(result: Result): number {
  switch (result.kind) {
    case 'json':
    case 'failed':
      return OVERHEAD;
    case 'forward':
      return result.output.logprobs.reduce((sum, { byteLength }) => sum + byteLength, OVERHEAD);
    case 'sample': {
      const { sequences, promptLogprobs } = result.output;
      return sequences.reduce(
        (sum, { tokens, logprobs }) => sum + tokens.byteLength + (logprobs?.byteLength ?? 0),
        OVERHEAD + (promptLogprobs?.byteLength ?? 0),
      );
    }
  }
}
