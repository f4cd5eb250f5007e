/**
 * What a measurement of the GPU found. The child process sends one part at a time, so that a driver that ends it loses
 * only what it has not sent (`measure-child.ts`, `measure.ts`).
 */

import { z } from 'zod';
import { ENGINE_ERROR_KINDS } from '../../../errors.ts';

/** Largest differences between the numbers of the processor and those of the GPU, for one small model. */
const numbers = z.object({
  part: z.literal('numbers'),
  /** In nats, over the log-probabilities before and after an optimizer step. */
  logprobs: z.number(),
  /** Of each gradient, as a share of the largest value of its tensor. */
  gradients: z.number(),
  /** Root mean square of the difference of the weights' changes, as a share of that of the changes. */
  updates: z.number(),
  /** Greedy tokens that are equal, and how many there are. */
  tokens: z.object({ equal: z.number(), of: z.number() }),
  /** Operators of the graphs, each compared in a few cases: how many there are, and the names of the wrong ones. */
  operators: z.object({ wrong: z.array(z.string()), of: z.number() }),
});

/** Tokens per second of one device. */
const rates = z.object({
  /** Sampled tokens, with many sequences at once. */
  sampling: z.number().positive(),
  /** Tokens of forward pass, backward pass and optimizer. */
  training: z.number().positive(),
});

const speed = z.object({
  part: z.literal('speed'),
  cpu: rates,
  webgpu: rates,
  /** Layers of the models that were measured; several if the model's own number was extrapolated. */
  layers: z.array(z.number()),
  /** Sequences that were sampled at once. */
  sequences: z.number(),
  /** Tokens of the training micro-batch. */
  tokens: z.number(),
});

const adapter = z.object({
  part: z.literal('adapter'),
  /** Whether float16 computes. */
  half: z.boolean(),
});

const buffer = z.object({
  part: z.literal('buffer'),
  /** Bytes of the largest buffer that could be used; 0 if none could. */
  largest: z.number(),
  /** Bytes of the smallest one that was refused; null if all that were tried could be used. */
  refused: z.number().nullable(),
});

/** A part that was left out on purpose. */
const skipped = z.object({ part: z.literal('skipped'), what: z.string(), why: z.string() });

/** A part that failed; the ones after it were tried all the same, unless there is no adapter. */
const failed = z.object({
  part: z.literal('failed'),
  what: z.string(),
  message: z.string(),
  /** What the engine made of the failure; absent if ONNX Runtime's own message is given. */
  typed: z.object({ kind: z.enum(ENGINE_ERROR_KINDS), advice: z.string() }).optional(),
});

/** A message of the child process. */
export const reportPart = z.discriminatedUnion('part', [adapter, numbers, speed, buffer, skipped, failed]);

export type ReportPart = z.output<typeof reportPart>;
export type Numbers = z.output<typeof numbers>;
/** What the engine computed, without its single operators. */
export type EngineNumbers = Omit<Numbers, 'operators'>;
export type Rates = z.output<typeof rates>;
export type MeasuredSpeed = z.output<typeof speed>;

/** What is to be measured; also the names of the parts in messages. */
export type Measured = 'adapter' | 'numbers' | 'speed' | 'buffer';

/** The device that ONNX Runtime computes on, by its name. */
export interface AdapterName {
  name: string;
  /** `loader`: the log of the Vulkan loader; `system`: the operating system's list of graphics controllers. */
  from: 'loader' | 'system';
  /** Whether it is a program on the processor, such as SwiftShader. */
  software: boolean;
}

/** Everything that was found. */
export interface DeviceReport {
  /** Null if nothing names it. */
  name: AdapterName | null;
  /** Parts in the order in which they were measured. */
  parts: ReportPart[];
  /** Why the child process did not finish, e.g. `the driver ended it (SIGABRT)`; null if it did. */
  aborted: string | null;
  seconds: number;
}

/** Returns the part of a kind; undefined if it was not measured. */
export function partOf<Name extends ReportPart['part']>(
  { parts }: Pick<DeviceReport, 'parts'>,
  name: Name,
): Extract<ReportPart, { part: Name }> | undefined {
  return parts.find((one): one is Extract<ReportPart, { part: Name }> => one.part === name);
}

/** Limits within which the numbers of a GPU count as right. */
export const TOLERANCES = { logprobs: 1e-3, gradients: 1e-3, updates: 1e-2 } as const;

/** Returns what is wrong with the numbers, in words; empty if they are right. NaN is always wrong. */
export function wrongNumbers({ logprobs, gradients, updates, tokens, operators }: Numbers): string[] {
  const beyond = (name: string, value: number, most: number): string[] =>
    value <= most ? [] : [`${name} differ by ${value.toExponential(1)} (limit ${most})`];
  return [
    ...beyond('log-probabilities', logprobs, TOLERANCES.logprobs),
    ...beyond('gradients', gradients, TOLERANCES.gradients),
    ...beyond('updates of weights', updates, TOLERANCES.updates),
    ...(tokens.equal === tokens.of ? [] : [`${tokens.of - tokens.equal} of ${tokens.of} greedy tokens differ`]),
    ...(operators.wrong.length === 0 ? [] : [`operators differ: ${operators.wrong.join(', ')}`]),
  ];
}
