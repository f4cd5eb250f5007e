/**
 * Schema of a pre-training recipe: the model's shape, its corpus and its optimizer. TOML, validated strictly.
 * The committed recipe is recipes/pretrain-arith-base.toml; `pretrain.ts` runs it.
 */

import { readFile } from 'node:fs/promises';

import { parse } from 'smol-toml';
import { z } from 'zod';

import { corpusRecipeSchema } from '../domains/arithmetic/corpus.ts';
import { findConfigFile } from '../config/parse.ts';
import { ConfigError, messageOf } from '../errors.ts';
import { packageFile } from '../package-file.ts';
import { describeIssue } from '../text/expectation.ts';

const count = z.number().int().positive();

const optimizerSchema = z.strictObject({
  /** AdamW learning rate, for the embedding and the norms. */
  adamLearningRate: z.number().positive().default(3e-3),
  /** Muon learning rate, for the matrices of the layers. */
  muonLearningRate: z.number().positive().default(0.02),
  muonMomentum: z.number().min(0).max(1).default(0.95),
  weightDecay: z.number().nonnegative().default(0.01),
  /** Steps of linear warm-up. */
  warmup: z.number().int().nonnegative().default(30),
  /** Fraction of the phase after which the learning rate falls linearly, to `floor` times its peak. */
  decayFrom: z.number().min(0).max(1).default(0.4),
  floor: z.number().min(0).max(1).default(0.02),
});

const phaseSchema = z.strictObject({
  /** Tokens to train on, including prompts. */
  tokens: count,
  optimizer: optimizerSchema.prefault({}),
  corpus: corpusRecipeSchema.prefault({}),
});

const recipeSchema = z.strictObject({
  /** Output folder, in Hugging Face layout. */
  out: z.string().min(1),
  seed: z.number().int().nonnegative().default(1),
  /** Tokens per optimizer step. */
  batchTokens: count.default(4000),
  /** Documents are sorted by length within this many batches, to keep padding low. */
  bucketBatches: count.default(16),
  /** Qwen3 decoder. The vocabulary size is the tokenizer's, rounded up to a multiple of 8. */
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
  /** Run in order, each with a fresh optimizer. */
  phases: z.array(phaseSchema).min(1),
});

/** Recipe of the shipped base model. */
const EXAMPLE = 'recipes/pretrain-arith-base.toml';

export type PretrainRecipe = z.output<typeof recipeSchema>;
export type PretrainPhase = z.output<typeof phaseSchema>;

/** Reads and validates a recipe. Throws ConfigError with file, key and reason. */
export async function loadPretrainRecipe(file: string): Promise<PretrainRecipe> {
  let raw: unknown;
  try {
    raw = parse(await readFile(findConfigFile(file), 'utf8'));
  } catch (cause) {
    throw new ConfigError(
      `${file}: ${messageOf(cause)}`,
      `Pass a valid TOML file with --recipe, such as ${packageFile(EXAMPLE)}.`,
      { cause },
    );
  }
  const parsed = recipeSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    `${file}:\n${parsed.error.issues.map((issue) => `  ${describeIssue(issue, 'the recipe')}`).join('\n')}`,
    `Correct these keys; ${packageFile(EXAMPLE)} shows all of them.`,
  );
}
