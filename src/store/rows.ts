/** Converts rows of `run.db` to the types of `types.ts`. Column names are those of the schema. */

import type { Attempt, LabelledQuestion, Question, RoleName, Rollout, RolloutGroup } from '../types.ts';
import { storedGroups } from './shapes.ts';
import type { Session, SessionEnd } from './store.ts';
import { recordedGroups, type StepRecord } from './steps/step-record.ts';
import { floatLists, tokenLists } from './steps/token-blobs.ts';

export interface QuestionRow {
  id: string;
  iteration: number;
  origin: Question['origin'];
  step: number;
  position: number;
  text: string;
  claimed: string | null;
  completion: string;
  invalid: Question['invalid'];
}

export function toQuestion(row: QuestionRow): Question {
  const { id, iteration, origin, step, position, text, claimed, completion, invalid } = row;
  return { id, iteration, origin, step, index: position, text, claimed, completion, invalid };
}

export interface AttemptRow {
  question_id: string;
  position: number;
  completion: string;
  vote: string | null;
  tokens: number;
  stop: Attempt['stop'];
  wording: string | null;
}

export function toAttempt(row: AttemptRow): Attempt {
  const { question_id: questionId, position: index, completion, vote, tokens, stop, wording } = row;
  return { questionId, index, completion, vote, tokens, stop, ...(wording === null ? {} : { wording }) };
}

/** A row of `labels` joined to its question. */
export interface LabelRow extends QuestionRow {
  label: string | null;
  agreement: number;
  unanswered: number;
  attempts: number;
  tally: string;
  dropped: LabelledQuestion['dropped'];
  truth: string | null;
  label_correct: number | null;
}

export function toLabelled(row: LabelRow): LabelledQuestion {
  const groups = storedGroups.parse(JSON.parse(row.tally));
  const { label, agreement, unanswered, attempts, dropped, truth } = row;
  const labelCorrect = row.label_correct === null ? null : row.label_correct === 1;
  return {
    question: toQuestion(row),
    tally: { groups, label, agreement, unanswered, attempts },
    dropped,
    truth,
    labelCorrect,
  };
}

export interface GroupRow {
  role: RoleName;
  iteration: number;
  step: number;
  group_index: number;
  prompt: string;
  label: string | null;
}

export interface RolloutRow {
  completion: string;
  tokens: number;
  stop: Rollout['stop'];
  reward: number | null;
  parts: string;
  advantage: number | null;
}

export function toGroup(row: GroupRow, rollouts: readonly RolloutRow[]): RolloutGroup {
  const { role, iteration, step, group_index: group, prompt, label } = row;
  return { role, iteration, step, group, prompt, label, rollouts: rollouts.map(toRollout) };
}

function toRollout(row: RolloutRow): Rollout {
  const parts: Record<string, number> = JSON.parse(row.parts);
  const { completion, tokens, stop } = row;
  return { completion, tokens, stop, reward: row.reward ?? Number.NaN, parts, advantage: row.advantage ?? Number.NaN };
}

export interface SessionRow {
  number: number;
  started_at: string;
  ended_at: string | null;
  outcome: SessionEnd['outcome'] | null;
  reason: string | null;
}

export function toSession(row: SessionRow): Session {
  const { number, started_at: startedAt, ended_at: endedAt, outcome, reason } = row;
  return { number, startedAt, endedAt, end: outcome === null ? null : { outcome, reason: reason ?? '' } };
}

export interface StepRow {
  role: RoleName;
  iteration: number;
  step: number;
  settings: string;
  weights: string;
  reference: string | null;
}

export interface TokensRow {
  prompt: Uint8Array;
  completions: Uint8Array;
  logprobs: Uint8Array;
}

export function toStep(row: StepRow, groups: readonly TokensRow[], rollouts: readonly RolloutGroup[]): StepRecord {
  const { role, iteration, step } = row;
  const settings: StepRecord['settings'] = JSON.parse(row.settings);
  const weights: StepRecord['weights'] = JSON.parse(row.weights);
  const reference: StepRecord['reference'] = row.reference === null ? null : JSON.parse(row.reference);
  const tokens = groups.map(({ prompt, completions, logprobs }) => {
    const lists = tokenLists(completions);
    const floats = floatLists(
      logprobs,
      lists.map(({ length }) => length),
    );
    const sampled = lists.map((list, at) => ({ tokens: list, logprobs: floats[at] }));
    return { prompt: tokenLists(prompt)[0], completions: sampled };
  });
  return { role, iteration, step, settings, weights, reference, groups: recordedGroups(tokens, rollouts) };
}
