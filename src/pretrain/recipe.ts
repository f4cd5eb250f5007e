/** Everything that makes a base model: its shape, its corpus, its optimizer. TOML, committed, strict. */

import { readFile } from 'node:fs/promises';

import { parse } from 'smol-toml';
import { z } from 'zod';

import { corpusRecipeSchema } from '../domains/arithmetic/corpus.ts';
import { ConfigError, messageOf } from '../errors.ts';

const count = z.number().int().positive();

const optimizerSchema = z.strictObject({
  /** AdamW, for embedding and norms. */
  adamLearningRate: z.number().positive().default(3e-3),
  /** Muon, for the matrices of the layers. */
  muonLearningRate: z.number().positive().default(0.02),
  muonMomentum: z.number().min(0).max(1).default(0.95),
  weightDecay: z.number().nonnegative().default(0.01),
  /** Steps of linear warm-up. */
  warmup: z.number().int().nonnegative().default(30),
  /** Share of the phase after which the rate falls linearly to `floor` of its peak. */
  decayFrom: z.number().min(0).max(1).default(0.4),
  floor: z.number().min(0).max(1).default(0.02),
});

const phaseSchema = z.strictObject({
  /** Tokens to train on, prompts included. */
  tokens: count,
  optimizer: optimizerSchema.prefault({}),
  corpus: corpusRecipeSchema.prefault({}),
});

const recipeSchema = z.strictObject({
  /** Folder to write, in Hugging Face layout. */
  out: z.string().min(1),
  seed: z.number().int().nonnegative().default(1),
  /** Tokens per optimizer step. */
  batchTokens: count.default(4000),
  /** Documents are sorted by length within this many batches, so that little is padded. */
  bucketBatches: count.default(16),
  /** Qwen3 decoder; the vocabulary is the tokenizer's, rounded up to a multiple of 8. */
  model: z.strictObject({
    hidden: count,
    layers: count,
    heads: count,
    kvHeads: count,
    headDim: count,
    intermediate: count,
    maxPositions: count.default(512),
    ropeTheta: z.number().positive().default(10000),
  }),
  /** One after another, each with a fresh optimizer. */
  phases: z.array(phaseSchema).min(1),
});

export type PretrainRecipe = z.output<typeof recipeSchema>;
export type PretrainPhase = z.output<typeof phaseSchema>;

/** Reads a recipe; ConfigError names file, key and reason. */
export async function loadPretrainRecipe(file: string): Promise<PretrainRecipe> {
  let raw: unknown;
  try {
    raw = parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new ConfigError(
      `${file}: ${messageOf(cause)}`,
      'Name a TOML file such as recipes/pretrain-arith-base.toml.',
      { cause },
    );
  }
  const parsed = recipeSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    `${file}:\n${z.prettifyError(parsed.error)}`,
    'Correct these keys; recipes/pretrain-arith-base.toml has them all.',
  );
}
