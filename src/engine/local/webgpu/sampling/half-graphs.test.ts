/** The graphs of half-precision samplers, as ONNX Runtime computes them on the processor. */

import { expect, it } from 'vitest';
import { adapterTensors } from '../../../../models/adapters/adapter.ts';
import type { DecoderConfig, Tensor, Weights } from '../../../../models/decoder-config.ts';
import { randomWeights } from '../../../../models/init.ts';
import { Random } from '../../../../random.ts';
import type { AdapterShape } from '../../../../types.ts';
import { rotaryTables } from '../../decoder.ts';
import { matrixNames, type Precision } from '../../graph/model-inputs.ts';
import { ELEMENT_CODE, OnnxGraph } from '../../onnx/graph.ts';
import { ort } from '../../runtime.ts';
import { prefillGraph } from '../../sampling/decoding-graph.ts';
import { SAMPLED_SHAPES } from '../../sampling/sampler.contract.ts';
import { type Feeds, float32, floats, int32, int64, openSession } from '../../session.ts';
import { SequenceFeeds } from '../../training/sequence-feeds.ts';
import { halfDifference, MOST_DIFFERENT, refuseDifferent } from './check-half.ts';
import { STEP_INPUTS } from './slot-attention.ts';
import { SLOT_TENSORS, stepGraph } from './step-graph.ts';

const CONFIG: DecoderConfig = { ...SAMPLED_SHAPES[0].config, architecture: 'qwen2', qkvBias: true, tied: false };
const ADAPTER: AdapterShape = { rank: 3, alpha: 5, targets: ['q_proj', 'down_proj'] };

/** The nearest number with 11 significant bits; ties go to the even one. */
function rounded(value: number): number {
  if (value === 0) return 0;
  const unit = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value)))) - 10);
  const low = Math.floor(value / unit);
  const rest = value / unit - low;
  const up = rest > 0.5 || (rest === 0.5 && low % 2 !== 0);
  return (up ? low + 1 : low) * unit;
}

function model(): Weights {
  const random = new Random(8);
  const factors = adapterTensors(CONFIG, ADAPTER).map(({ name, shape }): [string, Tensor] => [
    name,
    { shape, data: Float32Array.from({ length: shape[0] * shape[1] }, () => 0.2 * random.normal()) },
  ]);
  return new Map([...randomWeights(CONFIG, 4, 0.2), ...factors]);
}

const WEIGHTS = model();
const MATRICES = new Set(matrixNames(CONFIG));
const ROUNDED: Weights = new Map(
  Array.from(WEIGHTS, ([name, { shape, data }]) => [
    name,
    { shape, data: MATRICES.has(name) ? data.map(rounded) : data },
  ]),
);

/** Casts with ONNX Runtime. */
async function inHalf({ shape, data }: Tensor): Promise<ort.Tensor> {
  const graph = new OnnxGraph();
  const cast = graph.node('Cast', [graph.input('x', 'float', null)], { attributes: { to: ELEMENT_CODE.float16 } });
  const output = graph.output(cast, 'float16');
  const session = await openSession(graph.finish(), 1);
  const { [output]: half } = await session.run({ x: float32(data, shape) });
  await session.release();
  if (!(half instanceof ort.Tensor)) throw new Error('no tensor');
  return half;
}

async function tensorsOf(weights: Weights, precision: Precision): Promise<Map<string, ort.Tensor>> {
  const tensors = new Map<string, ort.Tensor>();
  for (const [name, tensor] of weights) {
    const half = precision === 'float16' && MATRICES.has(name);
    tensors.set(name, half ? await inHalf(tensor) : float32(tensor.data, tensor.shape));
  }
  return tensors;
}

async function run(graph: Uint8Array, output: string, feeds: Feeds): Promise<Float32Array> {
  const session = await openSession(graph, 1);
  const outputs = await session.run(feeds);
  await session.release();
  return floats(outputs[output]);
}

/** Log-probabilities after two prompts. */
async function prefilled(weights: Weights, precision: Precision): Promise<Float32Array> {
  const tensors = await tensorsOf(weights, precision);
  const prompts = [Int32Array.of(3, 9, 27, 11, 2), Int32Array.of(8, 1, 5)];
  const feeds = new SequenceFeeds(CONFIG, ADAPTER).of((name) => tensors.get(name), prompts, 16, Int32Array.of(4, 18));
  const { model: bytes, logDistribution } = prefillGraph(CONFIG, ADAPTER, 'webgpu', precision);
  return run(bytes, logDistribution, feeds);
}

/** Log-probabilities after one token in each of two slots, whose caches hold earlier tokens. */
async function stepped(weights: Weights, precision: Precision): Promise<Float32Array> {
  const { layers, kvHeads, headDim } = CONFIG;
  const [count, length, positions] = [2, 16, [3, 6]];
  const random = new Random(5);
  const { cosine, sine } = rotaryTables(CONFIG, length);
  const caches = Array.from({ length: layers }, (_, layer) => [SLOT_TENSORS.key(layer), SLOT_TENSORS.value(layer)]);
  const filled = (): ort.Tensor =>
    float32(
      Float32Array.from({ length: count * kvHeads * length * headDim }, () => random.normal()),
      [count, kvHeads, length, headDim],
    );
  const cells = positions.flatMap((position, slot) =>
    Array.from({ length: kvHeads }, (_, head) => [slot, head, position]).flat(),
  );
  const { model: bytes, over } = stepGraph(CONFIG, ADAPTER, precision);
  return run(bytes, over.get(SLOT_TENSORS.logs) ?? '', {
    ...Object.fromEntries(await tensorsOf(weights, precision)),
    ...Object.fromEntries(caches.flat().map((name) => [name, filled()])),
    [STEP_INPUTS.tokens]: int32(Int32Array.of(7, 12), [count]),
    [STEP_INPUTS.positions]: int64(positions, [count, 1]),
    [STEP_INPUTS.reach]: float32(Float32Array.from(positions), [count, 1, 1, 1]),
    [STEP_INPUTS.range]: float32(
      Float32Array.from({ length }, (_, at) => at),
      [1, 1, 1, length],
    ),
    [STEP_INPUTS.cells]: int64(cells, [count, kvHeads, 3]),
    [STEP_INPUTS.cosine]: float32(cosine, [length, headDim / 2]),
    [STEP_INPUTS.sine]: float32(sine, [length, headDim / 2]),
  });
}

function farthest(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at])), 0);
}

it('rounds weights as ONNX Runtime does', async () => {
  expect([1 + 2 ** -11, 1 + 3 * 2 ** -11, -0.1, 65504, 2 ** -24].map(rounded)).toEqual([
    1,
    1 + 2 ** -9,
    -0.0999755859375,
    65504,
    2 ** -24,
  ]);
  const name = 'model.layers.0.mlp.up_proj.weight';
  const read = async (weights: Weights): Promise<unknown> =>
    (await inHalf(weights.get(name) ?? { shape: [0], data: new Float32Array() })).data;
  expect(await read(ROUNDED)).toEqual(await read(WEIGHTS));
});

it.each([
  ['prefill', prefilled],
  ['a decoding step', stepped],
])('%s in half precision is that of the rounded weights', async (_name, logprobs) => {
  const [half, single, exact] = [
    await logprobs(WEIGHTS, 'float16'),
    await logprobs(ROUNDED, 'float32'),
    await logprobs(WEIGHTS, 'float32'),
  ];
  expect(half).toHaveLength(2 * CONFIG.vocabulary);
  expect(farthest(half, single)).toBeLessThan(1e-2);
  expect(farthest(half, exact)).toBeGreaterThan(1e-5);
  expect(halfDifference(exact, half, CONFIG.vocabulary)).toBeLessThan(MOST_DIFFERENT);
});

it('the difference is the mean over drawn tokens of the worst row, and NaN is refused', () => {
  const logs = (...values: number[]): Float32Array => Float32Array.from(values, Math.log);
  const expected = logs(0.5, 0.5, 0.75, 0.25);
  const shifted = expected.map((value, at) => value + [0, 0, 0.01, 0.05][at]);
  expect(halfDifference(expected, shifted, 2)).toBeCloseTo(0.75 * 0.01 + 0.25 * 0.05, 6);
  expect(() => refuseDifferent(halfDifference(expected, shifted, 2))).not.toThrow();
  shifted[2] += 0.01;
  expect(() => refuseDifferent(halfDifference(expected, shifted, 2))).toThrow('differ by 0.027 nats (limit 0.02)');
  shifted[1] = Number.NaN;
  expect(() => refuseDifferent(halfDifference(expected, shifted, 2))).toThrow('differ by NaN nats');
});
