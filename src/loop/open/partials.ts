/** The partial results of a run on an open domain (`../partials.ts` has the others). */

import { z } from 'zod';
import type { TaskQuality } from '../../eval/quality/summarize.ts';
import type { PartialKind } from '../../store/partials.ts';

/** The scores of the responses to one task of the pool. */
export interface ScoredTask {
  /** The question's id. */
  id: string;
  /** Scores of its responses by the scorer's name. */
  scores: Record<string, number[]>;
}

/** Two responses to one task of the pool: after its hint (chosen), and without it (rejected). */
export interface HintedPair {
  /** The question's id. */
  id: string;
  /** δ of the hint (nats per token); null if the rejected response is empty. */
  shift: number | null;
  /** Tokens, because a text that is encoded again may give other ones. The prompt is that of the task without its hint. */
  prompt: number[];
  chosen: number[];
  rejected: number[];
}

const numbers = z.array(z.number());

/** Stage 3 with scores: the scores of a chunk of the pool, so that no scorer is asked twice. */
export const SCORED_TASKS: PartialKind<ScoredTask[]> = {
  name: 'scores',
  schema: z.array(z.object({ id: z.string(), scores: z.record(z.string(), numbers) })),
};

/** Stage 3 with hints: the pairs of a chunk of the pool. */
export const HINTED_PAIRS: PartialKind<HintedPair[]> = {
  name: 'pairs',
  schema: z.array(
    z.object({ id: z.string(), shift: z.number().nullable(), prompt: numbers, chosen: numbers, rejected: numbers }),
  ),
};

/** Baseline and stage 6: a chunk of the held-out tasks, in order. */
export const TASK_QUALITY: PartialKind<TaskQuality[]> = {
  name: 'quality',
  schema: z.array(
    z.object({
      task: z.string(),
      responses: z.array(z.string()),
      criteria: z.array(z.record(z.string(), z.number())).nullable(),
      likelihood: numbers,
      consensus: numbers,
      truncated: z.number(),
    }),
  ),
};
