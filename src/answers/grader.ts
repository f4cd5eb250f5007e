/**
 * Compares final answers and counts votes. The rest of the program uses this folder through this module.
 *
 * A comparison has four steps, cheapest first: canonical keys (`equal.ts`; microseconds, decides nearly every vote),
 * exact comparison of the parts that differ, exact evaluation in a worker that can be killed, and a computer algebra
 * library in another worker (`worker-pool.ts`). Answers are written by models and not trusted, so `limits.ts` is
 * applied before any parser. Answers are extracted from completions in `read/extract.ts`. For a new grading bug, add a
 * line to `cases/`.
 */
import { GradingError } from '../errors.ts';
import type { VoteGroup, VoteTally } from '../types.ts';
import { canonicalKey, compareAnswers } from './compare/equal.ts';
import type { Comparison } from './workers/evaluate-worker.ts';
import { type Mode, type Rules, rulesOf } from './mode.ts';
import type { Verdict } from './verdict.ts';
import { WorkerPool, type WorkerPoolOptions } from './workers/worker-pool.ts';

/** Returns whether two answers are equal; null if the rule cannot decide. */
export type EqualRule = (a: string, b: string) => boolean | null;

export interface GraderOptions extends WorkerPoolOptions {
  /** `voting` (default) reads leniently, `evaluation` strictly: see `mode.ts`. */
  mode?: Mode;
  /** Overrides single rules of the mode. */
  rules?: Partial<Rules>;
  /**
   * A custom rule for equal answers, called first; if it returns null, the other steps decide. With such a rule, only
   * votes with identical text are grouped without calling it.
   */
  equal?: EqualRule;
  /**
   * Module of the evaluator in the worker; default: the one of this folder. It receives `Comparison`s and posts
   * `Verdict`s.
   */
  worker?: URL;
  /** Module of the last step, used if the evaluator returns `needs-algebra`. */
  algebraWorker?: URL;
}

/** A vote with a weight. */
export interface WeightedVote {
  /** The final answer; null if there is none. */
  answer: string | null;
  /** 0 or more. */
  weight: number;
}

/** A final answer with weight 1, or an answer with an explicit weight. */
export type Vote = string | null | WeightedVote;

/** Maximum number of cached verdicts and of blocked answers; the oldest are removed first. */
const REMEMBERED = 4096;
/** Number of pairs in which an answer may crash a worker before the answer is blocked. */
const STRIKES = 2;
/** The library caches its inputs, so its worker is replaced more often and gets more memory. */
const ALGEBRA = { tasksPerWorker: 500, memoryMb: 320 };

/** Creates a grader; its workers start when needed. Close it when done. */
export function createGrader(options: GraderOptions = {}): Grader {
  return new Grader(options);
}

/** See the header. Comparisons run one after the other; a slow one delays those after it. */
export class Grader {
  readonly rules: Rules;
  private readonly evaluator: WorkerPool<readonly Comparison[], Verdict[]>;
  private readonly algebra: WorkerPool<readonly Comparison[], Verdict[]>;
  private readonly deadlineMs: number;
  private readonly own: EqualRule | undefined;
  private readonly remembered = new Map<string, Verdict>();
  /** Number of workers that an answer has crashed; below 0 if a worker survived it. */
  private readonly strikes = new Map<string, number>();
  private readonly reasons = new Map<string, number>();

  constructor({
    mode = 'voting',
    rules,
    equal: own,
    worker = new URL('./workers/evaluate-worker.ts', import.meta.url),
    algebraWorker = new URL('./workers/algebra-worker.ts', import.meta.url),
    deadlineMs = 1000,
    ...options
  }: GraderOptions = {}) {
    this.rules = rulesOf(mode, rules);
    this.deadlineMs = deadlineMs;
    this.own = own;
    this.evaluator = new WorkerPool(worker, { ...options, deadlineMs });
    this.algebra = new WorkerPool(algebraWorker, { ...ALGEBRA, ...options, deadlineMs });
  }

  /**
   * Compares two answers. An unreadable answer is `undecided`, never an error.
   *
   * @throws GradingError if a worker is needed and cannot start, or after `close`
   */
  async equal(a: string, b: string): Promise<Verdict> {
    const [verdict] = await this.decide([{ a, b, rules: this.rules }]);
    return verdict;
  }

  /**
   * Returns a function that tests answers for equality with one label and compares each distinct answer once. No answer
   * (null) equals no label; an undecided comparison counts as not equal. The function throws GradingError like `equal`.
   */
  comparerTo(label: string): (answer: string | null) => Promise<boolean> {
    const known = new Map<string, boolean>();
    return async (answer) => {
      if (answer === null) return false;
      const before = known.get(answer);
      if (before !== undefined) return before;
      const isEqual = (await this.equal(answer, label)).verdict === 'equal';
      known.set(answer, isEqual);
      return isEqual;
    };
  }

  /**
   * Groups votes greedily: each vote joins the first equal class in order of appearance, as in R-Zero's code
   * (FIDELITY.md, "Vote classes"). Undecided comparisons count as not equal. Null, blank and oversized votes are
   * unanswered: they form no class, but their weight counts in the denominator of `agreement`. A plain vote weighs 1.
   *
   * @throws GradingError like `equal`, or for a weight that is negative or not finite
   */
  async tally(votes: readonly Vote[]): Promise<VoteTally> {
    const groups: VoteGroup[] = [];
    const byKey = new Map<string, VoteGroup>();
    let unanswered = 0;
    let total = 0;
    for (const { answer, weight } of votes.map(weighted)) {
      total += weight;
      const key = answer === null ? null : this.keyOf(answer);
      if (answer === null || key === null) {
        unanswered++;
        continue;
      }
      const group = byKey.get(key) ?? (await this.firstEqual(groups, answer)) ?? newGroup(groups, answer);
      byKey.set(key, group);
      group.count++;
      group.weight += weight;
    }
    groups.sort((a, b) => b.weight - a.weight);
    const label = groups.length > 0 ? groups[0].answer : null;
    const agreement = total > 0 && groups.length > 0 ? groups[0].weight / total : 0;
    return { groups, label, agreement, unanswered, attempts: votes.length };
  }

  /** Returns a key; votes with the same key are equal without a comparison. Null for an unanswered vote. */
  private keyOf(vote: string): string | null {
    const key = canonicalKey(vote);
    return key === null || this.own === undefined ? key : vote.trim();
  }

  /** Returns the number of comparisons by `verdict/reason`, without equal keys within a tally. */
  counts(): Record<string, number> {
    return Object.fromEntries(this.reasons);
  }

  /** Number of started workers of both kinds; 0 while canonical keys and exact numbers decide all comparisons. */
  get workersStarted(): number {
    return this.evaluator.started + this.algebra.started;
  }

  /** Stops the workers. */
  async close(): Promise<void> {
    await Promise.all([this.evaluator.close(), this.algebra.close()]);
  }

  /** Finds the first class that equals the vote. Sends all pairs that need evaluation to the worker in one message. */
  private async firstEqual(groups: readonly VoteGroup[], vote: string): Promise<VoteGroup | null> {
    const verdicts = await this.decide(groups.map(({ answer }) => ({ a: answer, b: vote, rules: this.rules })));
    const at = verdicts.findIndex(({ verdict }) => verdict === 'equal');
    return at < 0 ? null : groups[at];
  }

  /** Returns a verdict per pair, up to the first equal pair that needs no evaluator. */
  private async decide(pairs: readonly Comparison[]): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    const open: Comparison[] = [];
    const places: number[] = [];
    for (const pair of pairs) {
      const own = this.own?.(pair.a, pair.b) ?? null;
      const quick = own === null ? compareAnswers(pair.a, pair.b, this.rules) : ownVerdict(own);
      const verdict = quick.reason === 'needs-evaluation' ? (this.known(pair) ?? quick) : quick;
      if (verdict.reason === 'needs-evaluation') {
        places.push(verdicts.length);
        open.push(pair);
      }
      verdicts.push(verdict);
      if (verdict.verdict === 'equal') break;
    }
    if (open.length > 0)
      for (const [at, verdict] of (await this.evaluate(open)).entries()) verdicts[places[at]] = verdict;
    for (const { verdict, reason } of verdicts) {
      const name = `${verdict}/${reason}`;
      this.reasons.set(name, (this.reasons.get(name) ?? 0) + 1);
    }
    return verdicts;
  }

  private known(pair: Comparison): Verdict | null {
    const keys = keysOf(pair);
    if (keys.some((key) => (this.strikes.get(key) ?? 0) >= STRIKES)) return { verdict: 'undecided', reason: 'timeout' };
    return this.remembered.get(JSON.stringify(keys)) ?? null;
  }

  /** Evaluates pairs. Both evaluators share one deadline, which excludes the start of a worker. */
  private async evaluate(pairs: readonly Comparison[]): Promise<Verdict[]> {
    const { outcome, milliseconds } = await this.evaluator.run(pairs);
    if (outcome.kind !== 'reply' && pairs.length > 1) return this.oneByOne(pairs);
    const verdicts: Verdict[] = [];
    for (const [at, pair] of pairs.entries()) {
      let verdict = this.settle(pair, outcome.kind === 'reply' ? outcome.reply[at] : outcome.kind);
      if (verdict.reason === 'needs-algebra') verdict = await this.askAlgebra(pair, this.deadlineMs - milliseconds);
      addCapped(this.remembered, JSON.stringify(keysOf(pair)), verdict);
      verdicts.push(verdict);
    }
    return verdicts;
  }

  /** Evaluates pairs separately, to find the one that crashed the worker. */
  private async oneByOne(pairs: readonly Comparison[]): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    for (const pair of pairs) verdicts.push(this.known(pair) ?? (await this.evaluate([pair]))[0]);
    return verdicts;
  }

  private async askAlgebra(pair: Comparison, deadlineMs: number): Promise<Verdict> {
    const { outcome } = await this.algebra.run([pair], Math.max(1, deadlineMs));
    const verdict = this.settle(pair, outcome.kind === 'reply' ? outcome.reply[0] : outcome.kind);
    return verdict.reason === 'needs-algebra' ? { verdict: 'undecided', reason: 'not-evaluable' } : verdict;
  }

  /** Counts crashes per answer, so that an answer is not blocked because of the answer that it was compared with. */
  private settle(pair: Comparison, result: Verdict | 'timeout' | 'died'): Verdict {
    const survived = typeof result !== 'string';
    for (const key of keysOf(pair))
      addCapped(this.strikes, key, survived ? -STRIKES : (this.strikes.get(key) ?? 0) + 1);
    if (survived) return result;
    return { verdict: 'undecided', reason: result === 'timeout' ? 'timeout' : 'worker-died' };
  }
}

function weighted(vote: Vote): WeightedVote {
  if (typeof vote === 'string' || vote === null) return { answer: vote, weight: 1 };
  if (Number.isFinite(vote.weight) && vote.weight >= 0) return vote;
  throw new GradingError(
    `A vote has the weight ${vote.weight}; expected a finite number of at least 0.`,
    'Correct the weights of the votes.',
  );
}

/** Returns a key that does not depend on the order of the answers. */
function keysOf({ a, b }: Comparison): string[] {
  return [a, b].map((answer) => canonicalKey(answer) ?? '').toSorted();
}

function ownVerdict(equal: boolean): Verdict {
  return { verdict: equal ? 'equal' : 'different', reason: 'own-rule' };
}

function newGroup(groups: VoteGroup[], answer: string): VoteGroup {
  const group = { answer, count: 0, weight: 0 };
  groups.push(group);
  return group;
}

function addCapped<Value>(map: Map<string, Value>, key: string, value: Value): void {
  const oldest = map.keys().next();
  if (map.size >= REMEMBERED && !map.has(key) && oldest.done !== true) map.delete(oldest.value);
  map.set(key, value);
}
