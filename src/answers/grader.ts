/**
 * Compares final answers and counts votes: what the rest of the program uses of this folder.
 *
 * Four steps, cheapest first: canonical keys (`equal.ts`, microseconds, decides nearly every vote), exact
 * comparison of what differs, exact evaluation in a killable worker, and a computer algebra library in
 * another (`worker-pool.ts`). Everything here is written by models and hostile: `limits.ts` comes before
 * any parser. It extracts nothing (`read/extract.ts`) and reads no reasoning. A new grading bug is a line in `cases/`.
 */
import { GradingError } from '../errors.ts';
import type { VoteGroup, VoteTally } from '../types.ts';
import { canonicalKey, compareAnswers } from './compare/equal.ts';
import type { Comparison } from './workers/evaluate-worker.ts';
import { type Mode, type Rules, rulesOf } from './mode.ts';
import type { Verdict } from './verdict.ts';
import { WorkerPool, type WorkerPoolOptions } from './workers/worker-pool.ts';

export interface GraderOptions extends WorkerPoolOptions {
  /** `voting` (default) reads leniently, `evaluation` strictly: see `mode.ts`. */
  mode?: Mode;
  /** Single rules of the mode replaced. */
  rules?: Partial<Rules>;
  /** The module that evaluates in the worker; by default this folder's own. It takes a list of `Comparison` and posts a `Verdict` for each. */
  worker?: URL;
  /** The module of the last step, asked when the one before says `needs-algebra`. */
  algebraWorker?: URL;
}

/** A vote that counts more or less than others. */
export interface WeightedVote {
  /** The final answer; null where there is none. */
  answer: string | null;
  /** 0 or more. */
  weight: number;
}

/** A final answer with weight 1, or one with a weight of its own. */
export type Vote = string | null | WeightedVote;

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
  private readonly evaluator: WorkerPool<readonly Comparison[], Verdict[]>;
  private readonly algebra: WorkerPool<readonly Comparison[], Verdict[]>;
  private readonly deadlineMs: number;
  private readonly remembered = new Map<string, Verdict>();
  /** How many workers an answer has cost; below 0 when one has survived it. */
  private readonly strikes = new Map<string, number>();
  private readonly reasons = new Map<string, number>();

  constructor({
    mode = 'voting',
    rules,
    worker = new URL('./workers/evaluate-worker.ts', import.meta.url),
    algebraWorker = new URL('./workers/algebra-worker.ts', import.meta.url),
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
    const [verdict] = await this.decide([{ a, b, rules: this.rules }]);
    return verdict;
  }

  /**
   * A test for equality with one label that compares each distinct answer once. No answer (null) equals no label;
   * an undecided comparison counts as not equal. The test throws GradingError as `equal` does.
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
   * Groups votes greedily, each with the first equal class in order of appearance (as R-Zero's code does; FIDELITY.md,
   * "Vote classes"), undecided counting as not equal. Null, blank and oversized votes are unanswered: they form no
   * class, but their weight counts in the denominator of `agreement`. A plain vote weighs 1.
   * @throws GradingError as `equal` does, or for a weight that is negative or not finite.
   */
  async tally(votes: readonly Vote[]): Promise<VoteTally> {
    const groups: VoteGroup[] = [];
    const byKey = new Map<string, VoteGroup>();
    let unanswered = 0;
    let total = 0;
    for (const { answer, weight } of votes.map(weighted)) {
      total += weight;
      const key = answer === null ? null : canonicalKey(answer);
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

  /** The first class that is equal to the vote; what must be evaluated goes to the worker in one message. */
  private async firstEqual(groups: readonly VoteGroup[], vote: string): Promise<VoteGroup | null> {
    const verdicts = await this.decide(groups.map(({ answer }) => ({ a: answer, b: vote, rules: this.rules })));
    const at = verdicts.findIndex(({ verdict }) => verdict === 'equal');
    return at < 0 ? null : groups[at];
  }

  /** A verdict for each pair, up to the first equal one that needs no evaluator. */
  private async decide(pairs: readonly Comparison[]): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    const open: Comparison[] = [];
    const places: number[] = [];
    for (const pair of pairs) {
      const quick = compareAnswers(pair.a, pair.b, this.rules);
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

  /** Both evaluators together have one deadline; a worker's start is not counted. */
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

  /** One of several pairs cost the worker: which? */
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

  /** Keeps the score of who cost a worker: an innocent answer must not be shunned with the one that it was compared with. */
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
    `A vote has the weight ${vote.weight}; a weight is a finite number of at least 0.`,
    'Correct the weights of the votes.',
  );
}

/** In one order, whichever answer came first. */
function keysOf({ a, b }: Comparison): string[] {
  return [a, b].map((answer) => canonicalKey(answer) ?? '').toSorted();
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
