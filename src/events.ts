/**
 * The one stream of a run: the terminal, the event log and library users read it. Events are plain JSON. They report
 * what happened and are never read back to make decisions; the database is the source of truth.
 */

import type { AdapterShape, Cursor, EvalResult, Notice, RoleName, StageName, VoteGroup } from './types.ts';

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
  /** What planted questions and a judge say about the labels; absent where the run has neither. */
  audit?: LabelAudit;
}

/** A share of right labels, and of how many. */
export interface AuditedShare {
  accuracy: number;
  of: number;
}

export interface LabelAudit {
  /** Majorities of the planted questions within the filter's band. */
  planted: AuditedShare | null;
  /** The judge's decided verdicts on kept labels. */
  judge: (AuditedShare & { undecided: number; failed: number }) | null;
}

/** What a run came to. */
export interface RunSummary {
  runId: string;
  runDir: string;
  iterations: IterationSummary[];
  /** Iteration chosen by the label-free criterion; its weights are in `best/`. */
  best: number;
  /** `finished`, or stopped by the user, or ended early: too few questions passed, or a monitor saw a collapse. */
  outcome: 'finished' | 'stopped' | 'too-few-questions' | 'collapsed';
  seconds: number;
  /** Seconds in sampling, scoring and training (the engine), out of `seconds`. */
  engineSeconds: number;
  explanation: string;
  /** The run trained on given answers (`rzero finetune`) instead of evolving. */
  supervised?: true;
  /** What the run noticed and did on its own, in order; absent where there was nothing. */
  notices?: Notice[];
}

/** One sampled question with its votes, for showing. */
export interface ShownQuestion {
  text: string;
  votes: VoteGroup[];
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
      /** Of the base, without an adapter's. */
      parameters: number;
      /** What is trained over the frozen base; null: every parameter is. */
      adapter: AdapterShape | null;
      domain: string;
      iterations: number;
      seed: number;
      threads: number;
      resumedFrom: Cursor | null;
    }
  /** `title`: what the stage does here, where that is not what its name says. */
  | { type: 'stage-start'; iteration: number; stage: StageName; steps: number; done: number; title?: string }
  /** Within a step: `done` of `total` completions (or examples) of `what`. */
  | {
      type: 'progress';
      iteration: number;
      stage: StageName;
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
      stage: StageName;
      step: number;
      steps: number;
      seconds: number;
      remainingSeconds: number | null;
      metrics: Record<string, number>;
    }
  | { type: 'questions'; iteration: number; stage: StageName; shown: ShownQuestion[] }
  /** The numbers that describe the whole stage. */
  | { type: 'stage-end'; iteration: number; stage: StageName; seconds: number; metrics: Record<string, number> }
  | { type: 'evaluation'; result: EvalResult }
  | { type: 'iteration-end'; summary: IterationSummary }
  /** `state`: the id that the engine gave the saved weights. */
  | { type: 'weights-saved'; role: RoleName; iteration: number; step: number; state: string }
  | { type: 'warning'; message: string }
  /** The run noticed something by itself, and may have acted on it; durable before it is reported. */
  | { type: 'notice'; notice: Notice }
  | { type: 'run-end'; summary: RunSummary };

/** Format of stamped events. It changes when an older reader would misread them. */
export const EVENT_FORMAT = 1;

/** What every event carries besides what happened. */
export interface EventStamp {
  /** `EVENT_FORMAT` of the version that wrote it. */
  v: number;
  /** The run's id; null before the run has one (`download`). */
  run: string | null;
  /**
   * Logged events are numbered from 1, without gaps, over all sessions of a run. A passing event (`isPassing`) carries
   * the number of the logged event before it, 0 before the first.
   */
  seq: number;
  /** ISO 8601, UTC. */
  at: string;
}

/** An event as readers get it: from the library's iterator, from `--json`, and from the event log. */
export type StampedEvent = EventStamp & RunEvent;

/** Whether an event is about the moment only: it is not logged, and a reader that is behind may miss it. */
export function isPassing({ type }: Pick<RunEvent, 'type'>): boolean {
  return type === 'progress' || type === 'download';
}

/** What a run's parts call to report an event. */
export type Emit = (event: RunEvent) => void;
