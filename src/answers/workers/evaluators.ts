/**
 * Both evaluators in their workers: exact forms first, computer algebra for the pairs that those leave open.
 *
 * Limits on the size of the work decide what is evaluated (`limits.ts`, `algebra.ts`), so that a verdict does not
 * depend on the machine. The deadline is the last guard against a hang. A comparison that was stopped is undecided
 * this time only: it is never cached. `grader.ts` uses this module; the workers' life is in `worker-pool.ts`.
 */
import { canonicalKey } from '../compare/equal.ts';
import type { Verdict } from '../verdict.ts';
import type { Comparison } from './evaluate-worker.ts';
import { type Outcome, WorkerPool, type WorkerPoolOptions } from './worker-pool.ts';

/** A comparison that was stopped. */
export interface Interruption {
  a: string;
  b: string;
  reason: 'timeout' | 'worker-died';
}

export interface EvaluatorsOptions {
  /** Module of the exact evaluator. */
  worker: URL;
  /** Module of the last step, used if the evaluator returns `needs-algebra`. */
  algebraWorker: URL;
  pool: WorkerPoolOptions;
  onInterrupted?: (interruption: Interruption) => void;
}

/** Maximum number of cached verdicts; the oldest are removed first. */
const REMEMBERED = 4096;
/** Number of stopped pairs after which an answer is left out for the rest of a call. */
const STRIKES = 2;
/** The library caches its inputs, so its worker is replaced more often and gets more memory. */
const ALGEBRA = { tasksPerWorker: 500, memoryMb: 320 };

/** The comparisons of one call that were stopped, counted per answer. A new call starts with a new one. */
export class Strikes {
  private readonly counts = new Map<string, number>();

  /** Returns whether an answer of the pair was in too many stopped comparisons. */
  blocks(pair: Comparison): boolean {
    return keysOf(pair).some((key) => (this.counts.get(key) ?? 0) >= STRIKES);
  }

  /** Counts per answer, so that an answer is not blocked because of the answers that it was compared with. */
  count(pair: Comparison, stopped: boolean): void {
    for (const key of keysOf(pair)) this.counts.set(key, stopped ? (this.counts.get(key) ?? 0) + 1 : -STRIKES);
  }
}

export class Evaluators {
  private readonly exact: WorkerPool<readonly Comparison[], Verdict[]>;
  private readonly algebra: WorkerPool<readonly Comparison[], Verdict[]>;
  private readonly onInterrupted: ((interruption: Interruption) => void) | undefined;
  private readonly remembered = new Map<string, Verdict>();

  constructor({ worker, algebraWorker, pool, onInterrupted }: EvaluatorsOptions) {
    this.exact = new WorkerPool(worker, pool);
    this.algebra = new WorkerPool(algebraWorker, { ...ALGEBRA, ...pool });
    this.onInterrupted = onInterrupted;
  }

  /** Started workers of both kinds. */
  get started(): number {
    return this.exact.started + this.algebra.started;
  }

  /** Stops the workers. */
  async close(): Promise<void> {
    await Promise.all([this.exact.close(), this.algebra.close()]);
  }

  /** Returns a verdict per pair. Sends all pairs to the worker in one message, and separately if that is stopped. */
  async evaluate(pairs: readonly Comparison[], strikes: Strikes): Promise<Verdict[]> {
    const verdicts = pairs.map((pair) => this.known(pair, strikes));
    const open = pairs.filter((_, at) => verdicts[at] === null);
    const replies = open.length > 1 ? await this.exact.run(open) : null;
    const found: Verdict[] = [];
    for (const [at, pair] of open.entries()) {
      const reply = replies?.kind === 'reply' ? replies.reply[at] : null;
      if (reply !== null) strikes.count(pair, false);
      found.push(await this.settle(pair, reply, strikes));
    }
    return verdicts.map((verdict) => verdict ?? found.shift() ?? { verdict: 'undecided', reason: 'not-evaluable' });
  }

  private known(pair: Comparison, strikes: Strikes): Verdict | null {
    if (strikes.blocks(pair)) return { verdict: 'undecided', reason: 'timeout' };
    return this.remembered.get(JSON.stringify(keysOf(pair))) ?? null;
  }

  private async settle(pair: Comparison, reply: Verdict | null, strikes: Strikes): Promise<Verdict> {
    let verdict = reply ?? this.known(pair, strikes) ?? (await this.runOne(this.exact, pair, strikes));
    if (verdict.reason === 'needs-algebra') {
      verdict = await this.runOne(this.algebra, pair, strikes);
      if (verdict.reason === 'needs-algebra') verdict = { verdict: 'undecided', reason: 'not-evaluable' };
    }
    if (!isInterrupted(verdict)) this.remember(pair, verdict);
    return verdict;
  }

  private async runOne(
    pool: WorkerPool<readonly Comparison[], Verdict[]>,
    pair: Comparison,
    strikes: Strikes,
  ): Promise<Verdict> {
    const outcome = await runAlone(pool, pair);
    strikes.count(pair, outcome.kind !== 'reply');
    if (outcome.kind === 'reply') return outcome.reply[0];
    const reason = outcome.kind === 'timeout' ? 'timeout' : 'worker-died';
    this.onInterrupted?.({ a: pair.a, b: pair.b, reason });
    return { verdict: 'undecided', reason };
  }

  private remember(pair: Comparison, verdict: Verdict): void {
    const key = JSON.stringify(keysOf(pair));
    const oldest = this.remembered.keys().next();
    if (this.remembered.size >= REMEMBERED && !this.remembered.has(key) && oldest.done !== true)
      this.remembered.delete(oldest.value);
    this.remembered.set(key, verdict);
  }
}

/** Returns whether a verdict only says that the comparison was stopped. Another attempt may decide the pair. */
export function isInterrupted({ reason }: Pick<Verdict, 'reason'>): boolean {
  return reason === 'timeout' || reason === 'worker-died';
}

/** Longest part of an answer that a description shows, in characters. */
const SHOWN = 60;

/** Describes a stopped comparison in two sentences, for a warning. */
export function describeInterruption({ a, b, reason }: Interruption): string {
  const [one, other] = [a, b].map((answer) => JSON.stringify(answer.slice(0, SHOWN)));
  const why = reason === 'timeout' ? 'took too long' : 'ran out of memory';
  return `The comparison of the answers ${one} and ${other} ${why} and was stopped. They count as not equal this time; another run may find them equal.`;
}

/** Runs one pair; once more on a new worker if one that had done other tasks died, as those may have filled it. */
async function runAlone(
  pool: WorkerPool<readonly Comparison[], Verdict[]>,
  pair: Comparison,
): Promise<Outcome<Verdict[]>> {
  const outcome = await pool.run([pair]);
  return outcome.kind === 'died' && !outcome.first ? pool.run([pair]) : outcome;
}

/** Returns a key that does not depend on the order of the answers. */
function keysOf({ a, b }: Comparison): string[] {
  return [a, b].map((answer) => canonicalKey(answer) ?? '').toSorted();
}
