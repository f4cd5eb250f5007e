/** Gradients of repeated tokens have the same bits every time: additions to one row keep their order. */

import { expect, it } from 'vitest';

import { addedRows } from '../../src/engine/local/graph/lowering.ts';
import { OnnxGraph } from '../../src/engine/local/onnx/graph.ts';
import { int32 } from '../../src/engine/local/session.ts';
import { DeviceMemory } from '../../src/engine/local/webgpu/device-memory.ts';
import { DeviceRows } from '../../src/engine/local/webgpu/training/device-rows.ts';
import { floats, float32, openDeviceSession } from '../../src/engine/local/session.ts';
import { Random } from '../../src/random.ts';

const [ROWS, WIDTH, COUNT] = [3, 24, 130];
const random = new Random(5);
const values = Float32Array.from({ length: COUNT * WIDTH }, () => random.normal());
/** Row 0 is never there; row 2 has most of the additions. */
const indices = Int32Array.from({ length: COUNT }, (_, at) => (at % 7 === 0 ? 1 : 2));

function expected(): Float64Array {
  const sum = new Float64Array(ROWS * WIDTH).fill(1);
  indices.forEach((row, at) => {
    for (let i = 0; i < WIDTH; i++) sum[row * WIDTH + i] += values[at * WIDTH + i];
  });
  return sum;
}

it('in layered training', async () => {
  const memory = new DeviceMemory();
  const rows = new DeviceRows(memory);
  const given = await memory.upload({ shape: [COUNT, WIDTH], data: values });
  const found: Float32Array[] = [];
  for (let round = 0; round < 12; round++) {
    const sum = await memory.upload({ shape: [ROWS, WIDTH], data: new Float32Array(ROWS * WIDTH).fill(1) });
    await rows.add(sum, indices, given);
    found.push((await memory.download(sum)).data);
    sum.dispose();
  }
  for (const one of found) expect(one).toEqual(found[0]);
  expected().forEach((value, at) => expect(Math.abs(value - found[0][at])).toBeLessThan(1e-4));
  given.dispose();
  await rows.close();
  await memory.close();
});

it('in the graph of whole sequences', async () => {
  const graph = new OnnxGraph('webgpu');
  const sum = graph.input('sum', 'float', [ROWS, WIDTH]);
  const [given, all] = [graph.input('values', 'float', ['N', WIDTH]), graph.input('all', 'int32', ['N'])];
  const distinct = graph.input('distinct', 'int32', ['U']);
  const output = graph.output(addedRows(graph, sum, all, given, distinct), 'float');
  const session = await openDeviceSession(graph.finish());
  const feeds = {
    sum: float32(new Float32Array(ROWS * WIDTH).fill(1), [ROWS, WIDTH]),
    values: float32(values, [COUNT, WIDTH]),
    all: int32(indices, [COUNT]),
    distinct: int32(Int32Array.of(1, 2), [2]),
  };
  const first = floats((await session.run(feeds))[output]).slice();
  for (let round = 0; round < 12; round++) expect(floats((await session.run(feeds))[output])).toEqual(first);
  expected().forEach((value, at) => expect(Math.abs(value - first[at])).toBeLessThan(1e-4));
  await session.release();
});
