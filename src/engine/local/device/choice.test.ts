import { describe, expect, it } from 'vitest';
import type { DecoderConfig } from '../../../models/decoder-config.ts';
import { chooseDevice, deviceProblem, gainOf } from './choice.ts';
import type { DeviceReport, ReportPart } from './report.ts';

const DECODER: DecoderConfig = {
  architecture: 'qwen3',
  hidden: 1024,
  layers: 28,
  heads: 16,
  kvHeads: 8,
  headDim: 128,
  intermediate: 3072,
  vocabulary: 151_936,
  maxPositions: 40_960,
  ropeTheta: 1e6,
  rmsEpsilon: 1e-6,
  tied: true,
  qkNorm: true,
};
const ADAPTER: ReportPart = { part: 'adapter', half: true };
const RIGHT: ReportPart = {
  part: 'numbers',
  logprobs: 1e-5,
  gradients: 2e-6,
  updates: 1e-4,
  tokens: { equal: 36, of: 36 },
  operators: { wrong: [], of: 42 },
};
const SIZES = { layers: [1, 3], sequences: 64, tokens: 512 };
const FASTER: ReportPart = {
  part: 'speed',
  cpu: { sampling: 100, training: 50 },
  webgpu: { sampling: 310, training: 400 },
  ...SIZES,
};
const BUFFER: ReportPart = { part: 'buffer', largest: 2 ** 31, refused: 2 ** 32 - 256 };

function report(parts: ReportPart[], over: Partial<DeviceReport> = {}): DeviceReport {
  const name = { name: 'Some GPU', from: 'loader', software: false } as const;
  return { name, parts: [ADAPTER, ...parts], aborted: null, seconds: 3, ...over };
}

describe('the choice', () => {
  it('is the GPU that computes right and is faster, with the numbers', () => {
    expect(chooseDevice(report([RIGHT, FASTER, BUFFER]), DECODER, 'run')).toEqual({
      device: 'webgpu',
      adapter: 'Some GPU',
      reason: 'it computes right, and samples 3.1 and trains 8.0 times as fast as the processor',
    });
  });

  it.each<[string, DeviceReport, string]>([
    [
      'a GPU with wrong gradients, however fast',
      report([{ ...RIGHT, gradients: 1e38 }, FASTER]),
      'the GPU computes wrong: gradients differ by 1.0e+38 (limit 0.001)',
    ],
    ['a GPU with gradients that are no numbers', report([{ ...RIGHT, gradients: Number.NaN }, FASTER]), 'gradients'],
    [
      'a GPU that draws other tokens',
      report([{ ...RIGHT, tokens: { equal: 35, of: 36 } }, FASTER]),
      '1 of 36 greedy tokens differ',
    ],
    [
      'a GPU with a wrong operator',
      report([{ ...RIGHT, operators: { wrong: ['Gemm', 'CumSum'], of: 42 } }, FASTER]),
      'operators differ: Gemm, CumSum',
    ],
    ['a slower GPU', report([RIGHT, { ...FASTER, webgpu: { sampling: 40, training: 60 } }]), 'is not faster'],
    [
      'a GPU that is faster by less than the noise',
      report([RIGHT, { ...FASTER, webgpu: { sampling: 105, training: 52 } }]),
      'is not faster',
    ],
    ['a driver that ends its process', report([RIGHT], { aborted: 'the driver ended it (SIGABRT)' }), 'SIGABRT'],
    [
      'a software adapter',
      report([RIGHT, FASTER], { name: { name: 'SwiftShader', from: 'loader', software: true } }),
      'SwiftShader is a program on the processor',
    ],
    [
      'a GPU whose buffers are too small',
      report([RIGHT, FASTER, { part: 'buffer', largest: 2 ** 28, refused: 2 ** 29 }]),
      'its largest tensor has 622 MB, and the GPU refuses buffers of 537 MB',
    ],
    [
      'a speed that was not measured',
      report([RIGHT, { part: 'skipped', what: 'speed', why: 'memory is short' }]),
      'the speed of the GPU is not known: memory is short',
    ],
    [
      'no adapter',
      { ...report([]), parts: [{ part: 'failed', what: 'adapter', message: 'Failed to get a WebGPU adapter' }] },
      'found no GPU',
    ],
  ])('is the processor for %s', (_, given, reason) => {
    const choice = chooseDevice(given, DECODER, 'run');
    expect(choice).toMatchObject({ device: 'cpu', adapter: null, reason: expect.stringContaining(reason) });
  });

  it('counts only sampling where nothing is trained', () => {
    const speed = { cpu: { sampling: 100, training: 100 }, webgpu: { sampling: 50, training: 10_000 } };
    expect(gainOf(speed, 'sampling')).toBeCloseTo(0.5);
    // 4 sampled tokens and 1 trained one: 0.05 s on the processor, 0.0801 s on the GPU.
    expect(gainOf(speed, 'run')).toBeCloseTo(0.05 / 0.0801);
  });
});

it.each<[string, ReportPart[], Partial<DeviceReport>, string]>([
  ['no adapter', [{ part: 'failed', what: 'adapter', message: 'No supported adapters' }], {}, 'engine/user'],
  ['full memory', [{ part: 'failed', what: 'numbers', message: 'out of memory' }], {}, 'engine/budget'],
  ['an abort', [], { aborted: 'SIGSEGV' }, 'engine/transient'],
  ['wrong numbers', [{ ...RIGHT, logprobs: 0.5 }], {}, 'engine/numeric'],
])('a GPU is refused for %s, with a kind of its own', (_, parts, over, code) => {
  expect(deviceProblem(report(parts, over))).toMatchObject({ code });
});

it('what the engine says of a failure stays as it is', () => {
  const typed = { kind: 'budget', advice: 'Use less.' } as const;
  const problem = deviceProblem(report([{ part: 'failed', what: 'numbers', message: 'It is full.', typed }]));
  expect(problem).toMatchObject({ code: 'engine/budget', message: 'It is full.\nUse less.' });
});

it('nothing is wrong with a GPU whose speed alone failed', () => {
  expect(deviceProblem(report([RIGHT, { part: 'failed', what: 'speed', message: 'out of memory' }]))).toBeNull();
});
