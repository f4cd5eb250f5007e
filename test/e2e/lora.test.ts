/**
 * LoRA adapters: a run that is killed and resumed, its states in PEFT's layout, and every command that takes a model.
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evolve, resume } from '../../src/index.ts';
import { remains } from '../../src/loop/loop.contract.ts';
import { loadCheckpoint } from '../../src/models/checkpoint.ts';
import { readSafetensorsHeader } from '../../src/models/weights/safetensors.ts';
import { openRun } from '../../src/store/sqlite.ts';
import { atEvent, lastLine, ROOT, rzero } from '../fixtures/program.ts';
import { onlyRun, setFlags, SHORT_RUN } from '../fixtures/short-run.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-lora-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const MODEL = join(ROOT, 'models/arith-base');
const SETTINGS = {
  ...SHORT_RUN,
  iterations: 1,
  pool: { questions: 16, chunk: 16 },
  adapt: { method: 'lora' as const, rank: 4, alpha: 8 },
};
const uninterrupted = join(root, 'uninterrupted');
const STATE = 'weights/solver-1-step-3';

function contentOf(dir: string): Record<string, unknown> {
  const store = openRun(dir, { readOnly: true });
  try {
    const all = remains(store);
    return { ...all, summary: { ...Object(all.summary), runId: '' } };
  } finally {
    store.close();
  }
}

beforeAll(async () => {
  await evolve({ runDir: uninterrupted, config: { ...SETTINGS, model: MODEL } }).result;
}, 120_000);

describe('a run with adapters', () => {
  it('ends like an uninterrupted one after a kill in a Solver step', { timeout: 120_000 }, async () => {
    const runsDir = join(root, 'killed');
    const flags = setFlags({ ...SETTINGS, model: MODEL, adapt: { rank: 4, alpha: 8 } });
    const killed = await rzero(['evolve', '--lora', ...flags, '--runs-dir', runsDir, '--json'], {
      cwd: ROOT,
      onLine: atEvent(
        'SIGKILL',
        (event) => event.type === 'progress' && event.stage === 'train-solver' && event.step === 1,
      ),
    });
    expect(killed.signal).toBe('SIGKILL');
    const dir = onlyRun(runsDir);
    expect((await resume(dir).result).outcome).toBe('finished');
    expect(contentOf(dir)).toEqual(contentOf(uninterrupted));
  });

  it('stores only the adapter of each policy, without the base', () => {
    const names = readdirSync(join(uninterrupted, STATE)).toSorted();
    expect(names).toEqual([
      'adapter_config.json',
      'adapter_model.safetensors',
      'base_fingerprint.json',
      'generation_config.json',
      'optimizer.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
      'trainer.json',
    ]);
    const config = JSON.parse(readFileSync(join(uninterrupted, STATE, 'adapter_config.json'), 'utf8')) as unknown;
    expect(config).toMatchObject({ r: 4, lora_alpha: 8, base_model_name_or_path: MODEL });
    const size = (path: string): number => statSync(path).size;
    const adapter = size(join(uninterrupted, STATE, 'adapter_model.safetensors'));
    expect(adapter).toBeLessThan(size(join(MODEL, 'model.safetensors')) / 4);
  });

  it('stores its best iteration as a complete model', async () => {
    const best = await loadCheckpoint(join(uninterrupted, 'best'));
    const base = await loadCheckpoint(MODEL);
    expect(best.config).toEqual(base.config);
    expect(existsSync(join(uninterrupted, 'best', 'optimizer.safetensors'))).toBe(false);
  });
});

describe('an adapter as a model', () => {
  const state = join(uninterrupted, STATE);
  const run = (...parameters: string[]) => rzero([...parameters, '--runs-dir', root], { cwd: ROOT });

  it('is exported merged or alone', { timeout: 60_000 }, async () => {
    const [merged, alone, refused] = await Promise.all([
      run('export', '--model', state, '--out', join(root, 'merged')),
      run('export', '--model', state, '--out', join(root, 'alone'), '--adapter', '--dtype', 'bfloat16'),
      run('export', '--model', MODEL, '--out', join(root, 'none'), '--adapter'),
    ]);
    expect([merged.err, alone.err]).toEqual(['', '']);
    const [whole, over, base] = [
      await loadCheckpoint(join(root, 'merged')),
      await loadCheckpoint(state),
      await loadCheckpoint(MODEL),
    ];
    expect(whole).toEqual(over);
    expect(whole.weights).not.toEqual(base.weights);
    const { entries } = await readSafetensorsHeader(join(root, 'alone', 'adapter_model.safetensors'));
    expect(new Set(entries.map(({ dtype }) => dtype))).toEqual(new Set(['BF16']));
    expect(readdirSync(join(root, 'alone'))).not.toContain('optimizer.safetensors');
    expect(alone.out).toContain('LoRA adapter, rank 4, alpha 8, on all seven matrices of a layer');
    expect(refused.code).toBe(1);
    expect(lastLine(refused.err)).toContain('adapt.method=lora');
  });

  it('is accepted by chat, eval, show and doctor', { timeout: 60_000 }, async () => {
    const [chat, measured, shown, checked] = await Promise.all([
      run('chat', '--model', state, '--ask', 'Compute 2 + 3.', '--json'),
      run('eval', '--model', state, '--questions', '8', '--samples', '1', '--json'),
      run('show', uninterrupted),
      rzero(['doctor', '--model', state], { cwd: ROOT }),
    ]);
    expect([chat, measured, shown, checked].map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(JSON.parse(chat.out)).toMatchObject({ truth: '5' });
    expect(JSON.parse(measured.out)).toMatchObject({ model: state, perQuestion: expect.any(Array) });
    expect(shown.out).toContain('LoRA: rank 4, alpha 8');
    expect(checked.out).toMatch(/LoRA adapter of rank 4, alpha 8[^]*over\s+\S*arith-base/);
  });

  it('is trained by finetune, or its settings are named', { timeout: 60_000 }, async () => {
    const settings = ['--set=solver.steps=1', '--set=solver.prompts=4', '--set=evaluation.questions=4', '--seed', '2'];
    const data = ['finetune', '--data', '8', '--model', state, '--json', ...settings];
    const rank = ['--set=adapt.rank=4', '--set=adapt.alpha=8'];
    const [trained, whole, other] = await Promise.all([
      rzero([...data, '--lora', ...rank, '--runs-dir', join(root, 'finetuned')], { cwd: ROOT }),
      run(...data),
      run(...data, '--lora'),
    ]);
    expect(trained).toMatchObject({ code: 0, err: '' });
    const result = join(onlyRun(join(root, 'finetuned')), 'weights/solver-1-step-1');
    expect(JSON.parse(readFileSync(join(result, 'trainer.json'), 'utf8'))).toEqual({ version: 4, updates: 1 });
    expect(JSON.parse(readFileSync(join(result, 'adapter_config.json'), 'utf8'))).toMatchObject({ r: 4 });
    expect([whole.code, other.code]).toEqual([1, 1]);
    expect(whole.err).toMatch(/holds a LoRA adapter.*all parameters/);
    expect(lastLine(other.err)).toMatch(/--set adapt\.rank=4 --set adapt\.alpha=8/);
  });
});
