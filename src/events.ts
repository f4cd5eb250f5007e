/**
 * The events of a run, for the terminal, the event log and library users. Events are plain JSON. They only report what
 * happened: the database is the source of truth, and no decision reads events back.
 */

import type {
  AdapterShape,
  Cursor,
  DeviceName,
  EngineUsage,
  Estimate,
  EvalResult,
  Notice,
  QualityResult,
  RoleName,
  StageName,
  VoteGroup,
} from './types.ts';

/** One row of the summary table. */
export interface IterationSummary {
  /** 0 = the base model. */
  iteration: number;
  evaluation: EvalResult;
  /** Questions kept for training; null for the base. */
  kept: number | null;
  /** Mean agreement of the pool questions that got votes. */
  agreement: number | null;
  /** The kept labels by what the oracle says of them; null without an oracle, and if the labels are given. */
  labels: LabelCounts | null;
  /**
   * Share of right labels among the kept ones whose question has an answer; null without an oracle. `labels` counts all
   * of them.
   */
  labelAccuracy: number | null;
  /** Mean difficulty (e.g. operations) of the valid pool questions that have one; null if the domain does not measure it. */
  difficulty: number | null;
  /** Audit of the labels by planted questions, a judge and other wordings; absent without all of them. */
  audit?: LabelAudit;
}

/** Numbers of labels. The labels that are neither right nor on ill-posed questions are wrong. */
export interface LabelCounts {
  labels: number;
  /** Labels that equal the oracle's answer. */
  right: number;
  /** Labels on questions to which the oracle has no answer. No such label is right. */
  illPosed: number;
  /** Code computed the labels, so that all are right; absent for votes. */
  computed?: true;
}

/** Accuracy, and the number of labels that it is computed from; 0 of 0 labels. */
export interface AuditedShare {
  accuracy: number;
  of: number;
}

/** Audits of an iteration's labels. */
export interface LabelAudit {
  /** Majority answers to the planted questions inside the filter's band. */
  planted: AuditedShare | null;
  /** The judge's verdicts on kept labels. The accuracy is of the decided verdicts only. */
  judge: (AuditedShare & { undecided: number; failed: number }) | null;
  /** Kept labels that the votes on other wordings confirm, of those with other wordings; absent without this audit. */
  views?: ConfirmedShare;
}

/** Share of confirmed labels with its 95 % interval, and the number of labels that it is computed from. */
export interface ConfirmedShare extends Estimate {
  of: number;
}

/** One row of the summary table of a run on an open domain. */
export interface OpenIteration {
  /** 0 = the base model. */
  iteration: number;
  result: QualityResult;
  /** Tasks kept for training; null for the base. */
  kept: number | null;
}

/** The result of a run. */
export interface RunSummary {
  runId: string;
  runDir: string;
  iterations: IterationSummary[];
  /** The rows of a run on an open domain that measured held-out tasks; absent in other runs. */
  open?: OpenIteration[];
  /** Best iteration, chosen without labels. Its weights are in `best/`, unless a service keeps them to itself. */
  best: number;
  /** `stopped` by the user; `too-few-questions` passed the filter; `collapsed`: a monitor ended the run. */
  outcome: 'finished' | 'stopped' | 'too-few-questions' | 'collapsed';
  seconds: number;
  /** Part of `seconds` that the engine spent on sampling, scoring and training. */
  engineSeconds: number;
  /** Why the run ended early; empty otherwise. */
  explanation: string;
  /** The run was supervised training (`rzero finetune`). */
  supervised?: true;
  /** Notices, in order; absent if there are none. */
  notices?: Notice[];
  /** What all sessions used of the engine's service; absent if the engine does not count it. */
  usage?: EngineUsage;
  /** The limit in `engine.budget` that stopped the run. */
  budgetSpent?: 'tokens' | 'cost';
}

/** A question with its votes, for display. */
export interface ShownQuestion {
  text: string;
  votes: VoteGroup[];
  attempts: number;
  label: string | null;
  truth: string | null;
  /** The domain has an oracle, which has no answer to the question. */
  illPosed?: true;
}

/** Everything that a run reports. */
export type RunEvent =
  /** Progress of downloading the base model, before the run starts. */
  | {
      type: 'download';
      /** Name on the hub. */
      model: string;
      /** The current file. */
      file: string;
      /** Downloaded bytes of all files. */
      done: number;
      /** Bytes of all files; null if the hub does not report it. */
      total: number | null;
      bytesPerSecond: number | null;
    }
  | {
      type: 'run-start';
      runId: string;
      runDir: string;
      model: string;
      /** Parameters of the base model, without an adapter; null if the engine does not know it. */
      parameters: number | null;
      /** Adapter that is trained on the frozen base model; null = all parameters are trained. */
      adapter: AdapterShape | null;
      domain: string;
      iterations: number;
      seed: number;
      threads: number;
      resumedFrom: Cursor | null;
      /** Address of the service that samples and trains, if it is not this machine. */
      service?: string;
      /** What earlier sessions used of it. */
      usage?: EngineUsage;
    }
  /** Where models run in this session, and why; absent if that is the processor and nothing was chosen. */
  | { type: 'device'; device: DeviceName; adapter: string | null; reason: string }
  /**
   * What the engine found out about its service when it was opened, and what it does about it; `message` is that in one
   * sentence.
   */
  | { type: 'service'; service: string; message: string; findings: Record<string, unknown> }
  /** The service keeps the run waiting, since so many seconds. */
  | { type: 'waiting'; service: string; reason: string; seconds: number }
  /** The run has another number of iterations than before (`rzero resume --iterations`). */
  | { type: 'iterations-changed'; from: number; to: number }
  /** `title` replaces the stage's usual description. */
  | { type: 'stage-start'; iteration: number; stage: StageName; steps: number; done: number; title?: string }
  /** Progress within a step: `done` of `total` completions (or examples) of `what`. */
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
  /** A step was committed. */
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
  /** A stage ended. The metrics describe the whole stage. */
  | { type: 'stage-end'; iteration: number; stage: StageName; seconds: number; metrics: Record<string, number> }
  | { type: 'evaluation'; result: EvalResult }
  /** The held-out tasks of an open domain were measured, in the place of `evaluation`. */
  | { type: 'quality'; result: QualityResult }
  | { type: 'iteration-end'; summary: IterationSummary }
  /** `state`: the engine's id of the saved weights. */
  | { type: 'weights-saved'; role: RoleName; iteration: number; step: number; state: string }
  | { type: 'warning'; message: string }
  /** A notice, emitted after it was committed. */
  | { type: 'notice'; notice: Notice }
  | { type: 'run-end'; summary: RunSummary }
  /** The session failed with an error. `code` is that of an `RzeroError`, otherwise null. */
  | { type: 'run-failed'; runId: string; runDir: string; code: string | null; message: string };

/** Version of the event format. It changes when older readers would misread events. */
export const EVENT_FORMAT = 1;

/** Fields of every event. */
export interface EventStamp {
  /** `EVENT_FORMAT` of the writer. */
  v: number;
  /** The run's id; null before the run has one (`download`, `waiting`). */
  run: string | null;
  /**
   * Sequence number. Logged events are numbered from 1 without gaps, over all sessions of a run. A passing event
   * (`isPassing`) has the number of the logged event before it; 0 before the first.
   */
  seq: number;
  /** Time, as ISO 8601 in UTC. */
  at: string;
}

/** An event as readers receive it, from the library, from `--json` or from the event log. */
export type StampedEvent = EventStamp & RunEvent;

/** Returns whether an event is transient: it is not logged, and a slow reader may miss it. */
export function isPassing({ type }: Pick<RunEvent, 'type'>): boolean {
  return type === 'progress' || type === 'download' || type === 'waiting';
}

/** Emits an event. */
export type Emit = (event: RunEvent) => void;
