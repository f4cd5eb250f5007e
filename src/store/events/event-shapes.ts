/** Schemas of all events, checked when a log is read. `events.ts` documents the fields. */

import { z } from 'zod';
import type { IterationSummary, LabelAudit, RunEvent, RunSummary, ShownQuestion } from '../../events.ts';
import type { AdapterShape, Cursor, DeviceName, RoleName, StageName } from '../../types.ts';
import { storedEvaluation, storedGroups, storedNotice, storedNumber, storedQuality, word } from '../shapes.ts';

const place = { iteration: z.number(), stage: word<StageName>() };
const metrics = z.record(z.string(), storedNumber);

const share = { accuracy: storedNumber, of: z.number() };
const audit: z.ZodType<LabelAudit> = z.object({
  planted: z.object(share).nullable(),
  judge: z.object({ ...share, undecided: z.number(), failed: z.number() }).nullable(),
  views: z.object({ value: z.number(), low: z.number(), high: z.number(), of: z.number() }).optional(),
});

const iterationSummary: z.ZodType<IterationSummary> = z.object({
  iteration: z.number(),
  evaluation: storedEvaluation,
  kept: z.number().nullable(),
  agreement: z.number().nullable(),
  // Absent in events of earlier versions.
  labels: z
    .object({ labels: z.number(), right: z.number(), illPosed: z.number(), computed: z.literal(true).optional() })
    .nullable()
    .default(null),
  labelAccuracy: z.number().nullable(),
  difficulty: z.number().nullable(),
  audit: audit.optional(),
});

const usage = z.object({
  requests: z.number(),
  sampledTokens: z.number(),
  prefilledTokens: z.number(),
  trainedTokens: z.number(),
  cost: z.number().nullable(),
});

const runSummary: z.ZodType<RunSummary> = z.object({
  runId: z.string(),
  runDir: z.string(),
  iterations: z.array(iterationSummary),
  open: z.array(z.object({ iteration: z.number(), result: storedQuality, kept: z.number().nullable() })).optional(),
  best: z.number(),
  outcome: word<RunSummary['outcome']>(),
  seconds: storedNumber,
  engineSeconds: storedNumber,
  explanation: z.string(),
  supervised: z.literal(true).optional(),
  notices: z.array(storedNotice).optional(),
  usage: usage.optional(),
  budgetSpent: z.enum(['tokens', 'cost']).optional(),
});

const shownQuestion: z.ZodType<ShownQuestion> = z.object({
  text: z.string(),
  votes: storedGroups,
  attempts: z.number(),
  label: z.string().nullable(),
  truth: z.string().nullable(),
  illPosed: z.literal(true).optional(),
});

const adapter: z.ZodType<AdapterShape> = z.object({
  rank: z.number(),
  alpha: z.number(),
  targets: z.array(word<AdapterShape['targets'][number]>()),
});

const cursor: z.ZodType<Cursor> = z.object({ iteration: z.number(), stage: word<Cursor['stage']>(), step: z.number() });

/** Any event, by its type; unknown fields are dropped. */
export const storedEvent: z.ZodType<RunEvent> = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('download'),
    model: z.string(),
    file: z.string(),
    done: z.number(),
    total: z.number().nullable(),
    bytesPerSecond: z.number().nullable(),
  }),
  z.object({
    type: z.literal('run-start'),
    runId: z.string(),
    runDir: z.string(),
    model: z.string(),
    parameters: z.number().nullable(),
    // Absent in runs made before adapters existed.
    adapter: adapter.nullable().default(null),
    domain: z.string(),
    iterations: z.number(),
    seed: z.number(),
    threads: z.number(),
    resumedFrom: cursor.nullable(),
    service: z.string().optional(),
    usage: usage.optional(),
  }),
  z.object({
    type: z.literal('device'),
    device: word<DeviceName>(),
    adapter: z.string().nullable(),
    reason: z.string(),
  }),
  z.object({
    type: z.literal('service'),
    service: z.string(),
    message: z.string(),
    findings: z.record(z.string(), z.unknown()),
  }),
  z.object({ type: z.literal('waiting'), service: z.string(), reason: z.string(), seconds: z.number() }),
  z.object({ type: z.literal('iterations-changed'), from: z.number(), to: z.number() }),
  z.object({
    type: z.literal('stage-start'),
    ...place,
    steps: z.number(),
    done: z.number(),
    title: z.string().optional(),
  }),
  z.object({
    type: z.literal('progress'),
    ...place,
    step: z.number(),
    steps: z.number(),
    what: z.string(),
    done: z.number(),
    total: z.number(),
    tokensPerSecond: z.number().nullable(),
  }),
  z.object({
    type: z.literal('step'),
    ...place,
    step: z.number(),
    steps: z.number(),
    seconds: storedNumber,
    remainingSeconds: z.number().nullable(),
    metrics,
  }),
  z.object({ type: z.literal('questions'), ...place, shown: z.array(shownQuestion) }),
  z.object({ type: z.literal('stage-end'), ...place, seconds: storedNumber, metrics }),
  z.object({ type: z.literal('evaluation'), result: storedEvaluation }),
  z.object({ type: z.literal('quality'), result: storedQuality }),
  z.object({ type: z.literal('iteration-end'), summary: iterationSummary }),
  z
    .object({
      type: z.literal('weights-saved'),
      role: word<RoleName>(),
      iteration: z.number(),
      step: z.number(),
      state: z.string().optional(),
      // The field of earlier versions.
      path: z.string().optional(),
    })
    .transform(({ state, path, ...event }) => ({ ...event, state: state ?? path ?? '' })),
  z.object({ type: z.literal('warning'), message: z.string() }),
  z.object({ type: z.literal('notice'), notice: storedNotice }),
  z.object({ type: z.literal('run-end'), summary: runSummary }),
  z.object({
    type: z.literal('run-failed'),
    runId: z.string(),
    runDir: z.string(),
    code: z.string().nullable(),
    message: z.string(),
  }),
]);
