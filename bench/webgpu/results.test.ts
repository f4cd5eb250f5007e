import { expect, it } from 'vitest';
import { resultLines, type WebgpuRow } from './results.ts';

it('shows tokens per second, how many times as fast the GPU is, and what is missing', () => {
  const row: WebgpuRow = {
    shape: '5m',
    parameters: 5e6,
    row: 'train',
    what: '16 sequences',
    tokens: 1000,
    seconds: { webgpu: [0.5, 0.4, 9], cpu: [1] },
    missing: { 'PyTorch CUDA bfloat16': 'the time was over' },
  };
  const lines = resultLines([row]).filter((line) => !line.includes('─'));
  expect(lines.map((line) => line.trim().split(/\s{2,}/))).toEqual([
    ['tokens/s', 'webgpu', 'cpu', 'PyTorch CUDA bfloat16'],
    ['train 5m', '2000', '1000 (×2.00)', '-'],
    ['train 5m: PyTorch CUDA bfloat16 was not measured: the time was over'],
  ]);
});
