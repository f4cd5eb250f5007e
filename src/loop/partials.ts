/**
 * The kinds of partial results that a run stores, each with the schema that is checked on reading. `store/partials.ts`
 * reads and writes them. To store something new between steps, add a kind here.
 */

import { z } from 'zod';
import type { QuestionScore } from '../eval/runner.ts';
import type { JudgeReport } from '../eval/judges/judge-label.ts';
import type { PartialKind } from '../store/partials.ts';
import { storedNotice, storedTally, word } from '../store/shapes.ts';
import type { QuestionWithAnswer, Notice, VoteTally } from '../types.ts';
import type { ViewSplit, VotedAttempt } from './pool/voting.ts';
import type { Entrance } from './verifier/entrance.ts';

/** The votes on one question of the pool. */
export interface QuestionVotes {
  /** The question's id. */
  id: string;
  tally: VoteTally;
  /** What its other wordings say; null if it has none, absent if none were asked. */
  views?: ViewSplit | null;
}

/** One planted question with its votes. */
export interface PlantedVotes extends QuestionWithAnswer {
  tally: VoteTally;
  /** Whether the majority answer equals the known answer; null without a majority answer. */
  correct: boolean | null;
  /** What its other wordings say, as for a question of the pool. */
  views?: ViewSplit | null;
  /** The attempts, in a run with a Verifier, which judges them. */
  attempts?: VotedAttempt[];
}

/** A label, and the votes on other wordings of its question. */
export interface AuditedByViews {
  /** The question's id. */
  id: string;
  label: string;
  /** Agreement of the votes that gave the label. */
  agreement: number;
  /** Whether the label is right; null if unknown. */
  correct: boolean | null;
  /** Other wordings with the answers to them, mapped back; `forLabel`: how many of these name the label. */
  wordings: { kind: string; text: string; votes: (string | null)[]; forLabel: number }[];
  /** The votes on all wordings. */
  tally: VoteTally;
  /** Whether the majority of the votes on all views names the label; null without views. */
  confirmed: boolean | null;
}

/** User code that a run depends on. */
export interface CodePart {
  /** Option that provides it: `domain`, `rewards.challenger`, `grader`, `tasks.NAME`, … */
  part: string;
  /** Name of the object or function, for messages. */
  name: string;
  /** Hash of its module, or the version set by its author; null = neither. */
  version: string | null;
  /** Path of its module; null if it was passed as an object. */
  path: string | null;
}

/** The questions of a benchmark, as first evaluated. */
export interface TaskData {
  task: string;
  /** The file, or the data set with its commit. */
  from: string;
  /** Digest of all questions (`LoadedTask.digest`). */
  digest: string;
}

const knownAnswer = { text: z.string(), answer: z.string(), also: z.array(z.string()).optional() };

const views = z.object({ agree: z.boolean(), own: z.number(), others: z.number() }).nullable().optional();

/** Stage 3: the tallies of a chunk of the pool, so that answers are compared only once. */
export const POOL_VOTES: PartialKind<QuestionVotes[]> = {
  name: 'vote',
  schema: z.array(z.object({ id: z.string(), tally: storedTally, views })),
};

/** Stage 3: a chunk of the planted questions. */
export const PLANTED_VOTES: PartialKind<PlantedVotes[]> = {
  name: 'planted',
  schema: z.array(
    z.object({
      ...knownAnswer,
      tally: storedTally,
      correct: z.boolean().nullable(),
      views,
      attempts: z
        .array(z.object({ completion: z.string(), vote: z.string().nullable(), wording: z.string().optional() }))
        .optional(),
    }),
  ),
};

/** What the Verifier says of the votes on one question. */
export interface QuestionVerdicts {
  /** The question's id. */
  id: string;
  /** Of its attempts in order, 0..1. */
  scores: number[];
  /** The votes, with the weights that the run uses. */
  tally: VoteTally;
  accepted: boolean;
  /** Mean score of the attempts that give the label, 0..1. */
  support: number;
}

/** Stage `verify`: a chunk of the pool. */
export const VERDICTS: PartialKind<QuestionVerdicts[]> = {
  name: 'verdicts',
  schema: z.array(
    z.object({
      id: z.string(),
      scores: z.array(z.number()),
      tally: storedTally,
      accepted: z.boolean(),
      support: z.number(),
    }),
  ),
};

/** What the Verifier says of the votes on a planted question. */
export interface PlantedVerdicts extends Pick<QuestionVerdicts, 'tally' | 'accepted'> {
  /** Its place among the planted questions. */
  at: number;
  /** Whether the label of this tally equals the known answer; null without a label. */
  correct: boolean | null;
}

/** Stage `verify`: a chunk of the planted questions. */
export const PLANTED_VERDICTS: PartialKind<PlantedVerdicts[]> = {
  name: 'planted-verdicts',
  schema: z.array(
    z.object({ at: z.number(), tally: storedTally, accepted: z.boolean(), correct: z.boolean().nullable() }),
  ),
};

const concordance = z.object({ share: z.number().nullable(), low: z.number().nullable() });

/** Stage `verify`: the entrance test of the Verifier. */
export const ENTRANCE: PartialKind<Entrance> = {
  name: 'entrance',
  schema: z.object({
    passes: z.boolean(),
    caught: z.record(z.string(), z.number().nullable()),
    consensus: concordance,
    likelihood: concordance,
    stable: z.number().nullable(),
    failures: z.array(z.string()),
  }),
};

/** Stage 4: the judge's verdicts on a sample of the labels. */
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

const auditedByViews: z.ZodType<AuditedByViews> = z.object({
  id: z.string(),
  label: z.string(),
  agreement: z.number(),
  correct: z.boolean().nullable(),
  wordings: z.array(
    z.object({ kind: z.string(), text: z.string(), votes: z.array(z.string().nullable()), forLabel: z.number() }),
  ),
  tally: storedTally,
  confirmed: z.boolean().nullable(),
});

/** Stage 4: a chunk of the kept questions, asked again in other words. */
export const VIEWS_AUDIT: PartialKind<AuditedByViews[]> = { name: 'views', schema: z.array(auditedByViews) };

/** Stage 4: a chunk of the planted questions, asked again in other words. */
export const PLANTED_VIEWS: PartialKind<AuditedByViews[]> = { name: 'planted-views', schema: z.array(auditedByViews) };

/** Returns the kind for the notices of a stage. */
export function stageNotices(stage: Notice['stage']): PartialKind<Notice[]> {
  return { name: `notices/${stage}`, schema: z.array(storedNotice) };
}

/** Returns the kind for a chunk of evaluation scores, in test order. `task`: null for the domain's own test. */
export function taskScores(stage: 'baseline' | 'evaluate', task: string | null): PartialKind<QuestionScore[]> {
  return { name: task === null ? stage : `${stage}:${task}`, schema: z.array(questionScore) };
}

/** Returns the kind for questions with known answers, stored at the start so that a resumed run uses the same ones. */
export function knownAnswers(use: 'planted-questions' | 'data'): PartialKind<QuestionWithAnswer[]> {
  return { name: use, schema: z.array(z.object(knownAnswer)) };
}

/** Baseline and stage 6: the benchmarks of a step, so that all iterations answer the same questions. */
export const TASK_DATA: PartialKind<TaskData[]> = {
  name: 'task-data',
  schema: z.array(z.object({ task: z.string(), from: z.string(), digest: z.string() })),
};

/** User code that the run started with. */
export const CODE_PARTS: PartialKind<CodePart[]> = {
  name: 'code',
  schema: z.array(
    z.object({ part: z.string(), name: z.string(), version: z.string().nullable(), path: z.string().nullable() }),
  ),
};

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
