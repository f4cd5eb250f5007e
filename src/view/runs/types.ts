/** What the page shows of runs: the list, and the loop of one run. */

import type { Gain } from '../../eval/paired.ts';
import type { IterationSummary, ShownQuestion } from '../../events.ts';
import type { RunState } from '../../store/runs.ts';
import type { Cursor, Estimate, EvalResult, Notice, RoleName, StageName } from '../../types.ts';

/** One line of the list of runs. */
export interface RunCard {
  /** Name of the run's folder; names the run in every other request. */
  id: string;
  state: RunState | 'broken';
  /** Why the folder cannot be read; null if it can. */
  problem: string | null;
  /** ISO 8601; null if the folder cannot be read, as for all fields below. */
  created: string | null;
  model: string | null;
  domain: string | null;
  cursor: Cursor | null;
  /** Number of planned iterations. */
  iterations: number | null;
  /** Held-out mean@k by iteration, the base first. */
  scores: { iteration: number; mean: Estimate }[];
  /** Paired difference of the newest score to the base; null before both are measured on the same questions. */
  gain: Gain | null;
}

/** Numbers of questions of one iteration, from posed to trained on. A stage that has not run yet has null. */
export interface LoopCounts {
  posed: number | null;
  valid: number | null;
  distinct: number | null;
  inBand: number | null;
  trainedOn: number | null;
}

export interface StageView {
  stage: StageName;
  title: string;
  /** The role that is trained or asked; null if no model works in it. */
  role: RoleName | null;
  /** `stopped`: the run is at this stage, and no process works on it. */
  state: 'waiting' | 'running' | 'stopped' | 'done';
  /** Committed steps, and all; null if unknown. */
  done: number;
  steps: number | null;
  /** Seconds of the committed steps; null if none is. */
  seconds: number | null;
  /** Estimated seconds of the remaining steps; null if unknown, or if the stage does not run. */
  remaining: number | null;
  /** The stage's metrics at its end, or of its newest step. */
  metrics: Record<string, number>;
}

/** The closing numbers of an iteration, without the scores of single questions. */
export interface Closing extends Omit<IterationSummary, 'evaluation'> {
  evaluation: Omit<EvalResult, 'perQuestion' | 'perQuestionForced'>;
  /** Paired difference to the base; null for the base. */
  gain: Gain | null;
}

export interface IterationView {
  /** 0 = the base. */
  iteration: number;
  counts: LoopCounts;
  stages: StageView[];
  /** Numbers of dropped questions by reason. */
  dropped: Record<string, number>;
  /** Null while the iteration runs. */
  closing: Closing | null;
}

/** A shown question. `seq` is the number of its event, which is unique with its position there. */
export interface Newest extends ShownQuestion {
  iteration: number;
  stage: StageName;
  seq: number;
  at: number;
}

export interface RunView {
  card: RunCard;
  /** Number of the newest logged event; 0 without a log. */
  seq: number;
  seed: number;
  version: string;
  /** Roles of the loop, in its order. */
  roles: { name: RoleName; title: string }[];
  /** Settings that differ from those of the run's scale, as `name = value`. */
  changed: string[];
  scale: string;
  /** Trains on given answers (`rzero finetune`). */
  supervised: boolean;
  /** Iterations that have begun, the base first. */
  iterations: IterationView[];
  /** The newest shown questions with their votes, newest first. */
  newest: Newest[];
  notices: Notice[];
  /** The chosen iteration; null until the run ends. */
  best: number | null;
  /** Seconds of all sessions, and those of them in the engine. */
  seconds: number;
  engineSeconds: number;
  /** Why the newest session ended early, in one line; null if it did not or does not say. */
  reason: string | null;
}
