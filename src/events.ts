/**
 * The one stream that terminal, store log and library users read. Events are plain JSON. They tell
 * what happened; they are never read back to decide anything (the store is the truth).
 */

import type { Cursor, EvalResult, Role, Stage } from './types.ts';

/** One row of the closing table. */
export interface IterationSummary {
  /** 0 is the base model. */
  iteration: number;
  evaluation: EvalResult;
  /** Questions kept for training; null for the base. */
  kept: number | null;
  /** Mean agreement of the valid pool questions. */
  agreement: number | null;
  /** Oracle accuracy of the kept labels; null where the domain has no oracle. */
  labelAccuracy: number | null;
  /** Domain's difficulty measure of the pool (e.g. mean operations), null where it has none. */
  difficulty: number | null;
}

/** What a run came to. */
export interface RunSummary {
  runId: string;
  runDir: string;
  iterations: IterationSummary[];
  /** Iteration chosen by the label-free criterion; its weights are in `best/`. */
  best: number;
  /** `finished`, or stopped by the user, or ended early because too few questions passed. */
  outcome: 'finished' | 'stopped' | 'too-few-questions';
  seconds: number;
  /** Seconds in sampling, scoring and training (the engine), out of `seconds`. */
  engineSeconds: number;
  explanation: string;
}

/** One sampled question with its votes, for showing. */
export interface ShownQuestion {
  text: string;
  votes: { answer: string; count: number }[];
  attempts: number;
  label: string | null;
  truth: string | null;
}

export type RunEvent =
  /** The base model arrives from the hub, before the run starts. */
  | {
      type: 'download';
      /** Name on the hub. */
      model: string;
      /** The file that is arriving. */
      file: string;
      /** Bytes that are there, of all files. */
      done: number;
      /** Null where the hub does not say. */
      total: number | null;
      bytesPerSecond: number | null;
    }
  | {
      type: 'run-start';
      runId: string;
      runDir: string;
      model: string;
      parameters: number;
      domain: string;
      iterations: number;
      seed: number;
      threads: number;
      resumedFrom: Cursor | null;
    }
  | { type: 'stage-start'; iteration: number; stage: Stage; steps: number; done: number }
  /** Within a step: `done` of `total` completions (or examples) of `what`. */
  | {
      type: 'progress';
      iteration: number;
      stage: Stage;
      step: number;
      steps: number;
      what: string;
      done: number;
      total: number;
      tokensPerSecond: number | null;
    }
  /** A step is committed. */
  | {
      type: 'step';
      iteration: number;
      stage: Stage;
      step: number;
      steps: number;
      seconds: number;
      remainingSeconds: number | null;
      metrics: Record<string, number>;
    }
  | { type: 'questions'; iteration: number; stage: Stage; shown: ShownQuestion[] }
  /** The telling numbers of the whole stage. */
  | { type: 'stage-end'; iteration: number; stage: Stage; seconds: number; metrics: Record<string, number> }
  | { type: 'evaluation'; result: EvalResult }
  | { type: 'iteration-end'; summary: IterationSummary }
  | { type: 'weights-saved'; role: Role; iteration: number; step: number; path: string }
  | { type: 'warning'; message: string }
  | { type: 'run-end'; summary: RunSummary };

export type Emit = (event: RunEvent) => void;
