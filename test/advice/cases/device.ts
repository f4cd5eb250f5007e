/** Errors of the device that models run on. */

import { join } from 'node:path';
import { expect } from 'vitest';
import { resolveConfig } from '../../../src/config/load.ts';
import { deviceProblem } from '../../../src/engine/local/device/choice.ts';
import type { DeviceReport, ReportPart } from '../../../src/engine/local/device/report.ts';
import { webgpuError } from '../../../src/engine/local/webgpu/errors.ts';
import { refuseDifferent } from '../../../src/engine/local/webgpu/sampling/check-half.ts';
import { EngineError, type RzeroError } from '../../../src/errors.ts';
import { continuedDevice, keepDevice, type newDevice } from '../../../src/loop/device/run-device.ts';
import { openRun } from '../../../src/store/sqlite.ts';
import createScriptedEngine from '../../engines/scripted/index.ts';
import { copyOldRun } from '../../fixtures/old-runs.ts';
import { carryOut } from '../command.ts';
import type { AdviceCase } from '../followed.ts';
import { succeed } from '../perform.ts';

function thrown(error: RzeroError | null): never {
  if (error === null) throw new Error('There is no problem.');
  throw error;
}

const report = (parts: ReportPart[], aborted: string | null = null): DeviceReport => ({
  name: null,
  parts,
  aborted,
  seconds: 1,
});

/** Asks the shipped base with the option that the advice names. */
async function useProcessor(place: string, { advice }: { advice: string }): Promise<void> {
  expect(advice).toContain('--device cpu');
  const question = ['--ask', 'Compute 3 + 4.', '--set', 'engine.threads=1'];
  await succeed(['chat', '--device', 'cpu', ...question], { cwd: place });
}

/** A run that has used `adapter`, and goes on as `fix` says. */
async function goOn(place: string, adapter: string, fix: typeof newDevice): Promise<unknown> {
  const store = openRun(copyOldRun('interrupted', place));
  try {
    const { engine } = resolveConfig({ set: ['engine.device=webgpu', 'engine.threads=1'] });
    store.commit({ cursor: store.cursor(), engine });
    keepDevice(store, { device: 'webgpu', adapter, reason: '' }, () => {});
    return await continuedDevice(store, engine, { device: null, opened: null, model: join(place, 'base'), fix });
  } finally {
    store.close();
  }
}

const now =
  (adapter: string): typeof newDevice =>
  async (engine) => ({ engine, choice: { device: 'webgpu', adapter, reason: '' } });

/** The processor is everywhere. */
async function continueOnProcessor(place: string, { advice }: RzeroError): Promise<void> {
  const line = advice.replace('--device webgpu', '--device cpu');
  const ended = await carryOut(line, { cwd: place }, ['--json']);
  expect(ended.out).toContain('"device":"cpu"');
}

export const CASES: AdviceCase[] = [
  {
    file: 'engine/local/webgpu/errors.ts',
    message: '……',
    advice: /^Install the Vulkan loader .*, or use the processor: --device cpu\.$/,
    provoke: () => thrown(webgpuError(new Error('Failed to get a WebGPU adapter: No supported adapters'), 'linux')),
    follow: useProcessor,
  },
  {
    file: 'engine/local/device/choice.ts',
    message: '…',
    advice: 'Pass another one, or --device cpu.',
    provoke: () => {
      const typed = { kind: 'budget', advice: 'Pass another one, or --device cpu.' } as const;
      thrown(deviceProblem(report([{ part: 'failed', what: 'numbers', message: 'The memory is full.', typed }])));
    },
    follow: useProcessor,
  },
  {
    file: 'engine/local/device/choice.ts',
    message: 'The process that tried the GPU did not finish: ….',
    advice: 'Update the driver of the GPU, or use the processor: --device cpu.',
    provoke: () => thrown(deviceProblem(report([], 'the driver ended it (SIGABRT)'))),
    follow: useProcessor,
  },
  {
    file: 'engine/local/device/choice.ts',
    message: 'The GPU computes wrong: ….',
    advice: /^Use the processor: --device cpu\. .*`rzero doctor` compares its numbers\.$/,
    provoke: () => {
      const fine = { logprobs: 0, updates: 0, tokens: { equal: 3, of: 3 }, operators: { wrong: [], of: 1 } };
      thrown(deviceProblem(report([{ part: 'numbers', gradients: Number.NaN, ...fine }])));
    },
    follow: useProcessor,
  },
  {
    file: 'engine/local/webgpu/sampling/check-half.ts',
    message: 'In half precision, log-probabilities on the GPU differ by … nats (limit …).',
    advice: 'Sample in single precision: --set engine.samplingPrecision=float32.',
    provoke: () => refuseDifferent(Number.NaN),
    follow: async (place, { advice }) => {
      const setting = advice.match(/--set (\S+)\.$/)?.[1] ?? '';
      const question = ['--ask', 'Compute 3 + 4.', '--set', 'engine.threads=1'];
      await succeed(['chat', ...question, '--set', setting], { cwd: place });
    },
  },
  {
    file: 'loop/device/run-device.ts',
    message: 'The run … has the engine "…", which has no device to choose.',
    advice: /^Continue it without --device: `rzero resume interrupted --runs-dir \S+`\.$/,
    provoke: async (place) => {
      const store = openRun(copyOldRun('interrupted', place));
      try {
        const { engine } = resolveConfig({ set: ['engine.kind=tinker'] });
        await continuedDevice(store, engine, { device: 'cpu', opened: await createScriptedEngine(), model: place });
      } finally {
        store.close();
      }
    },
    follow: async (place, { advice }) => {
      const ended = await carryOut(advice, { cwd: place }, ['--json']);
      expect(ended.out).toContain('"run-end"');
    },
  },
  {
    file: 'loop/device/run-device.ts',
    message: 'The run … was computed on …, and would go on with …: its numbers would differ in their last digits.',
    advice:
      /^Continue it where it started, or accept that with --device: `rzero resume .* --device webgpu`, or --device cpu\.$/,
    provoke: (place) => goOn(place, 'One GPU', now('Another GPU')),
    follow: continueOnProcessor,
  },
  {
    file: 'loop/device/run-device.ts',
    message: 'The run … computes on WebGPU, which cannot be used here. …',
    advice: /^Continue it on the processor, .*: `rzero resume .* --device cpu`\.$/,
    provoke: (place) =>
      goOn(place, 'One GPU', () => Promise.reject(new EngineError('user', 'There is none.', 'Install one.'))),
    follow: continueOnProcessor,
  },
];
