/**
 * START HERE for pre-training: makes the base model that ships with the project, from a synthetic corpus
 * alone, on the local engine. Plain maximum likelihood on the assistant's part: Muon for the matrices,
 * AdamW for the rest. It is not part of an evolution; `rzero evolve` starts from what it wrote.
 */

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { arithmeticTokenizerFiles } from '../domains/arithmetic/tokenizer.ts';
import { TURN_END, vocabulary } from '../domains/arithmetic/vocabulary.ts';
import type { OptimizerOptions, Policy } from '../engine/engine.ts';
import { openEngine } from '../engine/index.ts';
import type { RunConfig } from '../config/schema.ts';
import { exists, writeFolderAtomically } from '../models/atomic-folder.ts';
import { loadCheckpoint, writeCheckpointFiles, type CheckpointToSave } from '../models/checkpoint.ts';
import type { DecoderConfig } from '../models/decoder-config.ts';
import { randomWeights } from '../models/init.ts';
import { loadTokenizer } from '../models/tokenizer.ts';
import { deriveSeed } from '../random.ts';
import { pretrainBatches, type PretrainBatch } from './batches.ts';
import type { PretrainRecipe } from './recipe.ts';

/** One optimizer step, as told to the caller and kept in `pretrain-log.jsonl`. */
export interface PretrainStep {
  step: number;
  tokens: number;
  /** Mean negative log-likelihood of the assistant's tokens, nats. */
  loss: number;
  gradNorm: number;
  seconds: number;
}

const LOG_EVERY = 50;

/** Trains and writes `recipe.out`; the same recipe on the same machine gives the same bytes. */
export async function pretrain(
  recipe: PretrainRecipe,
  engineConfig: RunConfig['engine'],
  report: (step: PretrainStep) => void,
): Promise<void> {
  const out = resolve(recipe.out);
  const scratch = `${out}.training`;
  await writeModel(scratch, {
    config: decoderConfig(recipe),
    weights: randomWeights(decoderConfig(recipe), deriveSeed(recipe.seed, 'weights')),
  });
  const engine = await openEngine(engineConfig);
  try {
    const policy = await engine.openPolicy({ from: { kind: 'base', path: scratch }, optimizer: 'fresh' });
    const log = await train(policy, recipe, scratch, report);
    await policy.save(`${scratch}/final`);
    await writeModel(out, await loadCheckpoint(`${scratch}/final`), {
      'pretrain-log.jsonl': log,
      ...(await modelCard(out)),
    });
  } finally {
    await engine.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function train(
  policy: Policy,
  recipe: PretrainRecipe,
  folder: string,
  report: (step: PretrainStep) => void,
): Promise<string> {
  const tokenizer = await loadTokenizer(folder);
  const { corpus, batchTokens, bucketBatches, tokens: totalTokens } = recipe;
  const seed = deriveSeed(recipe.seed, 'corpus');
  const start = performance.now();
  const lines: string[] = [];
  let recent: number[] = [];
  let step = 0;
  let tokens = 0;
  for (const batch of pretrainBatches(tokenizer, {
    corpus,
    seed,
    totalTokens,
    batchTokens,
    bucketBatches,
    turnEnd: TURN_END,
  })) {
    const loss = await accumulate(policy, batch);
    const { gradNorm } = await policy.step(optimizerOptions(recipe, step, tokens / totalTokens));
    step++;
    tokens += batch.tokens;
    recent.push(loss);
    const told = { step, tokens, loss, gradNorm, seconds: (performance.now() - start) / 1000 };
    report(told);
    if (step % LOG_EVERY !== 0) continue;
    lines.push(JSON.stringify({ ...told, loss: recent.reduce((sum, value) => sum + value, 0) / recent.length }));
    recent = [];
  }
  return `${lines.join('\n')}\n`;
}

/** Adds the gradient of the batch's mean loss; returns the loss. */
async function accumulate(policy: Policy, { examples, targets }: PretrainBatch): Promise<number> {
  const coefficients = examples.map(({ mask }) => Float32Array.from(mask, (masked) => -masked / targets));
  const { logprobs } = await policy.accumulate(examples, coefficients);
  return -logprobs.reduce((sum, row) => sum + row.reduce((total, value) => total + value, 0), 0) / targets;
}

function optimizerOptions({ optimizer }: PretrainRecipe, step: number, progress: number): OptimizerOptions {
  const warm = Math.min(1, (step + 1) / (optimizer.warmup + 1));
  const decayed =
    progress < optimizer.decayFrom ? 1 : Math.max(optimizer.floor, (1 - progress) / (1 - optimizer.decayFrom));
  const rate = warm * decayed;
  return {
    learningRate: optimizer.adamLearningRate * rate,
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: optimizer.weightDecay,
    clip: 1,
    muon: { learningRate: optimizer.muonLearningRate * rate, momentum: optimizer.muonMomentum },
  };
}

function decoderConfig({ model }: PretrainRecipe): DecoderConfig {
  const padded = Math.ceil(vocabulary().length / 8) * 8;
  return { architecture: 'qwen3', ...model, vocabulary: padded, rmsEpsilon: 1e-6, tied: true, qkNorm: true };
}

async function writeModel(
  folder: string,
  checkpoint: CheckpointToSave,
  otherFiles: Record<string, string> = {},
): Promise<void> {
  await writeFolderAtomically(folder, async (temp) => {
    await writeCheckpointFiles(temp, checkpoint);
    const files = { ...arithmeticTokenizerFiles(), ...otherFiles };
    for (const [name, content] of Object.entries(files)) await writeFile(join(temp, name), content);
  });
}

/** The card that people wrote outlives a new training. */
async function modelCard(folder: string): Promise<Record<string, string>> {
  const file = join(folder, 'README.md');
  return (await exists(file)) ? { 'README.md': await readFile(file, 'utf8') } : {};
}
