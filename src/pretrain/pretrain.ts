/**
 * START HERE for pre-training: trains the base model that ships with the project, on a synthetic corpus and
 * the local engine. Maximum likelihood on the assistant's tokens, with Muon for the matrices and AdamW for
 * the rest.
 *
 * Not part of the R-Zero loop: `rzero evolve` starts from the model written here. Next: `recipe.ts`
 * (settings), `batches.ts` (data).
 */

import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { arithmetic } from '../domains/arithmetic/domain.ts';
import { arithmeticTokenizerFiles } from '../domains/arithmetic/tokenizer.ts';
import { TURN_END, vocabulary } from '../domains/arithmetic/vocabulary.ts';
import type { OptimizerOptions, Policy } from '../engine/engine.ts';
import { excess } from '../engine/local/memory/check-fits.ts';
import { openEngine } from '../engine/open-engine.ts';
import { forecastMemory } from '../engine/local/memory/forecast-memory.ts';
import { machineMemory } from '../engine/machine-memory.ts';
import type { LocalConfig } from '../engine/local/memory/room.ts';
import { exists, storeFailure, writeFolderAtomically } from '../files/atomic-folder.ts';
import { loadCheckpoint, writeCheckpointFiles, type CheckpointToSave } from '../models/checkpoint.ts';
import { writeDomainRecord } from '../models/domain-record.ts';
import type { DecoderConfig } from '../models/decoder-config.ts';
import { randomWeights } from '../models/init.ts';
import { checkModelTarget } from '../models/target-folder.ts';
import { loadTokenizer } from '../models/tokenizer/tokenizer.ts';
import { deriveSeed } from '../random.ts';
import { pretrainBatches, type PretrainBatch } from './batches.ts';
import type { PretrainPhase, PretrainRecipe } from './recipe.ts';

/** One optimizer step, as reported to the caller and written to `pretrain-log.jsonl`. */
export interface PretrainStep {
  /** 1-based. */
  phase: number;
  /** 1-based, within the phase. */
  step: number;
  tokens: number;
  /** Mean negative log-likelihood of the assistant's tokens, in nats. */
  loss: number;
  /** Null where the engine does not report it. */
  gradNorm: number | null;
  seconds: number;
}

const LOG = 'pretrain-log.jsonl';
const LOG_EVERY = 50;

/**
 * Trains a model and writes `recipe.out`. The same recipe on the same machine gives the same bytes. The
 * result of each finished phase is kept in `recipe.out.training` until the end, so an interrupted training
 * resumes from there. An existing model at `recipe.out` stays until then.
 * @param options.stop aborts the training within the current step, with the error of an aborted call
 * @throws ConfigError if `recipe.out` is not free; with `overwrite`, a model there is replaced
 */
export async function pretrain(
  recipe: PretrainRecipe,
  engineConfig: LocalConfig,
  report: (step: PretrainStep) => void,
  { stop, overwrite = false }: { stop?: AbortSignal; overwrite?: boolean } = {},
): Promise<void> {
  const out = resolve(recipe.out);
  checkModelTarget(out, overwrite);
  checkRoom(recipe, engineConfig);
  const scratch = `${out}.training`;
  const after = (phase: number): string => join(scratch, `phase-${phase}`);
  if (!(await exists(after(0)))) {
    const config = decoderConfig(recipe);
    await writeModel(after(0), { config, weights: randomWeights(config, deriveSeed(recipe.seed, 'weights')) });
  }
  const engine = await openEngine(engineConfig);
  try {
    for (const [index, phase] of recipe.phases.entries()) {
      if (await exists(after(index + 1))) continue;
      const policy = await engine.openPolicy({ from: { kind: 'base', path: after(index) }, optimizer: 'fresh' });
      const log = await train(policy, recipe, { phase, index, folder: after(index), stop }, report);
      const state = await policy.save({ home: scratch, name: 'newest' });
      await policy.close();
      await engine.exportTo(state, after(index + 1));
      await engine.remove(state);
      await keepLog(join(scratch, LOG), log);
    }
  } finally {
    await engine.close();
  }
  const log = await readFile(join(scratch, LOG), 'utf8');
  await writeModel(out, await loadCheckpoint(after(recipe.phases.length)), { [LOG]: log, ...(await modelCard(out)) });
  await rm(scratch, { recursive: true, force: true });
}

/** Appends to the log. Throws StoreError, e.g. on a full disk. */
async function keepLog(path: string, log: string): Promise<void> {
  try {
    await appendFile(path, log);
  } catch (error) {
    throw storeFailure(path, error);
  }
}

/** Throws EngineError `budget` if the machine has too little memory for the recipe's model. */
function checkRoom(recipe: PretrainRecipe, engine: LocalConfig): void {
  const decoder = decoderConfig(recipe);
  const longest = Math.min(decoder.maxPositions, recipe.batchTokens);
  const sizes = {
    ...engine,
    decoder,
    adapter: null,
    training: true,
    frozen: 0,
    samplers: 0,
    paired: false,
    prompt: 0,
    completions: 0,
    perPrompt: 1,
  };
  const available = machineMemory();
  const forecast = forecastMemory({ ...sizes, longest, longestTrained: longest }, available);
  const advice = 'Use a smaller model, or train on a machine with more memory.';
  const problem = excess('This recipe', forecast, available, () => advice);
  if (problem !== null) throw problem;
}

interface Place {
  phase: PretrainPhase;
  index: number;
  folder: string;
  stop?: AbortSignal;
}

async function train(
  policy: Policy,
  recipe: PretrainRecipe,
  { phase, index, folder, stop }: Place,
  report: (step: PretrainStep) => void,
): Promise<string> {
  const tokenizer = await loadTokenizer(folder);
  const { batchTokens, bucketBatches } = recipe;
  const { corpus, tokens: totalTokens } = phase;
  const seed = deriveSeed(recipe.seed, 'corpus') + index;
  const start = performance.now();
  const lines: string[] = [];
  let recent: number[] = [];
  let step = 0;
  let tokens = 0;
  const options = { corpus, seed, totalTokens, batchTokens, bucketBatches, turnEnd: TURN_END };
  for (const batch of pretrainBatches(tokenizer, options)) {
    const loss = await accumulate(policy, batch, stop);
    const { gradNorm } = await policy.step(optimizerOptions(phase, step, tokens / totalTokens));
    step++;
    tokens += batch.tokens;
    recent.push(loss);
    const entry = { phase: index + 1, step, tokens, loss, gradNorm, seconds: (performance.now() - start) / 1000 };
    report(entry);
    if (step % LOG_EVERY !== 0) continue;
    lines.push(JSON.stringify({ ...entry, loss: recent.reduce((sum, value) => sum + value, 0) / recent.length }));
    recent = [];
  }
  return `${lines.join('\n')}\n`;
}

/** Adds the gradient of the batch's mean loss and returns the loss. */
async function accumulate(policy: Policy, { examples, targets }: PretrainBatch, signal?: AbortSignal): Promise<number> {
  const coefficients = examples.map(({ mask }) => Float32Array.from(mask, (masked) => -masked / targets));
  const { logprobs } = await policy.accumulate(examples, coefficients, { signal });
  return -logprobs.reduce((sum, row) => sum + row.reduce((total, value) => total + value, 0), 0) / targets;
}

function optimizerOptions({ optimizer }: PretrainPhase, step: number, progress: number): OptimizerOptions {
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
    writeDomainRecord(temp, arithmetic.name);
  });
}

/** Keeps an existing model card when the model is trained again. */
async function modelCard(folder: string): Promise<Record<string, string>> {
  const file = join(folder, 'README.md');
  return (await exists(file)) ? { 'README.md': await readFile(file, 'utf8') } : {};
}
