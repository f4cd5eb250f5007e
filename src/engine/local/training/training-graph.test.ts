import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

import type { DecoderConfig } from '../../../models/decoder-config.ts';
import { randomWeights } from '../../../models/init.ts';
import { SEQUENCE_INPUTS } from './causal-attention.ts';
import { ort } from '../runtime.ts';
import { feedOf } from '../memory/tensors.ts';
import { SequenceFeeds } from './sequence-feeds.ts';
import { float32, int32 } from '../session.ts';
import { sequenceGraph } from './training-graph.ts';

const CONFIG: DecoderConfig = {
  architecture: 'qwen3',
  hidden: 16,
  layers: 3,
  heads: 2,
  kvHeads: 1,
  headDim: 8,
  intermediate: 24,
  vocabulary: 32,
  maxPositions: 64,
  ropeTheta: 10_000,
  rmsEpsilon: 1e-6,
  tied: true,
  qkNorm: true,
};
const root = mkdtempSync(join(tmpdir(), 'rzero-order-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Returns the nodes in the order in which the runtime executed them. */
async function executed(): Promise<{ name: string; operator: string }[]> {
  const graph = sequenceGraph(CONFIG, 'training');
  const session = await ort.InferenceSession.create(graph.model, {
    enableProfiling: true,
    profileFilePrefix: join(root, 'profile'),
    logSeverityLevel: 3,
  });
  const weights = randomWeights(CONFIG, 1, 0.1);
  const feeds = new SequenceFeeds(CONFIG).of(
    feedOf(weights),
    [Int32Array.from([1, 2, 3, 4])],
    4,
    Int32Array.from([1, 3]),
  );
  feeds[SEQUENCE_INPUTS.targets] = int32(Int32Array.from([5, 6]), [2]);
  feeds[SEQUENCE_INPUTS.coefficients] = float32(Float32Array.from([1, -1]), [2, 1]);
  for (const { before, shape } of graph.gradients) {
    feeds[before] = float32(new Float32Array(shape.reduce((size, dim) => size * dim, 1)), shape);
  }
  await session.run(feeds);
  session.endProfiling();
  const [file] = readdirSync(root);
  const events: { cat: string; name: string; args: { op_name: string } }[] = JSON.parse(
    readFileSync(join(root, file), 'utf8'),
  );
  return events
    .filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'))
    .map(({ name, args }) => ({ name, operator: args.op_name }));
}

it('computes the gradient of each matrix before the backward pass reaches the layer below', async () => {
  const nodes = await executed();
  const gradients = nodes.flatMap(({ operator }, at) => (operator === 'Gemm' ? [at] : []));
  // The seven matrices of a layer; that of the output matrix is inside the loop.
  const outer = gradients.slice(-7 * CONFIG.layers);
  expect(outer).toHaveLength(7 * CONFIG.layers);
  const products = nodes.flatMap(({ operator }, at) => (operator === 'FusedMatMul' ? [at] : []));
  for (let layer = 1; layer < CONFIG.layers; layer++) {
    // Products of a layer's backward pass: seven for inputs of matrices, four in attention.
    const between = products.filter((at) => at > outer[7 * (layer - 1)] && at < outer[7 * layer]);
    expect(between).toHaveLength(11);
  }
});
