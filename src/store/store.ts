/**
 * The storage of a run. One `commit` is one unit of work: all its rows and the cursor after it become durable together,
 * or not at all. A killed run continues at the cursor. Two implementations (`sqlite`, `memory`) pass one contract suite
 * (`store.contract.ts`). The schema is in `migrations/`; users may read its SQL tables.
 */

import type { RunConfig } from '../config/schema.ts';
import { StoreError } from '../errors.ts';
import type { RunSummary } from '../events.ts';
import { ALL_ROLES } from '../roles.ts';
import type {
  Attempt,
  Cursor,
  EvalResult,
  LabelledQuestion,
  Metric,
  Question,
  RoleName,
  RolloutGroup,
} from '../types.ts';
import type { PartialKind, PartialResult } from './partials.ts';
import type { StepInputs, StepKey, StepRecord } from './steps/step-record.ts';

export interface StoreOptions {
  /** Roles whose weights and rollouts are stored; default: those of `roles.ts`. */
  roles?: readonly string[];
}

export interface RunMeta {
  id: string;
  createdAt: string;
  /** Version of rzero that made the run. */
  version: string;
  config: RunConfig;
}

/** Saved weights that a cursor may refer to. */
export interface WeightsRecord {
  role: RoleName;
  iteration: number;
  /** Optimizer steps taken within the phase. */
  step: number;
  /** The id that the engine gave the state (`StateRef`). */
  state: string;
}

/** How an attempt ended. */
export type AttemptOutcome = Pick<Attempt, 'questionId' | 'vote' | 'stop'>;

/** Everything that one step or chunk adds. */
export interface Unit {
  /** Cursor of the run after this unit. */
  cursor: Cursor;
  questions?: readonly Question[];
  attempts?: readonly Attempt[];
  /** Filter verdicts, votes and labels. */
  labels?: readonly LabelledQuestion[];
  rollouts?: readonly RolloutGroup[];
  /** What the training step of `rollouts` was computed from. */
  trained?: StepInputs;
  metrics?: readonly Metric[];
  evaluation?: EvalResult;
  /** Created by `partialResult`, read by `partials`. */
  partials?: readonly PartialResult[];
  weights?: WeightsRecord;
  /** A phase that was rolled back: all its weights are removed, as if it had not been trained. */
  forget?: Pick<WeightsRecord, 'role' | 'iteration'>;
  summary?: RunSummary;
  /** A new number of planned iterations: changes the run's config, and discards its summary. */
  iterations?: number;
  /** New settings of the engine, for the rest of the run: replace those in its config. */
  engine?: RunConfig['engine'];
}

/** How the work of one process on a run ended. */
export interface SessionEnd {
  /** `failed`: with an error. */
  outcome: RunSummary['outcome'] | 'failed';
  /** The error's message, or why the run ended early; otherwise empty. */
  reason: string;
}

/** The work of one process on a run. */
export interface Session {
  /** From 1. */
  number: number;
  /** ISO 8601. */
  startedAt: string;
  endedAt: string | null;
  /** Null: the process still works, or it ended without a record (a kill, a crash, a power cut). */
  end: SessionEnd | null;
}

export interface RunStore {
  /** Absolute folder of the run. */
  readonly dir: string;
  meta(): RunMeta;
  cursor(): Cursor;
  /** Throws StoreError if the run was moved, deleted, replaced or taken over. `commit` checks it too. */
  check(): void;
  /** Records that this process begins to work on the run. Returns a function that records how that ended. */
  beginSession(): (end: SessionEnd) => void;
  /** Returns all sessions in order; runs made before sessions were recorded lack those. */
  sessions(): Session[];
  /** Throws StoreError, and stores nothing, for a role that the store was not opened for. */
  commit(unit: Unit): void;
  questions(filter: { iteration: number; origin: Question['origin'] }): Question[];
  /** Returns the texts of all pool questions of earlier iterations, to find duplicates. */
  earlierQuestionTexts(beforeIteration: number): string[];
  attempts(filter: { iteration: number }): Attempt[];
  /** Same as `attempts` at the questions of a pool, without their texts, which may not fit into memory. */
  poolOutcomes(iteration: number): AttemptOutcome[];
  labels(iteration: number): LabelledQuestion[];
  rollouts(filter: { role: RoleName; iteration: number; step?: number }): RolloutGroup[];
  /** Returns what a training step was computed from; null if the run does not keep it (`keep.tokens`). */
  trainingStep(key: StepKey): StepRecord | null;
  metrics(filter?: { iteration?: number; stage?: string; name?: string }): Metric[];
  evaluations(): EvalResult[];
  /** Returns the partial results of a kind by step. Throws StoreError if one cannot be read as this kind. */
  partials<T>(kind: PartialKind<T>, iteration: number): { step: number; value: T }[];
  /** Returns the newest weights of a role in an iteration, or null. */
  weights(role: RoleName, iteration: number): WeightsRecord | null;
  allWeights(): WeightsRecord[];
  summary(): RunSummary | null;
  close(): void;
}

/** Default roles of a store. */
export const ROLE_NAMES: readonly string[] = ALL_ROLES.map(({ name }) => name);

/** Throws StoreError if a unit has weights or rollouts of a role that is not in `roles`. */
export function checkRoles({ weights, trained, rollouts = [] }: Unit, roles: readonly string[]): void {
  const named = [weights, trained, ...rollouts].filter((one) => one !== undefined);
  const unknown = named.find(({ role }) => !roles.includes(role));
  if (unknown === undefined) return;
  throw new StoreError(
    `The run does not store the role ${unknown.role}; its roles are ${roles.join(', ')}.`,
    'Add the role to the table in src/roles.ts, or open the store with its name in the option roles.',
  );
}
