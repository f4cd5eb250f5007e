/** Decides between processor and GPU from what was measured. Pure. */

import { EngineError, type RzeroError } from '../../../errors.ts';
import type { DecoderConfig } from '../../../models/decoder-config.ts';
import type { DeviceChoice } from '../../kind.ts';
import { webgpuError, webgpuFailure } from '../webgpu/errors.ts';
import { type DeviceReport, type MeasuredSpeed, partOf, type Rates, wrongNumbers } from './report.ts';
import { largestTensor } from './shapes.ts';

/** What the engine will do: a run samples and trains, everything else only samples. */
export type DeviceWork = 'run' | 'sampling';

/** Sampled tokens per trained token in a run with default settings. */
const SAMPLED_PER_TRAINED = 4;
/** The GPU must be faster by more than a measurement varies. */
const LEAST_GAIN = 1.1;

/** Takes the GPU only if its numbers are right and it is faster for this model. */
export function chooseDevice(report: DeviceReport, decoder: DecoderConfig, work: DeviceWork): DeviceChoice {
  const adapter = report.name?.name ?? null;
  const cpu = (reason: string): DeviceChoice => ({ device: 'cpu', adapter: null, reason });
  const problem = deviceProblem(report);
  if (problem !== null) return cpu(firstLine(problem));
  if (report.name?.software === true) return cpu(`${report.name.name} is a program on the processor, not a GPU`);
  const tooLarge = tensorProblem(report, decoder);
  if (tooLarge !== null) return cpu(tooLarge);
  const speed = partOf(report, 'speed');
  if (speed === undefined) return cpu(`the speed of the GPU is not known: ${whyMissing(report)}`);
  const gain = gainOf(speed, work);
  const times = timesAsFast(speed, work);
  if (gain < LEAST_GAIN) return cpu(`the GPU is not faster for this model: it ${times}`);
  return { device: 'webgpu', adapter, reason: `it computes right, and ${times}` };
}

/** Returns why the GPU cannot be used: none is found, its driver fails, or it computes wrong. Null if it can. */
export function deviceProblem(report: DeviceReport): RzeroError | null {
  const { parts, aborted } = report;
  const failed = parts.find((one) => one.part === 'failed' && (one.what === 'adapter' || one.what === 'numbers'));
  if (failed?.part === 'failed') {
    const { message, typed } = failed;
    return typed === undefined ? webgpuError(new Error(message)) : new EngineError(typed.kind, message, typed.advice);
  }
  if (aborted !== null) {
    return new EngineError(
      'transient',
      `The process that tried the GPU did not finish: ${aborted}.`,
      'Update the driver of the GPU, or use the processor: --device cpu.',
    );
  }
  const numbers = partOf(report, 'numbers');
  const wrong = numbers === undefined ? [] : wrongNumbers(numbers);
  if (wrong.length === 0) return null;
  return new EngineError(
    'numeric',
    `The GPU computes wrong: ${wrong.join(', ')}.`,
    'Use the processor: --device cpu. A newer driver of the GPU may compute right: `rzero doctor` compares its numbers.',
  );
}

/** Returns why the model's largest tensor does not fit into a buffer of the GPU; null if it does, or nothing is known. */
export function tensorProblem(report: DeviceReport, decoder: DecoderConfig): string | null {
  const refused = partOf(report, 'buffer')?.refused ?? null;
  const needed = largestTensor(decoder);
  if (refused === null || needed < refused) return null;
  return `its largest tensor has ${megabytes(needed)}, and the GPU refuses buffers of ${megabytes(refused)}`;
}

/** How many times as fast as the processor the GPU is for some work. */
export function gainOf({ cpu, webgpu }: Pick<MeasuredSpeed, 'cpu' | 'webgpu'>, work: DeviceWork): number {
  const seconds = ({ sampling, training }: Rates): number =>
    work === 'run' ? SAMPLED_PER_TRAINED / sampling + 1 / training : 1 / sampling;
  return seconds(cpu) / seconds(webgpu);
}

/** `samples 3.1 and trains 8.0 times as fast as the processor`. */
export function timesAsFast({ cpu, webgpu }: MeasuredSpeed, work: DeviceWork): string {
  const sampling = `samples ${(webgpu.sampling / cpu.sampling).toFixed(1)}`;
  const training = work === 'run' ? [`trains ${(webgpu.training / cpu.training).toFixed(1)}`] : [];
  return `${[sampling, ...training].join(' and ')} times as fast as the processor`;
}

function whyMissing({ parts }: DeviceReport): string {
  for (const one of parts) {
    if (one.part === 'skipped' && one.what === 'speed') return one.why;
    if (one.part === 'failed' && one.what === 'speed') return `the measurement failed (${webgpuFailure(one.message)})`;
  }
  return 'it was not measured';
}

function firstLine(error: RzeroError): string {
  const [line] = error.message.split('\n', 1);
  // `The GPU …`, but not `ONNX Runtime …`.
  return line.replace(/^[A-Z](?![A-Z])/, (letter) => letter.toLowerCase()).replace(/\.$/, '');
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
