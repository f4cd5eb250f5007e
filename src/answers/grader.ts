/**
 * Compares final answers and counts votes: what the rest of the program uses of this folder.
 *
 * Three steps, cheapest first: canonical keys (`equal.ts`, microseconds, decides nearly every vote),
 * exact comparison of what differs, and a killable worker (`worker-pool.ts`) for what must be
 * evaluated. Everything here is written by models and hostile: `limits.ts` comes before any parser.
 * Not an extractor (`extract.ts`) and no judge of reasoning. A new grading bug is a line in `cases.json`.
 */
import type { VoteGroup, VoteTally } from '../types.ts';
import { canonicalKey, compareAnswers, type Verdict } from './equal.ts';
import type { Comparison } from './evaluate-worker.ts';
import { WorkerPool, type WorkerPoolOptions } from './worker-pool.ts';

export interface GraderOptions extends WorkerPoolOptions {
  /** The module that evaluates in the worker; by default this folder's own. It takes a `Comparison` and posts a `Verdict`. */
  worker?: URL;
}

/** Verdicts, and answers to stay away from, that are remembered; the oldest go first. */
const REMEMBERED = 4096;

/** A grader with its worker, not started yet. Close it when done. */
export function createGrader(options: GraderOptions = {}): Grader {
  return new Grader(options);
}

/** See the header. Comparisons run one after the other; a slow one delays those behind it. */
export class Grader {
  private readonly pool: WorkerPool<Comparison, Verdict>;
  private readonly remembered = new Map<string, Verdict>();
  /** Answers that cost the worker its life or the deadline: not evaluated again. */
  private readonly poisonous = new Map<string, true>();
  private readonly reasons = new Map<string, number>();

  constructor({ worker = new URL('./evaluate-worker.ts', import.meta.url), ...options }: GraderOptions = {}) {
    this.pool = new WorkerPool(worker, options);
  }

  /**
   * Whether two answers are equal. A strange answer is `undecided`, never an error.
   * @throws GradingError when the worker is needed and cannot start, or after `close`.
   */
  async equal(a: string, b: string): Promise<Verdict> {
    const quick = compareAnswers(a, b);
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

  /** Worker threads started so far: none while canonical keys and exact numbers decide. */
  get workersStarted(): number {
    return this.pool.started;
  }

  /** Stops the worker. */
  async close(): Promise<void> {
    await this.pool.close();
  }

  private async firstEqual(groups: readonly VoteGroup[], vote: string): Promise<VoteGroup | null> {
    for (const group of groups) {
      if ((await this.equal(group.answer, vote)).verdict === 'equal') return group;
    }
    return null;
  }

  private async evaluate(a: string, b: string): Promise<Verdict> {
    const keys = [a, b].map((answer) => canonicalKey(answer) ?? '').toSorted();
    if (keys.some((key) => this.poisonous.has(key))) return { verdict: 'undecided', reason: 'timeout' };
    const pair = JSON.stringify(keys);
    const known = this.remembered.get(pair);
    if (known !== undefined) return known;
    const outcome = await this.pool.run({ a, b });
    const ended = outcome.kind === 'reply' ? null : outcome.kind;
    const verdict: Verdict =
      outcome.kind === 'reply'
        ? outcome.reply
        : { verdict: 'undecided', reason: ended === 'timeout' ? 'timeout' : 'worker-died' };
    if (ended !== null) for (const answer of [a, b]) await this.suspect(answer);
    addCapped(this.remembered, pair, verdict);
    return verdict;
  }

  /** Tries one answer of a pair that did not end: an innocent one must not be shunned with the other. */
  private async suspect(answer: string): Promise<void> {
    const outcome = await this.pool.run({ a: answer, b: '0' });
    if (outcome.kind !== 'reply') addCapped(this.poisonous, canonicalKey(answer) ?? '', true);
  }
}

function newGroup(groups: VoteGroup[], answer: string): VoteGroup {
  const group = { answer, count: 0 };
  groups.push(group);
  return group;
}

function addCapped<Value>(map: Map<string, Value>, key: string, value: Value): void {
  const oldest = map.keys().next();
  if (map.size >= REMEMBERED && oldest.done !== true) map.delete(oldest.value);
  map.set(key, value);
}
