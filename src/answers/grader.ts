/**
 * Compares final answers and counts votes: what the rest of the program uses of this folder.
 *
 * Four steps, cheapest first: canonical keys (`equal.ts`, microseconds, decides nearly every vote), exact
 * comparison of what differs, exact evaluation in a killable worker, and a computer algebra library in
 * another (`worker-pool.ts`). Everything here is written by models and hostile: `limits.ts` comes before
 * any parser. Not an extractor (`extract.ts`) and no judge of reasoning. A new grading bug is a line in `cases/`.
 */
import type { VoteGroup, VoteTally } from '../types.ts';
import { canonicalKey, compareAnswers } from './equal.ts';
import type { Comparison } from './evaluate-worker.ts';
import { type Mode, type Rules, rulesOf } from './mode.ts';
import type { Verdict } from './verdict.ts';
import { type Outcome, WorkerPool, type WorkerPoolOptions } from './worker-pool.ts';

export interface GraderOptions extends WorkerPoolOptions {
  /** `voting` (default) reads leniently, `evaluation` strictly: see `mode.ts`. */
  mode?: Mode;
  /** Single rules of the mode replaced. */
  rules?: Partial<Rules>;
  /** The module that evaluates in the worker; by default this folder's own. It takes a `Comparison` and posts a `Verdict`. */
  worker?: URL;
  /** The module of the last step, asked when the one before says `needs-algebra`. */
  algebraWorker?: URL;
}

/** Verdicts, and answers to stay away from, that are remembered; the oldest go first. */
const REMEMBERED = 4096;
/** Pairs that an answer may cost a worker before it is left alone. */
const STRIKES = 2;
/** The library keeps what it has seen: its worker is replaced more often and may hold more. */
const ALGEBRA = { tasksPerWorker: 500, memoryMb: 320 };

/** A grader with its workers, not started yet. Close it when done. */
export function createGrader(options: GraderOptions = {}): Grader {
  return new Grader(options);
}

/** See the header. Comparisons run one after the other; a slow one delays those behind it. */
export class Grader {
  readonly rules: Rules;
  private readonly evaluator: WorkerPool<Comparison, Verdict>;
  private readonly algebra: WorkerPool<Comparison, Verdict>;
  private readonly deadlineMs: number;
  private readonly remembered = new Map<string, Verdict>();
  /** How many workers an answer has cost; 0 when one has survived it. */
  private readonly strikes = new Map<string, number>();
  private readonly reasons = new Map<string, number>();

  constructor({
    mode = 'voting',
    rules,
    worker = new URL('./evaluate-worker.ts', import.meta.url),
    algebraWorker = new URL('./algebra-worker.ts', import.meta.url),
    deadlineMs = 1000,
    ...options
  }: GraderOptions = {}) {
    this.rules = rulesOf(mode, rules);
    this.deadlineMs = deadlineMs;
    this.evaluator = new WorkerPool(worker, { ...options, deadlineMs });
    this.algebra = new WorkerPool(algebraWorker, { ...ALGEBRA, ...options, deadlineMs });
  }

  /**
   * Whether two answers are equal. A strange answer is `undecided`, never an error.
   * @throws GradingError when a worker is needed and cannot start, or after `close`.
   */
  async equal(a: string, b: string): Promise<Verdict> {
    const quick = compareAnswers(a, b, this.rules);
    const verdict = quick.reason === 'needs-evaluation' ? await this.evaluate(a, b) : quick;
    const name = `${verdict.verdict}/${verdict.reason}`;
    this.reasons.set(name, (this.reasons.get(name) ?? 0) + 1);
    return verdict;
  }

  /**
   * Groups votes greedily, each with the first equal class in order of appearance (spec 1.4, step 3),
   * undecided counting as not equal. Null, blank and oversized votes are unanswered: they are no class of their own,
   * but they count in the denominator of `agreement`.
   * @throws GradingError as `equal` does.
   */
  async tally(votes: readonly (string | null)[]): Promise<VoteTally> {
    const groups: VoteGroup[] = [];
    const byKey = new Map<string, VoteGroup>();
    let unanswered = 0;
    for (const vote of votes) {
      const key = vote === null ? null : canonicalKey(vote);
      if (vote === null || key === null) {
        unanswered++;
        continue;
      }
      const group = byKey.get(key) ?? (await this.firstEqual(groups, vote)) ?? newGroup(groups, vote);
      byKey.set(key, group);
      group.count++;
    }
    groups.sort((a, b) => b.count - a.count);
    const label = groups.length > 0 ? groups[0].answer : null;
    const agreement = groups.length > 0 ? groups[0].count / votes.length : 0;
    return { groups, label, agreement, unanswered, attempts: votes.length };
  }

  /** How often each `verdict/reason` was given by comparisons, equal keys within a tally left out. */
  counts(): Record<string, number> {
    return Object.fromEntries(this.reasons);
  }

  /** Worker threads started so far, of both kinds: none while canonical keys and exact numbers decide. */
  get workersStarted(): number {
    return this.evaluator.started + this.algebra.started;
  }

  /** Stops the workers. */
  async close(): Promise<void> {
    await Promise.all([this.evaluator.close(), this.algebra.close()]);
  }

  private async firstEqual(groups: readonly VoteGroup[], vote: string): Promise<VoteGroup | null> {
    for (const group of groups) {
      if ((await this.equal(group.answer, vote)).verdict === 'equal') return group;
    }
    return null;
  }

  private async evaluate(a: string, b: string): Promise<Verdict> {
    const keys = [a, b].map((answer) => canonicalKey(answer) ?? '').toSorted();
    if (keys.some((key) => (this.strikes.get(key) ?? 0) >= STRIKES)) return { verdict: 'undecided', reason: 'timeout' };
    const pair = JSON.stringify(keys);
    const known = this.remembered.get(pair);
    if (known !== undefined) return known;
    const verdict = await this.ask({ a, b, rules: this.rules }, keys);
    addCapped(this.remembered, pair, verdict);
    return verdict;
  }

  /** Both evaluators together have one deadline; a worker's start is not counted. */
  private async ask(comparison: Comparison, keys: string[]): Promise<Verdict> {
    const { outcome, milliseconds } = await this.evaluator.run(comparison);
    const first = this.verdictOf(outcome, keys);
    if (first.reason !== 'needs-algebra') return first;
    const left = Math.max(1, this.deadlineMs - milliseconds);
    const second = this.verdictOf((await this.algebra.run(comparison, left)).outcome, keys);
    return second.reason === 'needs-algebra' ? { verdict: 'undecided', reason: 'not-evaluable' } : second;
  }

  private verdictOf(outcome: Outcome<Verdict>, keys: string[]): Verdict {
    const survived = outcome.kind === 'reply';
    // An innocent answer must not be shunned with the one that it was compared with.
    for (const key of keys)
      if (survived) addCapped(this.strikes, key, -STRIKES);
      else addCapped(this.strikes, key, (this.strikes.get(key) ?? 0) + 1);
    if (survived) return outcome.reply;
    return { verdict: 'undecided', reason: outcome.kind === 'timeout' ? 'timeout' : 'worker-died' };
  }
}

function newGroup(groups: VoteGroup[], answer: string): VoteGroup {
  const group = { answer, count: 0 };
  groups.push(group);
  return group;
}

function addCapped<Value>(map: Map<string, Value>, key: string, value: Value): void {
  const oldest = map.keys().next();
  if (map.size >= REMEMBERED && !map.has(key) && oldest.done !== true) map.delete(oldest.value);
  map.set(key, value);
}
