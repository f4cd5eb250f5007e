/** Runs the node of a case, on the adapter or on the processor. */

import { Random } from '../../../../random.ts';
import { type ConstantType, OnnxGraph, type Value } from '../../onnx/graph.ts';
import { ort } from '../../runtime.ts';
import type { Feeds } from '../../session.ts';
import type { ProofCase, ProofInput } from './case.ts';

type Provider = 'cpu' | 'webgpu';
type Place = 'cpu' | 'gpu-buffer';
type Numbers = readonly number[];

/** An operator that the adapter lacks is an error, and not moved to the processor. */
const NO_FALLBACK = { session: { disable_cpu_ep_fallback: '1' } };

/** Returns the values of each output. */
export async function runCase(operator: string, one: ProofCase, seed: number, provider: Provider): Promise<Numbers[]> {
  const values = drawn(one, seed);
  const graph = new OnnxGraph('webgpu');
  const inputs = one.inputs.map((input, at) => declare(graph, input, at, values[at]));
  const outputs = graph.nodes(operator, inputs, one.outputs ?? 1, one.options);
  for (const output of outputs) graph.output(output, one.result ?? 'float');
  const feeds: Feeds = {};
  one.inputs.forEach((input, at) => {
    if (!input.constant) feeds[inputs[at]] = tensorOf(input, values[at]);
  });
  const session = await open(graph, provider);
  try {
    if (one.over !== undefined) return [await runOver(session, feeds, inputs[one.over], outputs[0], provider)];
    const results = await session.run(feeds);
    return outputs.map((output) => numbersOf(results[output]));
  } finally {
    await session.release();
  }
}

/**
 * Keeps the device open until the returned function is called. ONNX Runtime closes the device with the last session, and
 * opening it takes longer than a case.
 */
export async function keepDevice(): Promise<() => Promise<void>> {
  const { close } = await openCopy('cpu');
  return close;
}

/** Writes the output over a fed tensor; returns the tensor's values afterwards. */
async function runOver(
  session: ort.InferenceSession,
  feeds: Feeds,
  over: string,
  output: string,
  provider: Provider,
): Promise<Numbers> {
  if (provider === 'cpu') {
    await session.run(feeds, { [output]: feeds[over] });
    return numbersOf(feeds[over]);
  }
  const [up, down] = [await openCopy('gpu-buffer'), await openCopy('cpu')];
  const tensor = await up.run(feeds[over]);
  await session.run({ ...feeds, [over]: tensor }, { [output]: tensor });
  const back = await down.run(tensor);
  tensor.dispose();
  await up.close();
  await down.close();
  return numbersOf(back);
}

interface Copy {
  run(tensor: ort.Tensor): Promise<ort.Tensor>;
  /** Frees the memory behind the copies too. */
  close(): Promise<void>;
}

/** Copies to the device, or back. */
async function openCopy(place: Place): Promise<Copy> {
  const graph = new OnnxGraph('webgpu');
  const output = graph.output(graph.node('Identity', [graph.input('x', 'float', null)]), 'float');
  const session = await open(graph, 'webgpu', place);
  return { run: async (x) => (await session.run({ x }))[output], close: () => session.release() };
}

function open(graph: OnnxGraph, provider: Provider, place: Place = 'cpu'): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(graph.finish(), {
    executionProviders: [provider],
    logSeverityLevel: 4,
    intraOpNumThreads: 1,
    ...(provider === 'webgpu' ? { extra: NO_FALLBACK } : {}),
    ...(place === 'gpu-buffer' ? { preferredOutputLocation: place } : {}),
  });
}

function declare(graph: OnnxGraph, input: ProofInput, at: number, values: Numbers): Value {
  return input.constant
    ? graph.constant(input.type, values, input.dims)
    : graph.input(`input_${at}`, input.type, input.dims);
}

function drawn({ inputs }: ProofCase, seed: number): Numbers[] {
  const random = new Random(seed);
  return inputs.map(({ dims, value }) =>
    Array.from({ length: dims.reduce((size, dim) => size * dim, 1) }, (_, at) => value(random, at)),
  );
}

function tensorOf({ type, dims }: ProofInput, values: Numbers): ort.Tensor {
  const makers: Record<ConstantType, () => ort.Tensor> = {
    float: () => new ort.Tensor('float32', Float32Array.from(values), dims),
    int32: () => new ort.Tensor('int32', Int32Array.from(values), dims),
    int64: () => new ort.Tensor('int64', BigInt64Array.from(values, BigInt), dims),
    bool: () => new ort.Tensor('bool', Uint8Array.from(values), dims),
  };
  return makers[type]();
}

function numbersOf({ data }: ort.Tensor): Numbers {
  return Array.from<unknown, number>(data, Number);
}
