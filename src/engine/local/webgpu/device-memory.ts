/**
 * Moves values to the device and back, and copies and clears them there. ONNX Runtime has no functions for this in
 * Node, so each is a small session. `getData()` of a device tensor would abort the process: `download` is the only way
 * back.
 */

import type { Tensor } from '../../../models/decoder-config.ts';
import { ELEMENT_CODE, type ElementType, OnnxGraph, type Value } from '../onnx/graph.ts';
import type { ort } from '../runtime.ts';
import { float32, floats, int64, openDeviceSession, type Session } from '../session.ts';

interface Opened {
  session: Session;
  output: Value;
}

export class DeviceMemory {
  #sessions = new Map<string, Promise<Opened>>();

  /** Copies values to the device. The caller disposes of the tensor. */
  upload({ data, shape }: Tensor): Promise<ort.Tensor> {
    return this.#make('identity', float32(data, shape));
  }

  /** Copies a tensor within the device. The caller disposes of the copy. */
  copy(tensor: ort.Tensor): Promise<ort.Tensor> {
    return this.#make('identity', tensor);
  }

  /** Copies a float32 tensor within the device to half precision. The caller disposes of the copy. */
  half(tensor: ort.Tensor): Promise<ort.Tensor> {
    return this.#make('half', tensor);
  }

  /** Allocates a tensor of zeros. The caller disposes of it. */
  zeros(shape: readonly number[]): Promise<ort.Tensor> {
    return this.#make('filled', int64(shape));
  }

  /** Copies a tensor from the device. */
  async download(tensor: ort.Tensor): Promise<Tensor> {
    const { session, output } = await this.#open('identity', false);
    const outputs = await session.run({ [INPUT]: tensor });
    return { shape: [...tensor.dims], data: floats(outputs[output]).slice() };
  }

  /** Overwrites a tensor with zeros. */
  async clear(tensor: ort.Tensor): Promise<void> {
    const { session, output } = await this.#open('zeros', false);
    await session.run({ [INPUT]: tensor }, { [output]: tensor });
  }

  async close(): Promise<void> {
    for (const opened of this.#sessions.values()) await (await opened).session.release();
    this.#sessions.clear();
  }

  async #make(what: keyof typeof GRAPHS, input: ort.Tensor): Promise<ort.Tensor> {
    const { session, output } = await this.#open(what, true);
    return deviceTensor((await session.run({ [INPUT]: input }))[output]);
  }

  #open(what: keyof typeof GRAPHS, kept: boolean): Promise<Opened> {
    const key = `${what}.${kept}`;
    let opened = this.#sessions.get(key);
    if (opened === undefined) {
      const { model, output } = GRAPHS[what]();
      opened = openDeviceSession(model, { kept: kept ? [output] : [] }).then((session) => ({ session, output }));
      this.#sessions.set(key, opened);
    }
    return opened;
  }
}

/** Returns an output that a session kept on the device. */
export function deviceTensor(value: ort.OnnxValue): ort.Tensor {
  if ('location' in value && value.location === 'gpu-buffer') return value;
  throw new Error('this output is not on the device');
}

const INPUT = 'x';
const HALF = ELEMENT_CODE.float16;

const GRAPHS = {
  identity: () => built('float', (graph, x) => graph.node('Identity', [x])),
  half: () => built('float', (graph, x) => graph.node('Cast', [x], { attributes: { to: HALF } }), 'float16'),
  zeros: () => built('float', (graph, x) => zerosOf(graph, graph.node('Shape', [x]))),
  filled: () => built('int64', zerosOf),
};

function zerosOf(graph: OnnxGraph, shape: Value): Value {
  return graph.node('Expand', [graph.constant('float', [0]), shape]);
}

function built(
  type: ElementType,
  emit: (graph: OnnxGraph, x: Value) => Value,
  result: ElementType = 'float',
): { model: Uint8Array; output: Value } {
  const graph = new OnnxGraph('webgpu');
  const output = graph.output(emit(graph, graph.input(INPUT, type, type === 'int64' ? ['R'] : null)), result);
  return { model: graph.finish(), output };
}
