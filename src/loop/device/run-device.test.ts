import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { copyOldRun } from '../../../test/fixtures/old-runs.ts';
import createScriptedEngine from '../../../test/engines/scripted/index.ts';
import { resolveConfig } from '../../config/load.ts';
import type { EngineConfig } from '../../config/schema.ts';
import { EngineError } from '../../errors.ts';
import type { RunEvent } from '../../events.ts';
import { packageFile } from '../../package-file.ts';
import { openRun } from '../../store/sqlite.ts';
import { memoryRun } from '../loop.contract.ts';
import { resume } from '../evolve.ts';
import { continuedDevice, keepDevice, newDevice, onProcessor, RUN_DEVICE } from './run-device.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-device-'));
const model = packageFile('models/arith-base');
let runs = 0;
afterAll(() => rmSync(root, { recursive: true, force: true }));

const engineOf = (...set: string[]): EngineConfig => resolveConfig({ set }).engine;
const storeOf = (engine: EngineConfig) => memoryRun(join(root, `run-${++runs}`), { ...resolveConfig({}), engine });

describe('a new run', () => {
  it('on the processor has nothing to choose', async () => {
    expect(await newDevice(engineOf(), model)).toEqual({ engine: engineOf(), choice: null });
  });
});

describe('a run that goes on', () => {
  const nothing = { device: null, opened: null, model };

  it('keeps the processor without a word', async () => {
    const engine = engineOf();
    expect(await continuedDevice(storeOf(engine), engine, nothing)).toEqual({ engine, choice: null });
  });

  it('takes the processor instead of the GPU if that is asked for, and says what it means', async () => {
    const engine = engineOf('engine.device=webgpu', 'engine.slots=3');
    const found = await continuedDevice(storeOf(engine), engine, { ...nothing, device: 'cpu' });
    expect(found).toEqual({
      engine: engineOf('engine.slots=3'),
      choice: {
        device: 'cpu',
        adapter: null,
        reason: 'asked for; earlier steps ran on webgpu, so numbers differ in their last digits',
      },
    });
  });

  it('leaves half precision behind with the GPU', async () => {
    const engine = engineOf('engine.device=webgpu', 'engine.samplingPrecision=float16');
    const found = await continuedDevice(storeOf(engine), engine, { ...nothing, device: 'cpu' });
    expect(found.engine).toEqual(engineOf());
    expect(onProcessor(engine)).toEqual(engineOf());
  });

  it('is refused with an open engine on another device', async () => {
    const engine = engineOf();
    const store = storeOf(engine);
    const opened = { ...(await createScriptedEngine()), device: 'webgpu' as const };
    await expect(continuedDevice(store, engine, { ...nothing, opened })).rejects.toMatchObject({ code: 'config' });
    const accepted = await continuedDevice(store, engine, { ...nothing, opened, device: 'webgpu' });
    expect(accepted.engine).toEqual(engineOf('engine.device=webgpu'));
  });

  it('on a service has no device to choose', async () => {
    const engine = engineOf('engine.kind=tinker');
    await expect(continuedDevice(storeOf(engine), engine, { ...nothing, device: 'cpu' })).rejects.toThrow(
      'which has no device to choose',
    );
  });
});

it('a device is stored once per change, and reported each time', () => {
  const store = storeOf(engineOf());
  const events: RunEvent[] = [];
  const choice = { device: 'webgpu', adapter: 'Some GPU', reason: 'it is faster' } as const;
  const emit = (event: RunEvent): void => void events.push(event);
  keepDevice(store, choice, emit);
  keepDevice(store, choice, emit);
  expect(events).toEqual([
    { type: 'device', ...choice },
    { type: 'device', ...choice },
  ]);
  keepDevice(store, { ...choice, device: 'cpu', adapter: null }, emit);
  expect(store.partials(RUN_DEVICE, 0).map(({ value }) => value)).toEqual([
    { device: 'webgpu', adapter: 'Some GPU' },
    { device: 'cpu', adapter: null },
  ]);
});

it('a run that has ended describes its model on the processor', () => {
  expect(onProcessor(engineOf('engine.device=webgpu'))).toEqual(engineOf());
});

describe('a run on the GPU', () => {
  const engine = engineOf('engine.device=webgpu');
  const fix =
    (adapter: string): typeof newDevice =>
    async (given) => ({ engine: given, choice: { device: 'webgpu', adapter, reason: 'as the settings say' } });

  it('goes on with the same one only, unless the other is accepted', async () => {
    const store = storeOf(engine);
    keepDevice(store, { device: 'webgpu', adapter: 'One GPU', reason: '' }, () => {});
    const go = (adapter: string, device: 'webgpu' | null = null) =>
      continuedDevice(store, engine, { device, opened: null, model, fix: fix(adapter) });
    expect((await go('One GPU')).engine).toEqual(engine);
    await expect(go('Another GPU')).rejects.toThrow('was computed on One GPU, and would go on with Another GPU');
    expect((await go('Another GPU', 'webgpu')).engine).toEqual(engine);
  });

  it('is refused where it cannot be used, with the command that continues it', async () => {
    const none: typeof newDevice = () => Promise.reject(new EngineError('user', 'There is none.', 'Install one.'));
    const refused = continuedDevice(storeOf(engine), engine, { device: null, opened: null, model, fix: none });
    await expect(refused).rejects.toMatchObject({
      code: 'engine/user',
      message: expect.stringContaining('cannot be used here. There is none.'),
      advice: expect.stringMatching(/`rzero resume \S+ .*--device cpu`\.$/),
    });
  });

  it('goes on with the processor if that is asked for, which its config then names', async () => {
    const dir = copyOldRun('interrupted', root);
    const before = openRun(dir);
    before.commit({ cursor: before.cursor(), engine: engineOf('engine.device=webgpu', 'engine.threads=1') });
    before.close();
    const run = resume(dir, { device: 'cpu' });
    const events: RunEvent[] = [];
    for await (const event of run) {
      events.push(event);
      if (event.type === 'device') run.stop();
    }
    await run.result;
    expect(events).toContainEqual(expect.objectContaining({ type: 'device', device: 'cpu', adapter: null }));
    const store = openRun(dir, { readOnly: true });
    expect(store.meta().config.engine).toMatchObject({ kind: 'local', device: 'cpu' });
    store.close();
  });
});
