import { describe, expect, it } from 'vitest';
import type { DeviceReport, ReportPart } from '../../engine/local/device/report.ts';
import { readModelConfig } from '../../models/checkpoint.ts';
import { packageFile } from '../../package-file.ts';
import { deviceChecks } from './device.ts';

const DECODER = await readModelConfig(packageFile('models/arith-base'));
const RIGHT: ReportPart = {
  part: 'numbers',
  logprobs: 1.3e-5,
  gradients: 1.7e-6,
  updates: 2e-4,
  tokens: { equal: 36, of: 36 },
  operators: { wrong: [], of: 42 },
};
const SPEED: ReportPart = {
  part: 'speed',
  cpu: { sampling: 1230, training: 800 },
  webgpu: { sampling: 12_345, training: 9600 },
  layers: [1, 3],
  sequences: 64,
  tokens: 512,
};
const GPU: DeviceReport = {
  name: { name: 'Some GPU', from: 'loader', software: false },
  parts: [{ part: 'adapter', half: true }, RIGHT, SPEED, { part: 'buffer', largest: 2 ** 31, refused: 2 ** 32 - 256 }],
  aborted: null,
  seconds: 4,
};

describe('a GPU that is right and faster', () => {
  const checks = deviceChecks(GPU, DECODER, 'cpu');

  it('is named with its limits, its numbers and its speed', () => {
    expect(checks.map(({ name, found }) => `${name}: ${found}`)).toEqual([
      'GPU: Some GPU, as the Vulkan loader names it; half precision; buffers of 2.15 GB, refuses 4.29 GB',
      'GPU numbers: right for a small model of this family: log-probabilities differ by 1.3e-5 (limit 0.001), gradients by 1.7e-6 of their largest value (0.001), weight updates by 2.0e-4 (0.01), 36 of 36 greedy tokens are equal, 42 operators are right one by one',
      'GPU speed: samples 12.3 k tokens/s (processor: 1.23 k) with 64 sequences, trains 9.6 k (800) with 512 tokens; from models of 1 and 3 of its 4 layers',
      'device: auto takes webgpu: it computes right, and samples 10.0 and trains 12.0 times as fast as the processor',
    ]);
  });

  it('is offered', () => {
    expect(checks.at(-1)?.advice).toBe('Use the GPU with --device webgpu.');
    expect(deviceChecks(GPU, DECODER, 'auto').at(-1)?.advice).toBeNull();
  });
});

describe('a machine without a GPU', () => {
  const nothing: DeviceReport = {
    ...GPU,
    name: null,
    parts: [{ part: 'failed', what: 'adapter', message: 'Failed to get a WebGPU adapter: No supported adapters' }],
  };

  it('is fine unless the settings ask for one', () => {
    const [check, ...others] = deviceChecks(nothing, DECODER, 'cpu');
    expect(others).toEqual([]);
    expect(check).toMatchObject({ state: 'good', advice: expect.stringMatching(/^If this machine has one: /) });
    expect(deviceChecks(nothing, DECODER, 'webgpu')[0]).toMatchObject({ state: 'missing' });
  });
});

it('a GPU that computes wrong is no obstacle on the processor, and one on the GPU', () => {
  const wrong = {
    ...GPU,
    parts: [
      { part: 'adapter' as const, half: true },
      { ...RIGHT, gradients: 1e38 },
    ],
  };
  const [, numbers] = deviceChecks(wrong, DECODER, 'auto');
  expect(numbers).toMatchObject({ state: 'poor', found: expect.stringContaining('gradients differ by 1.0e+38') });
  expect(deviceChecks(wrong, DECODER, 'webgpu')[1].state).toBe('missing');
});

it('a driver that ends its process is named as such', () => {
  const aborted = { ...GPU, parts: [], aborted: 'the driver ended it (SIGABRT)' };
  expect(deviceChecks(aborted, DECODER, 'auto')[0].found).toContain('(SIGABRT)');
});
