/**
 * Opens ONNX Runtime sessions with common settings, and creates tensors. Graphs come from `onnx/graph.ts`.
 */

import { messageOf } from '../../errors.ts';
import { EngineError } from '../../errors.ts';
import { type NativeGate, passGate } from './native-gate.ts';
import type { ExternalValues } from './onnx/graph.ts';
import { ort } from './runtime.ts';
import { webgpuError } from './webgpu/errors.ts';

export interface Session {
  run(feeds: Feeds, fetches?: Fetches): Promise<ort.InferenceSession.OnnxValueMapType>;
  release(): Promise<void>;
}
export type Feeds = Record<string, ort.Tensor>;
/** Requested outputs: a tensor to overwrite, or null for a new one. */
export type Fetches = Record<string, ort.Tensor | null>;

export interface SessionOptions {
  /**
   * Plans one block of memory per set of input shapes after the first run. False if shapes keep changing,
   * because the blocks of all shapes would stay allocated in addition to the memory of the first runs.
   */
  memoryPattern?: boolean;
}

export interface DeviceSessionOptions {
  /**
   * Outputs that stay on the device as new tensors, which the caller disposes of. A session with them ignores given
   * fetches. Without them, an output is written over a given fetch, or comes back to this process. Default: none.
   */
  kept?: readonly string[];
}

/**
 * Threads of the runtime spin for 50 µs before they sleep. By default they spin much longer, which takes processor time
 * from the other threads of this process. ONNX Runtime ignores unknown options: `bench/threads.ts` measures the effect.
 */
const THREADS_THAT_WAIT = { session: { intra_op: { spin_duration_us: '50' } } };

/** On some GPUs (Intel), a long product is otherwise split into parts that are added in the order in which they end. */
const SAME_BITS = { use_deterministic_compute: '1' };

/** Gate of the thread that this module runs on; null on the main thread. */
let gate: NativeGate | null = null;

/** Makes all sessions of this thread pass the gate. */
export function useGate(shared: NativeGate): void {
  gate = shared;
}

/** Returns the gate that the sessions of this thread pass. */
export function gateInUse(): NativeGate | null {
  return gate;
}

/** Returns the options of every CPU session. `external` contains the data of the model's initializers. */
export function cpuOptions(
  threads: number,
  external: readonly ExternalValues[] = [],
  { memoryPattern = true }: SessionOptions = {},
): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    enableMemPattern: memoryPattern,
    extra: THREADS_THAT_WAIT,
    ...(external.length > 0 ? { externalData: external } : {}),
  };
}

/** Opens a CPU session for a model in memory. `external` contains the data of its initializers. */
export function openSession(
  model: Uint8Array,
  threads: number,
  external: readonly ExternalValues[] = [],
  options: SessionOptions = {},
): Promise<Session> {
  return open(model, cpuOptions(threads, external, options));
}

/** Returns the options of every session on the GPU. */
export function deviceOptions({ kept = [] }: DeviceSessionOptions = {}): ort.InferenceSession.SessionOptions {
  return {
    ...cpuOptions(1, [], { memoryPattern: false }),
    executionProviders: ['webgpu'],
    extra: { session: { ...THREADS_THAT_WAIT.session, ...SAME_BITS } },
    ...(kept.length === 0
      ? {}
      : { preferredOutputLocation: Object.fromEntries(kept.map((name) => [name, 'gpu-buffer'])) }),
  };
}

/**
 * Opens a session on the GPU. Its graph was emitted for `webgpu`. Errors of the provider and its driver are typed
 * (`webgpu/errors.ts`).
 */
export async function openDeviceSession(model: Uint8Array, given: DeviceSessionOptions = {}): Promise<Session> {
  const typed = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      throw webgpuError(error);
    }
  };
  const session = await typed(() => create(model, deviceOptions(given)));
  return { run: (feeds, fetches) => typed(() => session.run(feeds, fetches)), release: () => session.release() };
}

async function open(model: Uint8Array, options: ort.InferenceSession.SessionOptions): Promise<Session> {
  try {
    return await create(model, options);
  } catch (error) {
    const advice = 'Run `rzero doctor` to check whether ONNX Runtime works on this machine.';
    throw new EngineError('user', `ONNX Runtime could not build a graph: ${messageOf(error)}`, advice, {
      cause: error,
    });
  }
}

/** Every native call passes the gate. */
async function create(model: Uint8Array, options: ort.InferenceSession.SessionOptions): Promise<Session> {
  const session = await passGate(gate, () => ort.InferenceSession.create(model, options));
  return {
    run: (feeds, fetches) =>
      passGate(gate, () => (fetches === undefined ? session.run(feeds) : session.run(feeds, fetches))),
    release: () => passGate(gate, () => session.release()),
  };
}

export const float32 = (data: Float32Array, dims: readonly number[]): ort.Tensor =>
  new ort.Tensor('float32', data, dims);
export const int32 = (data: Int32Array, dims: readonly number[]): ort.Tensor => new ort.Tensor('int32', data, dims);
export const int64 = (values: readonly number[], dims: readonly number[] = [values.length]): ort.Tensor =>
  new ort.Tensor(
    'int64',
    BigInt64Array.from(values, (value) => BigInt(value)),
    dims,
  );

/** Returns the values of a float output, as a view of the runtime's buffer. */
export function floats(tensor: ort.OnnxValue): Float32Array {
  if (tensor instanceof ort.Tensor && tensor.data instanceof Float32Array) return tensor.data;
  throw new EngineError(
    'user',
    'ONNX Runtime returned a tensor of an unexpected type.',
    'Reinstall with `npm ci --ignore-scripts`.',
  );
}
