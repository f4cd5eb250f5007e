import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { localEngine } from '../config/schema.ts';
import { TURN_END } from '../domains/arithmetic/vocabulary.ts';
import { loadCheckpoint } from '../models/checkpoint.ts';
import { loadTokenizer } from '../models/tokenizer/tokenizer.ts';
import { pretrainBatches } from './batches.ts';
import { pretrain, type PretrainStep } from './pretrain.ts';
import { loadPretrainRecipe, type PretrainRecipe } from './recipe.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rzero-pretrain-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function tinyRecipe(out: string): Promise<PretrainRecipe> {
  const recipe = await loadPretrainRecipe('recipes/pretrain-arith-base.toml');
  const model = { ...recipe.model, hidden: 32, layers: 2, heads: 2, kvHeads: 1, headDim: 16, intermediate: 64 };
  const phases = recipe.phases.map((phase) => ({
    ...phase,
    tokens: 30_000,
    optimizer: { ...phase.optimizer, warmup: 2 },
  }));
  return { ...recipe, model, out, phases, batchTokens: 1000, bucketBatches: 4 };
}

describe('pretrain', () => {
  it('lowers the loss, writes a checkpoint with tokenizer and log, and reproduces its bytes', async () => {
    const engine = localEngine.parse({ threads: 1 });
    const steps: PretrainStep[] = [];
    await pretrain(await tinyRecipe(join(root, 'a')), engine, (step) => steps.push(step));
    expect(steps.at(-1)?.loss).toBeLessThan(0.6 * steps[0].loss);
    const { config } = await loadCheckpoint(join(root, 'a'));
    expect(config.hidden).toBe(32);
    const tokenizer = await loadTokenizer(join(root, 'a'));
    expect(tokenizer.size).toBeLessThanOrEqual(config.vocabulary);

    await pretrain(await tinyRecipe(join(root, 'b')), engine, () => {});
    const bytes = (name: string): Promise<Buffer> => readFile(join(root, name, 'model.safetensors'));
    expect((await bytes('a')).equals(await bytes('b'))).toBe(true);
  });

  it('replaces an existing model only if asked to, and only at its end', async () => {
    const engine = localEngine.parse({ threads: 1 });
    const out = join(root, 'mine');
    await cp('models/arith-base', out, { recursive: true });
    const before = await readdir(out);
    const weights = (): Promise<Buffer> => readFile(join(out, 'model.safetensors'));
    const old = await weights();
    const recipe = await tinyRecipe(out);
    await expect(pretrain(recipe, engine, () => {})).rejects.toThrow(/not empty.\nPass another folder, or --overwrite/);
    const fail = (): void => {
      throw new Error('interrupted');
    };
    await expect(pretrain(recipe, engine, fail, { overwrite: true })).rejects.toThrow('interrupted');
    expect((await weights()).equals(old)).toBe(true);
    expect(await readdir(out)).toEqual(before);
    await pretrain(recipe, engine, () => {}, { overwrite: true });
    expect((await loadCheckpoint(out)).config.hidden).toBe(32);
    expect(await readFile(join(out, 'README.md'), 'utf8')).toContain('arith-base');
  });
});

describe('a stop', () => {
  it('aborts the phase, keeps the finished ones, and the same call continues', async () => {
    const engine = localEngine.parse({ threads: 1 });
    const recipe = await tinyRecipe(join(root, 'stopped'));
    const stopping = new AbortController();
    const seen: number[] = [];
    const stop = ({ phase }: PretrainStep): void => {
      seen.push(phase);
      if (phase === 2) stopping.abort();
    };
    const stopped = pretrain(recipe, engine, stop, { stop: stopping.signal });
    await expect(stopped).rejects.toMatchObject({ kind: 'aborted' });
    expect(seen.filter((phase) => phase === 2)).toEqual([2]);
    const phases = new Set<number>();
    await pretrain(recipe, engine, ({ phase }) => void phases.add(phase));
    expect([...phases]).toEqual(recipe.phases.map((_, at) => at + 1).slice(1));
  });
});

describe('pretrainBatches', () => {
  it('serves the requested tokens in batches of similar length', async () => {
    const tokenizer = await loadTokenizer('models/arith-base');
    const [{ corpus }] = (await tinyRecipe('unused')).phases;
    const batches = [
      ...pretrainBatches(tokenizer, {
        corpus,
        seed: 3,
        totalTokens: 40_000,
        batchTokens: 1000,
        bucketBatches: 8,
        turnEnd: TURN_END,
      }),
    ];
    const tokens = batches.reduce((sum, batch) => sum + batch.tokens, 0);
    expect(tokens).toBeGreaterThanOrEqual(40_000);
    expect(tokens).toBeLessThan(42_500);
    const padded = batches.reduce(
      (sum, { examples }) => sum + examples.length * Math.max(...examples.map(({ input }) => input.length)),
      0,
    );
    expect(padded / tokens).toBeLessThan(1.25);
    for (const { examples, targets } of batches) {
      expect(targets).toBe(examples.reduce((sum, { mask }) => sum + mask.reduce((count, one) => count + one, 0), 0));
    }
  });
});
