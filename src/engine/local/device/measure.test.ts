import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { packageFile } from '../../../package-file.ts';
import { readModelConfig } from '../../../models/checkpoint.ts';
import { deviceProblem } from './choice.ts';
import { measureDevice } from './measure.ts';
import { settleDevice } from './settle.ts';
import { localEngine } from '../../../config/schema.ts';

const MODEL = packageFile('models/arith-base');
const SIZES = { threads: 1, slots: 2, microBatchTokens: 64 };

/** Hides every Vulkan driver; there is none on other systems than Linux to hide. */
const NONE = '/no/driver.json';
beforeEach(() => {
  vi.stubEnv('VK_ICD_FILENAMES', NONE);
  vi.stubEnv('VK_DRIVER_FILES', NONE);
});
afterEach(() => vi.unstubAllEnvs());
const isHidden = process.platform === 'linux';

describe('a measurement', () => {
  it('ends with a problem where there is no adapter', async () => {
    const decoder = await readModelConfig(MODEL);
    const report = await measureDevice({ decoder, sizes: SIZES, parts: ['adapter'] });
    expect(report.parts).toHaveLength(1);
    expect(report.aborted).toBeNull();
    if (isHidden) expect(deviceProblem(report)).toMatchObject({ code: 'engine/user' });
  });

  it('survives a process that does not answer', async () => {
    const decoder = await readModelConfig(MODEL);
    const report = await measureDevice({ decoder, sizes: SIZES, patience: 0.01 });
    expect(report).toMatchObject({ parts: [], aborted: 'no answer in 0.01 s' });
    expect(deviceProblem(report)?.message).toContain('did not finish: no answer in 0.01 s');
  });
});

describe('engine.device without a GPU', () => {
  const nothing = async () => ({
    name: null,
    parts: [{ part: 'failed' as const, what: 'adapter', message: 'Failed to get a WebGPU adapter' }],
    aborted: null,
    seconds: 1,
  });
  const settle = (device: 'auto' | 'cpu' | 'webgpu') =>
    settleDevice(localEngine.parse({ device }), MODEL, { work: 'run', measure: nothing });

  it('auto is the processor, and says why', async () => {
    const { config, choice } = await settle('auto');
    expect(config).toEqual(localEngine.parse({ device: 'cpu' }));
    expect(choice).toMatchObject({ device: 'cpu', reason: expect.stringContaining('found no GPU') });
  });

  it('webgpu is refused, with what to install', async () => {
    await expect(settle('webgpu')).rejects.toMatchObject({ code: 'engine/user' });
    await expect(settle('webgpu')).rejects.toThrow(/--device cpu/);
  });

  it('cpu measures nothing', async () => {
    expect((await settle('cpu')).config).toEqual(localEngine.parse({}));
  });
});
