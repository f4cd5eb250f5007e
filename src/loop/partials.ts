/**
 * The kinds of partial results that a run keeps: one entry per kind, with the shape that is checked when it is read.
 * `store/partials.ts` reads and writes them. To keep something new between steps, add a kind here.
 */

import { z } from 'zod';
import type { QuestionScore } from '../eval/runner.ts';
import type { JudgeReport } from '../eval/judges/judge-label.ts';
import type { PartialKind } from '../store/partials.ts';
import { storedNotice, storedTally, word } from '../store/shapes.ts';
import type { AnsweredQuestion, Notice, VoteTally } from '../types.ts';

/** The votes on one question of the pool. */
export interface QuestionVotes {
  /** The question's id. */
  id: string;
  tally: VoteTally;
}

/** One planted question with its votes. */
export interface PlantedVotes extends AnsweredQuestion {
  tally: VoteTally;
  /** Whether the majority equals the known answer; null without a majority. */
  correct: boolean | null;
}

const knownAnswer = { text: z.string(), answer: z.string() };

/** Stage 3, a chunk of the pool: the tallies, so that attempts need not be compared again. */
export const POOL_VOTES: PartialKind<QuestionVotes[]> = {
  name: 'vote',
  schema: z.array(z.object({ id: z.string(), tally: storedTally })),
};

/** Stage 3, a chunk of the planted questions. */
export const PLANTED_VOTES: PartialKind<PlantedVotes[]> = {
  name: 'planted',
  schema: z.array(z.object({ ...knownAnswer, tally: storedTally, correct: z.boolean().nullable() })),
};

/** Stage 4: what the judge said of a sample of the labels. */
export const JUDGE_REPORT: PartialKind<JudgeReport> = {
  name: 'judge',
  schema: z.object({
    judged: z.array(
      z.object({
        id: z.string(),
        verdict: word<JudgeReport['judged'][number]['verdict']>(),
        reference: z.string().nullable(),
        reason: word<NonNullable<JudgeReport['judged'][number]['reason']>>().nullable(),
      }),
    ),
    failed: z.number(),
    failure: z.string().nullable(),
  }),
};

/** What the steps of a stage noticed. */
export function stageNotices(stage: Notice['stage']): PartialKind<Notice[]> {
  return { name: `notices/${stage}`, schema: z.array(storedNotice) };
}

/** A chunk of an evaluation: the scores of its questions, in test order. `task` is null for the domain's own test. */
export function taskScores(stage: 'baseline' | 'evaluate', task: string | null): PartialKind<QuestionScore[]> {
  return { name: task === null ? stage : `${stage}:${task}`, schema: z.array(questionScore) };
}

/** Questions with known answers, kept when the run begins, so that a resumed run has the same ones. */
export function knownAnswers(use: 'planted-questions' | 'data'): PartialKind<AnsweredQuestion[]> {
  return { name: use, schema: z.array(z.object(knownAnswer)) };
}

const questionScore: z.ZodType<QuestionScore> = z.object({
  id: z.string(),
  sampled: z.array(z.number()),
  votes: z.array(z.string().nullable()),
  majority: z.number(),
  greedy: z.number(),
  forced: z.array(z.number()).nullable(),
  worked: z.number().nullable(),
  tokens: z.number(),
  truncated: z.number(),
});
