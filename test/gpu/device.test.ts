/** The measurement of a GPU, on the adapter of the tests. */

import { expect, it } from 'vitest';
import { localEngine } from '../../src/config/schema.ts';
import { deviceProblem } from '../../src/engine/local/device/choice.ts';
import { measureDevice } from '../../src/engine/local/device/measure.ts';
import { partOf } from '../../src/engine/local/device/report.ts';
import { settleDevice } from '../../src/engine/local/device/settle.ts';
import { largestTensor } from '../../src/engine/local/device/shapes.ts';
import { readModelConfig } from '../../src/models/checkpoint.ts';
import { packageFile } from '../../src/package-file.ts';

const MODEL = packageFile('models/arith-base');

it('the adapter computes right, and holds the largest tensor', async () => {
  const decoder = await readModelConfig(MODEL);
  const sizes = { threads: 1, slots: 4, microBatchTokens: 64 };
  const report = await measureDevice({ decoder, sizes, parts: ['adapter', 'numbers', 'buffer'] });
  expect(deviceProblem(report)).toBeNull();
  const numbers = partOf(report, 'numbers');
  expect(numbers?.tokens).toEqual({ equal: 36, of: 36 });
  // Equal bits would mean that the GPU was not used.
  expect(numbers?.gradients).toBeGreaterThan(0);
  expect(partOf(report, 'buffer')?.largest).toBeGreaterThanOrEqual(largestTensor(decoder));
});

it('webgpu is accepted, and stays in the settings', async () => {
  const { config, choice } = await settleDevice(localEngine.parse({ device: 'webgpu' }), MODEL, { work: 'run' });
  expect(config).toEqual(localEngine.parse({ device: 'webgpu' }));
  expect(choice).toMatchObject({ device: 'webgpu', reason: expect.stringContaining('within the tolerances') });
});
