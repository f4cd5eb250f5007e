/** Broken inputs: each gives a typed error, an exit code and advice, and leaves saved data intact. */

import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, ModelLoadError, RzeroError, StoreError } from '../../src/errors.ts';
import { evolve, resolveConfig, resume } from '../../src/index.ts';
import { remains, shortConfig, weightFiles } from '../../src/loop/loop.contract.ts';
import { openRun } from '../../src/store/sqlite.ts';
import { type Ended, FROM_SOURCES, lastLine, rzero } from '../fixtures/program.ts';
import { writeRandomCheckpoint } from '../fixtures/random-checkpoint.ts';
import { writeArithmeticBase } from '../fixtures/scripted/arithmetic-base.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-broken-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A finished run that must stay unchanged. */
const saved = join(root, 'runs', 'saved');
let before: Record<string, unknown>;
beforeAll(async () => {
  const model = join(root, 'scripted');
  await writeArithmeticBase(model);
  await evolve({ config: shortConfig(model), runDir: saved }).result;
  before = contentOf(saved);
});

function contentOf(dir: string): Record<string, unknown> {
  const store = openRun(dir, { readOnly: true });
  try {
    return remains(store);
  } finally {
    store.close();
  }
}

async function errorOf(work: () => unknown): Promise<RzeroError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof RzeroError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

/**
 * Expects that the program reports the error of the library, with advice and without a stack, and that the saved run is
 * intact.
 */
function expectReported(ended: Ended, error: RzeroError, code: number): void {
  expect(ended.code).toBe(code);
  expect(error.advice).toMatch(/\w+ .*\./);
  expect(lastLine(ended.err)).toBe(lastLine(error.message));
  expect(ended.err).not.toMatch(/\n\s+at /);
  expect(contentOf(saved)).toEqual(before);
}

const MODELS: { name: string; says: RegExp; damage: (folder: string) => void; nan?: boolean }[] = [
  {
    name: 'truncated safetensors',
    says: /model\.safetensors/,
    damage: (folder) => {
      const file = join(folder, 'model.safetensors');
      truncateSync(file, Math.floor(statSync(file).size / 2));
    },
  },
  {
    name: 'weights of another shape',
    says: /mlp\.\w+_proj\.weight has shape .*expected/,
    damage: (folder) => edit(join(folder, 'config.json'), { intermediate_size: 48 }),
  },
  { name: 'no tokenizer', says: /tokenizer\.json/, damage: (folder) => rmSync(join(folder, 'tokenizer.json')) },
  { name: 'NaN among the weights', says: /holds NaN at element 3/, damage: () => undefined, nan: true },
  {
    name: 'an unknown architecture',
    says: /Mystery/,
    damage: (folder) =>
      edit(join(folder, 'config.json'), { architectures: ['MysteryForCausalLM'], model_type: 'mystery' }),
  },
];

function edit(file: string, values: Record<string, unknown>): void {
  const json: Record<string, unknown> = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...json, ...values }));
}

describe('a model with', () => {
  it.each(MODELS)(
    '$name is rejected before a run starts',
    { timeout: 120_000 },
    async ({ name, says, damage, nan }) => {
      const folder = join(root, name.replaceAll(' ', '-'));
      await writeRandomCheckpoint(folder, { nan });
      damage(folder);
      const error = await errorOf(() => evolve({ config: { model: folder, runsDir: join(root, 'runs') } }).result);
      expect(error).toBeInstanceOf(ModelLoadError);
      expect(error.message).toMatch(says);
      expectReported(await rzero(['evolve', '--model', folder, '--runs-dir', join(root, 'runs')]), error, 1);
      const runs = await rzero(['runs', '--runs-dir', join(root, 'runs'), '--json']);
      expect(JSON.parse(runs.out)).toMatchObject([{ id: 'saved' }]);
    },
  );
});

describe('a config with', () => {
  it.each([
    { name: 'bad TOML', text: 'iterations = = 3\n', says: /line 1|1:\d+/ },
    { name: 'an unknown key', text: '[solver]\nlearningrate = 1e-4\n', says: /nearest is solver\.learningRate/ },
    { name: 'an impossible value', text: 'iterations = 0\n', says: /iterations: 0 is not possible/ },
  ])('$name is rejected', { timeout: 120_000 }, async ({ name, text, says }) => {
    const file = join(root, `${name.replaceAll(' ', '-')}.toml`);
    writeFileSync(file, text);
    const error = await errorOf(() => resolveConfig({ files: [file] }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(says);
    expectReported(await rzero(['evolve', '--config', file, '--runs-dir', join(root, 'runs')]), error, 2);
  });
});

describe('a run with', () => {
  it('a damaged database is reported, and its weights and other runs are kept', { timeout: 120_000 }, async () => {
    const runsDir = join(root, 'damaged-runs');
    const dir = join(runsDir, 'damaged');
    cpSync(saved, dir, { recursive: true });
    const file = join(dir, 'run.db');
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xff, 100, Math.floor(bytes.length / 2)));
    const weights = weightFiles(dir);
    const error = await errorOf(() => resume(dir).result);
    expect(error).toBeInstanceOf(StoreError);
    expect(error.message).toContain('is damaged');
    expectReported(await rzero(['resume', dir], { program: FROM_SOURCES }), error, 1);
    expect(weightFiles(dir)).toEqual(weights);
    const runs = await rzero(['runs', '--runs-dir', runsDir]);
    expect(runs.code).toBe(0);
    expect(runs.out).toMatch(/damaged +broken: [^]*is damaged/);
  });

  it(
    'a truncated state is reported with its file, and the run resumes once it is restored',
    { timeout: 120_000 },
    async () => {
      const dir = join(root, 'cut');
      const evolution = evolve({ config: shortConfig(join(root, 'scripted')), runDir: dir });
      for await (const event of evolution)
        if (event.type === 'weights-saved' && event.role === 'solver') evolution.stop();
      expect((await evolution.result).outcome).toBe('stopped');
      const store = openRun(dir, { readOnly: true });
      const record = store.weights('solver', 1);
      store.close();
      const file = join(dir, record?.state ?? '', 'model.safetensors');
      const whole = readFileSync(file);
      writeFileSync(file, whole.subarray(0, whole.length - 8));
      const error = await errorOf(() => resume(dir).result);
      expect(error).toBeInstanceOf(ModelLoadError);
      expect(error.message).toContain('model.safetensors');
      expectReported(await rzero(['resume', dir], { program: FROM_SOURCES }), error, 1);

      writeFileSync(file, whole);
      const summary = await resume(dir).result;
      expect(summary.outcome).toBe('finished');
      const withoutSummary = (some: Record<string, unknown>): Record<string, unknown> => ({ ...some, summary: null });
      expect(withoutSummary(contentOf(dir))).toEqual(withoutSummary(before));
    },
  );
});
