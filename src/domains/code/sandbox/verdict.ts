/** What the sandbox says of one call of a program's function `f`, and the limits of a call. */

/** Why a call was stopped. */
export type StopReason =
  /** It took more steps of the interpreter than it may. The same on every machine. */
  | 'steps'
  /** The thread did not reply before the deadline: a native loop that counts no steps. Depends on the machine. */
  | 'deadline'
  /** The interpreter or its thread broke. */
  | 'broken';

/** The result of one call. Every verdict on an untrusted program is data, never an error. */
export type Verdict =
  /** It returned plain data, written as in `literal.ts`. */
  | { kind: 'value'; value: string }
  /** It threw, or ran out of memory or of stack. */
  | { kind: 'throws' }
  /** It returned something that is no plain data, or too much of it. */
  | { kind: 'no-data' }
  /** Two runs returned different values. */
  | { kind: 'unstable' }
  /** The program defines no function `f`, or does not even run. */
  | { kind: 'no-function' }
  | { kind: 'stopped'; why: StopReason };

/** A program, and the arguments to call its function `f` with, written as in `literal.ts`. */
export interface ProgramCall {
  program: string;
  input: string;
}

/** Limits of one run. All but the deadline are counted, so that a verdict does not depend on the machine. */
export const LIMITS = {
  /** Bytes of the interpreter's heap. */
  memory: 16 * 1024 * 1024,
  /** Bytes of the interpreter's stack; the thread's own stack has room for more, so that this limit is reached first. */
  stack: 256 * 1024,
  /** Interrupts of the interpreter; it counts one per 10,000 jumps, calls and steps of a regular expression. */
  interrupts: 1000,
  /** Characters of a program. */
  program: 4000,
  /** Characters of an argument list, and of a value. */
  data: 2000,
} as const;
