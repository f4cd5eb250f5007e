/**
 * Runs untrusted programs in worker threads that are ended at a deadline. Each thread holds a warm interpreter, so that
 * an ordinary call takes about a millisecond; two threads are kept, so that one can be started again while the other
 * works. What a program may do is in `run-program.ts`, its limits in `verdict.ts`.
 */

import { WorkerPool } from '../../../answers/workers/worker-pool.ts';
import { canonicalData } from '../literal.ts';
import { LIMITS, type ProgramCall, type Verdict } from './verdict.ts';

export interface SandboxOptions {
  /** Milliseconds per call, for both of its runs. Default 5000: a guard against native loops, which count no steps. */
  deadlineMs?: number;
  /** Number of threads. Default 2. */
  threads?: number;
}

/** A thread's own stack, in MB: far more than the interpreter's limit needs. */
const STACK_MB = 16;
/** Verdicts that are kept; the oldest are removed first. */
const REMEMBERED = 8192;

interface Lane {
  pool: WorkerPool<ProgramCall, Verdict>;
  waiting: number;
}

/** See the header. Close it when done. */
export class Sandbox {
  private readonly lanes: readonly Lane[];
  private readonly known = new Map<string, Promise<Verdict>>();

  constructor({ deadlineMs = 5000, threads = 2 }: SandboxOptions = {}) {
    const url = new URL('./sandbox-worker.ts', import.meta.url);
    this.lanes = Array.from({ length: threads }, () => ({
      pool: new WorkerPool(url, { deadlineMs, stackMb: STACK_MB, name: 'the sandbox' }),
      waiting: 0,
    }));
  }

  /** Number of threads started so far. */
  get started(): number {
    return this.lanes.reduce((sum, { pool }) => sum + pool.started, 0);
  }

  /**
   * Calls the program's function `f` with one argument list (`3, [1, 2]`, in canonical form) in a new interpreter.
   *
   * @throws GradingError if a thread cannot start, or after `close`
   */
  call(program: string, input: string): Promise<Verdict> {
    if (program.length > LIMITS.program) return Promise.resolve({ kind: 'no-function' });
    const key = JSON.stringify([program, input]);
    const before = this.known.get(key);
    if (before !== undefined) return before;
    const verdict = this.callNow({ program, input });
    const oldest = this.known.keys().next();
    if (this.known.size >= REMEMBERED && oldest.done !== true) this.known.delete(oldest.value);
    this.known.set(key, verdict);
    return verdict;
  }

  /**
   * Returns the values of the function for several argument lists, in order, or the first verdict that is no value: the
   * calls after it are not made. Throws like `call`.
   */
  async values(program: string, inputs: readonly string[]): Promise<string[] | Exclude<Verdict, { kind: 'value' }>> {
    const values: string[] = [];
    for (const input of inputs) {
      const verdict = await this.call(program, input);
      if (verdict.kind !== 'value') return verdict;
      values.push(verdict.value);
    }
    return values;
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await Promise.all(this.lanes.map(({ pool }) => pool.close()));
  }

  private async callNow(call: ProgramCall): Promise<Verdict> {
    const lane = this.lanes.reduce((best, one) => (one.waiting < best.waiting ? one : best));
    lane.waiting++;
    try {
      const outcome = await lane.pool.run(call);
      if (outcome.kind === 'reply') return checked(outcome.reply);
      return { kind: 'stopped', why: outcome.kind === 'timeout' ? 'deadline' : 'broken' };
    } finally {
      lane.waiting--;
    }
  }
}

/** Writes the value again in canonical form: what comes from the interpreter is not trusted to have it. */
function checked(verdict: Verdict): Verdict {
  if (verdict.kind !== 'value') return verdict;
  const value = canonicalData(verdict.value);
  return value === null ? { kind: 'no-data' } : { kind: 'value', value };
}
