/** What the page shows of runs: the list, and the loop of one run. */

import type { IterationSummary, RunSummary, ShownQuestion } from '../../events.ts';
import type { RunState } from '../../store/runs.ts';
import type { Cursor, Estimate, Notice, RoleName, StageName } from '../../types.ts';

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
  /** The role that is trained or asked. */
  role: RoleName | null;
  state: 'waiting' | 'running' | 'done';
  /** Committed steps, and all; null if unknown. */
  done: number;
  steps: number | null;
  /** Seconds of the committed steps. */
  seconds: number | null;
  /** The stage's metrics at its end, or of its newest step. */
  metrics: Record<string, number>;
}

export interface IterationView {
  iteration: number;
  counts: LoopCounts;
  stages: StageView[];
  /** Numbers of dropped questions by reason. */
  dropped: Record<string, number>;
  /** The closing numbers; null while the iteration runs. */
  summary: IterationSummary | null;
}

export interface RunView {
  card: RunCard;
  seed: number;
  version: string;
  /** Settings that differ from the defaults, as `name = value`. */
  changed: string[];
  iterations: IterationView[];
  /** The newest shown questions with their votes, newest first. */
  newest: ({ iteration: number; stage: StageName } & ShownQuestion)[];
  notices: Notice[];
  summary: RunSummary | null;
  /** Why the newest session failed or stopped; null if there is no such record. */
  reason: string | null;
}
