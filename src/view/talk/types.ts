/** What the page sends to ask models, and the events that answer it. */

import type { ModelRole, Role } from '../../types.ts';

/** A model that can be asked. */
export interface TalkModel {
  /** Its name in requests. */
  id: string;
  role: ModelRole;
  /** Null for a model folder. */
  run: string | null;
  /** Null for a run's best or newest model, and for a model folder. */
  iteration: number | null;
}

export interface TalkRequest {
  /** Names of the models, in the order of their columns. */
  models: string[];
  /** `solver`: the models answer the question. `challenger`: they pose one. */
  role: Role;
  /** Empty if they pose one. */
  question: string;
  /** Samples per model. */
  samples: number;
  /** Null: as in the run's training. */
  temperature: number | null;
  /** The same seed gives the same answers; null draws one. */
  seed: number | null;
}

/** Answers that count as equal. */
export interface TalkVote {
  answer: string;
  count: number;
  /** Whether the oracle gives this answer; null if it gives none. */
  isTrue: boolean | null;
}

/** `at` is the index of the model in the request, `sample` that of the sample. */
export type TalkEvent =
  /** A model is open. `truth`: the oracle's answer to the question; null if there is none. */
  | { kind: 'open'; at: number; truth: string | null }
  | { kind: 'text'; at: number; sample: number; text: string }
  | ({ kind: 'end'; at: number; sample: number; tokens: number; stop: 'stop' | 'length' } & TalkReading)
  /** All samples of a Solver have ended: the votes, most first. */
  | { kind: 'votes'; at: number; votes: TalkVote[]; unanswered: number }
  /** The model cannot be asked. */
  | { kind: 'failed'; at: number; message: string }
  | { kind: 'done'; seed: number };

/** What the domain reads from a text: the final answer, or the posed question. */
export interface TalkReading {
  /** Null if there is none. */
  reading: string | null;
  /** The oracle's answer to a posed question; null if there is none. */
  truth: string | null;
  /** Why a posed question is not valid; null if it is. */
  invalid: string | null;
}
