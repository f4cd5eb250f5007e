/**
 * Schemas of stored JSON, checked when it is read. They are deliberately lenient: names of stages and roles are any
 * text, unknown fields are dropped, and fields that older versions did not write have defaults.
 */

import { z } from 'zod';
import type { Estimate, EvalResult, Notice, QualityResult, VoteGroup, VoteTally } from '../types.ts';

/** A name of a closed list that later versions may extend. */
export function word<T extends string>(): z.ZodType<T> {
  return z.custom<T>((value) => typeof value === 'string');
}

/** A number; null stands for NaN and infinity, which JSON cannot express. */
export const storedNumber: z.ZodType<number> = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

/** Votes of runs made before weighted votes have no weight, which means 1. */
const storedGroup = z
  .object({ answer: z.string(), count: z.number(), weight: z.number().optional() })
  .transform(({ weight, ...rest }): VoteGroup => ({ ...rest, weight: weight ?? rest.count }));

/** The classes of one tally. */
export const storedGroups: z.ZodType<VoteGroup[]> = z.array(storedGroup);

export const storedTally: z.ZodType<VoteTally> = z.object({
  groups: storedGroups,
  label: z.string().nullable(),
  agreement: z.number(),
  unanswered: z.number(),
  attempts: z.number(),
});

export const storedNotice: z.ZodType<Notice> = z.object({
  iteration: z.number(),
  stage: word<Notice['stage']>(),
  step: z.number(),
  about: word<Notice['about']>(),
  action: word<Notice['action']>(),
  value: storedNumber,
  limit: storedNumber,
  message: z.string(),
});

const estimate: z.ZodType<Estimate> = z.object({ value: storedNumber, low: storedNumber, high: storedNumber });

export const storedEvaluation: z.ZodType<EvalResult> = z.object({
  iteration: z.number(),
  task: z.string(),
  questions: z.number(),
  samples: z.number(),
  mean: estimate,
  majority: estimate,
  greedy: estimate,
  forced: estimate.nullable(),
  worked: z.number().nullable(),
  meanTokens: storedNumber,
  truncated: z.number(),
  perQuestion: z.array(storedNumber),
  perQuestionForced: z.array(storedNumber).nullable(),
});

export const storedQuality: z.ZodType<QualityResult> = z.object({
  iteration: z.number(),
  tasks: z.number(),
  samples: z.number(),
  mean: estimate.nullable(),
  byCriterion: z.record(z.string(), storedNumber),
  variety: storedNumber,
  characters: storedNumber,
  likelihood: storedNumber,
  consensus: storedNumber,
  truncated: z.number(),
  perTask: z.array(storedNumber),
});
