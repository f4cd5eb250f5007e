/** Checks the GPU: what it is, whether it computes the same as the processor, and how fast it is for a model. */

import type { EngineConfig } from '../../config/schema.ts';
import { chooseDevice, deviceProblem } from '../../engine/local/device/choice.ts';
import { measureDevice } from '../../engine/local/device/measure.ts';
import { type DeviceReport, type MeasuredSpeed, partOf, TOLERANCES } from '../../engine/local/device/report.ts';
import { driverAdvice, webgpuFailure } from '../../engine/local/webgpu/errors.ts';
import type { DecoderConfig } from '../../models/decoder-config.ts';
import { bytes, clean, compact, duration, significant } from '../render/format.ts';
import type { Check } from './check.ts';

type LocalConfig = Extract<EngineConfig, { kind: 'local' }>;

/** Measures the GPU for a model, in another process. Takes a second without a GPU, otherwise up to half a minute. */
export async function checkDevice(engine: LocalConfig, decoder: DecoderConfig): Promise<Check[]> {
  const { threads, slots, microBatchTokens } = engine;
  const report = await measureDevice({ decoder, sizes: { threads, slots, microBatchTokens } });
  return deviceChecks(report, decoder, engine.device);
}

/** The checks of a report. A GPU that cannot be used fails only if the settings ask for it. */
export function deviceChecks(report: DeviceReport, decoder: DecoderConfig, asked: LocalConfig['device']): Check[] {
  const unusable = asked === 'webgpu' ? 'missing' : 'good';
  const adapter = partOf(report, 'adapter');
  const problem = deviceProblem(report);
  if (adapter === undefined) return [{ name: 'GPU', state: unusable, ...withoutAdapter(report) }];
  const checks: Check[] = [{ name: 'GPU', state: 'good', found: adapterText(report, adapter.half), advice: null }];
  const numbers = partOf(report, 'numbers');
  if (problem !== null) {
    const [first] = problem.message.split('\n', 1);
    const state = asked === 'webgpu' ? 'missing' : 'poor';
    return [...checks, { name: 'GPU numbers', state, found: clean(first, 600), advice: problem.advice }];
  }
  if (numbers !== undefined) {
    const { logprobs, gradients, updates, tokens, operators } = numbers;
    const differ = [
      `log-probabilities differ by ${exponent(logprobs)} (limit ${TOLERANCES.logprobs})`,
      `gradients by ${exponent(gradients)} of their largest value (${TOLERANCES.gradients})`,
      `weight updates by ${exponent(updates)} (${TOLERANCES.updates})`,
      `${tokens.equal} of ${tokens.of} greedy tokens are equal`,
      `${operators.of} operators are right one by one`,
    ];
    const found = `right for a small model of this family: ${differ.join(', ')}`;
    checks.push({ name: 'GPU numbers', state: 'good', found, advice: null });
  }
  const speed = partOf(report, 'speed');
  const found = speed === undefined ? `not measured: ${whyNot(report)}` : speedText(speed, decoder);
  checks.push({ name: 'GPU speed', state: 'good', found, advice: null });
  const { device, reason } = chooseDevice(report, decoder, 'run');
  const use = device === 'webgpu' && asked === 'cpu' ? 'Use the GPU with --device webgpu.' : null;
  checks.push({ name: 'device', state: 'good', found: `auto takes ${device}: ${clean(reason, 600)}`, advice: use });
  return checks;
}

/** Without an adapter, the driver may be missing, or it may have ended the process. */
function withoutAdapter(report: DeviceReport): Pick<Check, 'found' | 'advice'> {
  const failed = partOf(report, 'failed');
  const problem = deviceProblem(report);
  if (failed === undefined || webgpuFailure(failed.message) !== 'no-adapter') {
    const [first = 'no GPU was found'] = problem?.message.split('\n', 1) ?? [];
    return { found: `${clean(first, 600)}; models run on the processor`, advice: null };
  }
  return {
    found: 'ONNX Runtime finds none through WebGPU; models run on the processor',
    advice: `If this machine has one: ${lowerFirst(driverAdvice(process.platform))}.`,
  };
}

function adapterText(report: DeviceReport, half: boolean): string {
  const { name } = report;
  const from = { loader: 'the Vulkan loader', system: 'the operating system' };
  const named = name === null ? 'found, but nothing names it' : `${clean(name.name)}, as ${from[name.from]} names it`;
  const software = name?.software === true ? ['a program on the processor, not a GPU'] : [];
  return [named, ...software, half ? 'half precision' : 'no half precision', ...bufferText(report)].join('; ');
}

function bufferText(report: DeviceReport): string[] {
  const buffer = partOf(report, 'buffer');
  if (buffer === undefined) return [];
  const { largest, refused } = buffer;
  // A software adapter tries nothing larger.
  if (report.name?.software === true)
    return [`the model's largest tensor (${bytes(refused ?? largest)}) ${refused === null ? 'fits' : 'does not fit'}`];
  const up = largest === 0 ? 'no large buffers' : `buffers of ${bytes(largest)}`;
  return [refused === null ? `${up} work` : `${up}, refuses ${bytes(refused)}`];
}

function speedText({ cpu, webgpu, layers, sequences, tokens }: MeasuredSpeed, decoder: DecoderConfig): string {
  const rate = (value: number): string => compact(Number(significant(value).replaceAll(',', '')));
  const whole = layers.length === 1 ? '' : `; from models of ${layers.join(' and ')} of its ${decoder.layers} layers`;
  return [
    `samples ${rate(webgpu.sampling)} tokens/s (processor: ${rate(cpu.sampling)}) with ${sequences} sequences,`,
    `trains ${rate(webgpu.training)} (${rate(cpu.training)}) with ${tokens} tokens${whole}`,
  ].join(' ');
}

function whyNot(report: DeviceReport): string {
  for (const one of report.parts) {
    if (one.part === 'skipped' && one.what === 'speed') return one.why;
    if (one.part === 'failed' && one.what === 'speed') return clean(one.message.split('\n', 1)[0] ?? '', 300);
  }
  return report.aborted === null ? 'it was left out' : `${report.aborted}, after ${duration(report.seconds)}`;
}

const exponent = (value: number): string => value.toExponential(1);
const lowerFirst = (text: string): string => `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
