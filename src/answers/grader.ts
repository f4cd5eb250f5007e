/**
 * Compares final answers and counts votes. The rest of the program uses this folder through this module.
 *
 * A comparison has four steps, cheapest first: canonical keys (`equal.ts`; microseconds, decides nearly every vote),
 * exact comparison of the parts that differ, exact evaluation in a worker that can be killed, and a computer algebra
 * library in another worker (`workers/evaluators.ts`). Answers are written by models and not trusted, so `limits.ts` is
 * applied before any parser. Answers are extracted from completions in `read/extract.ts`. For a new grading bug, add a
 * line to `cases/`.
 */
import { GradingError } from '../errors.ts';
import type { VoteGroup, VoteTally } from '../types.ts';
import { canonicalKey, compareAnswers } from './compare/equal.ts';
import { type Mode, type Rules, rulesOf } from './mode.ts';
import type { Verdict } from './verdict.ts';
import type { Comparison } from './workers/evaluate-worker.ts';
import { Evaluators, type Interruption, isInterrupted, Strikes } from './workers/evaluators.ts';
import type { WorkerPoolOptions } from './workers/worker-pool.ts';

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
  /** Called when a comparison was stopped at its deadline, or because its worker died. It is undecided this time. */
  onInterrupted?: (interruption: Interruption) => void;
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

/** Creates a grader; its workers start when needed. Close it when done. */
export function createGrader(options: GraderOptions = {}): Grader {
  return new Grader(options);
}

/** See the header. Comparisons run one after the other; a slow one delays those after it. */
export class Grader {
  readonly rules: Rules;
  private readonly evaluators: Evaluators;
  private readonly own: EqualRule | undefined;
  private readonly reasons = new Map<string, number>();

  constructor({
    mode = 'voting',
    rules,
    equal: own,
    worker = new URL('./workers/evaluate-worker.ts', import.meta.url),
    algebraWorker = new URL('./workers/algebra-worker.ts', import.meta.url),
    onInterrupted,
    ...pool
  }: GraderOptions = {}) {
    this.rules = rulesOf(mode, rules);
    this.own = own;
    this.evaluators = new Evaluators({ worker, algebraWorker, pool, onInterrupted });
  }

  /**
   * Compares two answers. An unreadable answer is `undecided`, never an error.
   *
   * @throws GradingError if a worker is needed and cannot start, or after `close`
   */
  async equal(a: string, b: string): Promise<Verdict> {
    return this.compare(a, b, new Strikes());
  }

  /**
   * Returns a function that tests answers for equality with one label and compares each distinct answer once. No answer
   * (null) equals no label; an undecided comparison counts as not equal, and is repeated if it was stopped. The function
   * throws GradingError like `equal`.
   */
  comparerTo(label: string): (answer: string | null) => Promise<boolean> {
    const known = new Map<string, boolean>();
    const strikes = new Strikes();
    return async (answer) => {
      if (answer === null) return false;
      const before = known.get(answer);
      if (before !== undefined) return before;
      const verdict = await this.compare(answer, label, strikes);
      const isEqual = verdict.verdict === 'equal';
      if (!isInterrupted(verdict)) known.set(answer, isEqual);
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
    const strikes = new Strikes();
    let unanswered = 0;
    let total = 0;
    for (const { answer, weight } of votes.map(weighted)) {
      total += weight;
      const key = answer === null ? null : this.keyOf(answer);
      if (answer === null || key === null) {
        unanswered++;
        continue;
      }
      const group = byKey.get(key) ?? (await this.firstEqual(groups, answer, strikes)) ?? newGroup(groups, answer);
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
    return this.evaluators.started;
  }

  /** Stops the workers. */
  async close(): Promise<void> {
    await this.evaluators.close();
  }

  private async compare(a: string, b: string, strikes: Strikes): Promise<Verdict> {
    const [verdict] = await this.decide([{ a, b, rules: this.rules }], strikes);
    return verdict;
  }

  /** Finds the first class that equals the vote. Evaluates all pairs that need it together. */
  private async firstEqual(groups: readonly VoteGroup[], vote: string, strikes: Strikes): Promise<VoteGroup | null> {
    const pairs = groups.map(({ answer }) => ({ a: answer, b: vote, rules: this.rules }));
    const verdicts = await this.decide(pairs, strikes);
    const at = verdicts.findIndex(({ verdict }) => verdict === 'equal');
    return at < 0 ? null : groups[at];
  }

  /** Returns a verdict per pair, up to the first equal pair that needs no evaluator. */
  private async decide(pairs: readonly Comparison[], strikes: Strikes): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    const open: Comparison[] = [];
    const places: number[] = [];
    for (const pair of pairs) {
      const own = this.own?.(pair.a, pair.b) ?? null;
      const verdict = own === null ? compareAnswers(pair.a, pair.b, this.rules) : ownVerdict(own);
      if (verdict.reason === 'needs-evaluation') {
        places.push(verdicts.length);
        open.push(pair);
      }
      verdicts.push(verdict);
      if (verdict.verdict === 'equal') break;
    }
    if (open.length > 0)
      for (const [at, verdict] of (await this.evaluators.evaluate(open, strikes)).entries())
        verdicts[places[at]] = verdict;
    for (const { verdict, reason } of verdicts) {
      const name = `${verdict}/${reason}`;
      this.reasons.set(name, (this.reasons.get(name) ?? 0) + 1);
    }
    return verdicts;
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

function ownVerdict(equal: boolean): Verdict {
  return { verdict: equal ? 'equal' : 'different', reason: 'own-rule' };
}

function newGroup(groups: VoteGroup[], answer: string): VoteGroup {
  const group = { answer, count: 0, weight: 0 };
  groups.push(group);
  return group;
}
