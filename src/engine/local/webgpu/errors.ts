/**
 * Turns messages of ONNX Runtime's WebGPU provider into typed errors that say what to do. Pure. The messages come from
 * Dawn, which runs WebGPU on Vulkan, Metal or Direct3D 12.
 */

import { EngineError, type EngineErrorKind, messageOf, RzeroError } from '../../../errors.ts';

/** What a message means. */
export type WebgpuFailure = 'no-build' | 'no-adapter' | 'lost' | 'too-large' | 'memory' | 'no-half' | 'driver';

/** The first pattern that matches decides: a lost device also reports its buffers as invalid. */
const PATTERNS: readonly [WebgpuFailure, RegExp][] = [
  ['no-build', /\[webgpu\] backend not found/i],
  ['no-adapter', /failed to get a webgpu (adapter|device)|no supported adapters/i],
  ['lost', /device (is |was )?lost|DEVICE_LOST|DEVICE_(REMOVED|HUNG|RESET)/i],
  ['no-half', /requires f16/i],
  ['too-large', /exceeds the max|allocation size too large|is larger than the maximum/i],
  // A buffer that could not be allocated is only reported as invalid; the reason is in the driver's log.
  ['memory', /OUT_OF_(DEVICE|HOST|POOL)_MEMORY|E_OUTOFMEMORY|out of memory|\[Invalid Buffer/i],
];

const ON_THE_CPU = 'or use the processor: --device cpu';
const SMALLER = `Set engine.recompute=on or lower engine.slots and engine.microBatchTokens with --set, ${ON_THE_CPU}.`;

/** What to do where half precision cannot be used. */
export const SINGLE = 'Sample in single precision: --set engine.samplingPrecision=float32.';

interface Explained {
  kind: EngineErrorKind;
  what: string;
  advice: string;
}

/** @param platform `process.platform` */
function explain(failure: WebgpuFailure, platform: string): Explained {
  switch (failure) {
    case 'no-build':
      return {
        kind: 'user',
        what: 'ONNX Runtime has no WebGPU on this platform',
        advice: 'Pass --device cpu. WebGPU needs Windows, macOS on arm64, or Linux on x64.',
      };
    case 'no-adapter':
      return { kind: 'user', what: 'ONNX Runtime found no GPU', advice: `${driverAdvice(platform)}, ${ON_THE_CPU}.` };
    case 'lost':
      return {
        kind: 'lost-policy',
        what: 'The GPU was lost while it computed',
        advice: `Start again: everything saved before is kept. Close other programs that use the GPU, update its driver, ${ON_THE_CPU}.`,
      };
    case 'no-half':
      return { kind: 'user', what: 'The GPU has no half precision', advice: SINGLE };
    case 'too-large':
      return { kind: 'budget', what: 'A tensor is larger than the GPU allows', advice: SMALLER };
    case 'memory':
      return { kind: 'budget', what: 'The memory of the GPU is full', advice: SMALLER };
    case 'driver':
      return {
        kind: 'transient',
        what: "The GPU's driver reported an error",
        advice: `Start again: everything saved before is kept. Update the driver if it fails again, ${ON_THE_CPU}.`,
      };
  }
}

/** What to install so that a GPU is found, without a full stop. */
export function driverAdvice(platform: string): string {
  if (platform === 'linux')
    return 'Install the Vulkan loader and the Vulkan driver of the GPU (Debian, Ubuntu: libvulkan1, and mesa-vulkan-drivers or the driver of NVIDIA)';
  if (platform === 'win32') return 'Update the driver of the GPU: it needs Direct3D 12';
  return 'Update the system: the GPU needs Metal';
}

/** Returns what a message of the provider means; `driver` if it is none of the known ones. */
export function webgpuFailure(message: string): WebgpuFailure {
  return PATTERNS.find(([, pattern]) => pattern.test(message))?.[0] ?? 'driver';
}

const LONGEST = 300;

/**
 * Returns the error to throw for a failure of a session on WebGPU. An error that is typed already is returned as it is.
 * @param platform `process.platform` unless a test asks for another
 */
export function webgpuError(error: unknown, platform: string = process.platform): RzeroError {
  if (error instanceof RzeroError) return error;
  const message = messageOf(error);
  const failure = webgpuFailure(message);
  const { kind, what, advice } = explain(failure, platform);
  const [first = ''] = message.trim().split('\n', 1);
  // Without an adapter, the message is a line of ONNX Runtime's source.
  const detail = failure === 'no-adapter' || failure === 'no-build' ? '.' : `: ${first.slice(0, LONGEST)}`;
  return new EngineError(kind, `${what}${detail}`, advice, { cause: error });
}
