import { cpSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createLocalEngine } from '../../engine/local/index.ts';
import { ModelLoadError } from '../../errors.ts';
import { loadCheckpoint, saveAdapter } from '../checkpoint.ts';
import { placeOfModel } from './adapter-base.ts';

const SHIPPED = fileURLToPath(new URL('../../../models/arith-base', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'rzero-base-pin-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const trained = join(root, 'trained');
const base = join(root, 'base');
const engineOptions = { threads: 1, slots: 1, microBatchTokens: 64, activationBytes: Infinity };

/** Trains no step, but saves a state as a training run does. */
async function saveNewAdapter(): Promise<void> {
  const engine = await createLocalEngine(engineOptions);
  try {
    const policy = await engine.openPolicy({
      from: { kind: 'base', path: base },
      optimizer: 'fresh',
      adapt: { kind: 'lora', seed: 1, rank: 2, alpha: 4, targets: ['q_proj'] },
    });
    const state = await policy.save({ home: root, name: 'state' });
    await policy.close();
    await engine.exportTo(state, trained);
  } finally {
    await engine.close();
  }
}

function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(path, bytes);
}

beforeEach(async () => {
  for (const folder of [base, trained]) rmSync(folder, { recursive: true, force: true });
  cpSync(SHIPPED, base, { recursive: true });
  await saveNewAdapter();
});

const refusal = (folder: string): Promise<unknown> =>
  placeOfModel(folder).then(
    () => null,
    (error: unknown) => error,
  );

describe('an adapter', () => {
  it('is refused over a base whose weights have changed, with the file and a way out', async () => {
    flip(join(base, 'model.safetensors'));
    const error = await refusal(trained);
    expect(error).toBeInstanceOf(ModelLoadError);
    expect(error).toMatchObject({
      message: expect.stringContaining(
        `The weights of the base model ${join(base, 'model.safetensors')} changed since the adapter ${trained} was trained on it.`,
      ),
      advice: expect.stringContaining(`set base_model_name_or_path in ${join(trained, 'adapter_config.json')}`),
    });
    await expect(loadCheckpoint(trained)).rejects.toThrow(ModelLoadError);
    // Both ways out of the advice work.
    rmSync(join(trained, 'base_fingerprint.json'));
    expect(await placeOfModel(trained)).toMatchObject({ base, basePin: null });
  });

  it('is accepted over a touched base, and over a copy of it at another path', async () => {
    utimesSync(join(base, 'model.safetensors'), 1_000_000_000, 1_000_000_000);
    expect(await refusal(trained)).toBeNull();
    const moved = join(root, 'moved');
    cpSync(SHIPPED, moved, { recursive: true });
    const config = join(trained, 'adapter_config.json');
    writeFileSync(config, readFileSync(config, 'utf8').replace(JSON.stringify(base), JSON.stringify(moved)));
    flip(join(base, 'model.safetensors'));
    expect(await placeOfModel(trained)).toMatchObject({ base: moved });
  });

  it('depends on the config of its base, and not on texts of which it has its own', async () => {
    writeFileSync(join(base, 'tokenizer_config.json'), '{}');
    writeFileSync(join(base, 'README.md'), 'changed');
    expect(await refusal(trained)).toBeNull();
    const config = join(base, 'config.json');
    writeFileSync(config, readFileSync(config, 'utf8').replace('10000', '10001'));
    expect(await refusal(trained)).toMatchObject({ message: expect.stringContaining('The config of the base model') });
  });

  it('takes its base’s fingerprint along when it is exported', async () => {
    const exported = join(root, 'exported');
    await saveAdapter(exported, trained);
    expect(readFileSync(join(exported, 'base_fingerprint.json'), 'utf8')).not.toContain('stamp');
    expect(await refusal(exported)).toBeNull();
    flip(join(base, 'model.safetensors'));
    expect(await refusal(exported)).toBeInstanceOf(ModelLoadError);
    rmSync(exported, { recursive: true });
  });
});
