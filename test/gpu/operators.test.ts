import { describe, expect, it } from 'vitest';

import { OnnxGraph } from '../../src/engine/local/onnx/graph.ts';
import { PROVEN_ON_WEBGPU } from '../../src/engine/local/onnx/targets.ts';
import { ort } from '../../src/engine/local/runtime.ts';
import { float32, floats } from '../../src/engine/local/session.ts';
import { PROOFS } from '../../src/engine/local/webgpu/proof/cases/index.ts';
import { differenceOf, prove, provenOperators, RIGHT_WITHIN } from '../../src/engine/local/webgpu/proof/prove.ts';
import { keepDeviceInFile } from '../fixtures/devices/gpu.ts';

keepDeviceInFile();

describe.each(provenOperators())('%s on the adapter', (operator) => {
  it.each(PROOFS[operator])('$name', async (one) => {
    const { difference, error } = await prove(operator, one);
    expect(error).toBeUndefined();
    expect(difference).toBeLessThan(RIGHT_WITHIN);
  });
});

it('has cases for every operator that graphs may contain', () => {
  expect(Object.keys(PROOFS).toSorted()).toEqual(Object.keys(PROVEN_ON_WEBGPU).toSorted());
  for (const operator of provenOperators()) expect(PROOFS[operator].length, operator).toBeGreaterThan(0);
});

describe('an output that the adapter computes wrongly', () => {
  const attributes = { axis: -1, epsilon: { float: 1e-6 }, stash_type: 1 };
  const x = Float32Array.of(1, 2, 3, -4);

  async function inverseOn(provider: 'cpu' | 'webgpu'): Promise<number[]> {
    const graph = new OnnxGraph('cpu');
    const inputs = [graph.input('x', 'float', [1, 4]), graph.input('weight', 'float', [4])];
    const [, inverse] = graph.nodes('SimplifiedLayerNormalization', inputs, 2, { attributes });
    graph.output(inverse, 'float');
    const session = await ort.InferenceSession.create(graph.finish(), { executionProviders: [provider] });
    const results = await session.run({ x: float32(x, [1, 4]), weight: float32(Float32Array.of(1, 1, 1, 1), [4]) });
    const values = [...floats(results[inverse])];
    await session.release();
    return values;
  }

  it('is found', async () => {
    const [expected, found] = [await inverseOn('cpu'), await inverseOn('webgpu')];
    expect(expected[0]).toBeCloseTo(1 / Math.sqrt(7.5), 5);
    expect(differenceOf(expected, found, true)).toBeGreaterThan(0.1);
  });

  it('cannot be put into a graph for the adapter', () => {
    const graph = new OnnxGraph('webgpu');
    const inputs = [graph.input('x', 'float', [1, 4]), graph.input('weight', 'float', [4])];
    const emit = (): unknown => graph.nodes('SimplifiedLayerNormalization', inputs, 2, { attributes });
    expect(emit).toThrow('SimplifiedLayerNormalization with 2 outputs is not proven on webgpu');
    expect(() => graph.node('LogSoftmax', inputs)).toThrow('LogSoftmax with 1 outputs is not proven on webgpu');
  });
});
