import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { SuiteDevice } from '../../../../test/fixtures/devices/device.ts';
import { Random } from '../../../random.ts';
import type { Chunks } from './chunks.ts';
import { scoringHead, trainingHead } from './head.ts';
import { OnnxGraph, type Value } from '../onnx/graph.ts';
import { float32, floats, int32, type Feeds } from '../session.ts';

const [ROWS, WIDTH, VOCABULARY] = [7, 3, 5];

interface Case {
  hidden: Float32Array;
  matrix: Float32Array;
  targets: Int32Array;
  coefficients: Float32Array;
  /** The gradient accumulated before. */
  sum: Float32Array;
}

function randomCase(seed: number): Case {
  const random = new Random(seed);
  const normals = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
  return {
    hidden: normals(ROWS * WIDTH),
    matrix: normals(VOCABULARY * WIDTH),
    targets: Int32Array.from({ length: ROWS }, () => random.integer(0, VOCABULARY - 1)),
    coefficients: normals(ROWS),
    sum: normals(VOCABULARY * WIDTH),
  };
}

/** The definition in float64, row by row. */
function expected({ hidden, matrix, targets, coefficients, sum }: Case): Record<string, number[]> {
  const logprobs: number[] = [];
  const entropy: number[] = [];
  const hiddenGradient = Array.from(hidden, () => 0);
  const matrixGradient = Array.from(sum);
  targets.forEach((target, row) => {
    const logits = Array.from({ length: VOCABULARY }, (_, token) =>
      Array.from({ length: WIDTH }, (_unused, i) => hidden[row * WIDTH + i] * matrix[token * WIDTH + i]).reduce(
        (a, b) => a + b,
      ),
    );
    const total = Math.log(logits.reduce((all, logit) => all + Math.exp(logit), 0));
    logprobs.push(logits[target] - total);
    entropy.push(-logits.reduce((all, logit) => all + Math.exp(logit - total) * (logit - total), 0));
    logits.forEach((logit, token) => {
      const slope = (Number(token === target) - Math.exp(logit - total)) * coefficients[row];
      for (let i = 0; i < WIDTH; i++) {
        hiddenGradient[row * WIDTH + i] += slope * matrix[token * WIDTH + i];
        matrixGradient[token * WIDTH + i] += slope * hidden[row * WIDTH + i];
      }
    });
  });
  return { logprobs, entropy, hiddenGradient, matrixGradient };
}

/** @param hasLoops whether graphs of the device may contain loops */
export function headContract(name: string, open: () => Promise<SuiteDevice>, hasLoops: boolean): void {
  describe(`the end of graphs on ${name}`, () => {
    let on: SuiteDevice;
    beforeAll(async () => {
      on = await open();
    });
    afterAll(() => on.close());

    async function found(given: Case, chunks: Chunks, purpose: 'scoring' | 'frozen' | 'training') {
      const device = on.sequences;
      const graph = new OnnxGraph(device.target);
      const inputs = {
        hidden: graph.input('hidden', 'float', ['P', WIDTH]),
        matrix: graph.input('matrix', 'float', [VOCABULARY, WIDTH]),
        targets: graph.input('targets', 'int32', ['P']),
      };
      const feeds: Feeds = {
        hidden: float32(given.hidden, [ROWS, WIDTH]),
        matrix: float32(given.matrix, [VOCABULARY, WIDTH]),
        targets: int32(given.targets, [ROWS]),
      };
      const named: Record<string, Value> = {};
      if (purpose === 'scoring') Object.assign(named, scoringHead(graph, inputs, chunks));
      else {
        feeds.coefficients = float32(given.coefficients, [ROWS, 1]);
        const coefficients = graph.input('coefficients', 'float', ['P', 1]);
        const sum = purpose === 'training' ? graph.input('sum', 'float', [VOCABULARY, WIDTH]) : null;
        if (sum !== null) feeds.sum = float32(given.sum, [VOCABULARY, WIDTH]);
        const { logprobs, entropy, gradients } = trainingHead(graph, { ...inputs, coefficients, sum }, chunks);
        Object.assign(named, { logprobs, entropy, hiddenGradient: gradients.hidden });
        if (gradients.matrix !== null) named.matrixGradient = gradients.matrix;
      }
      const values = Object.entries(named).map(([name, value]) => [name, graph.output(value, 'float')] as const);
      const session = await device.open(graph.finish());
      const outputs = await session.run(feeds);
      const result = Object.fromEntries(values.map(([name, value]) => [name, [...floats(outputs[value])]]));
      await session.release();
      return result;
    }

    it.each(hasLoops ? [1, 2, 3, 4, 7, 100] : [])(
      'matches its definition in chunks of at most %i rows',
      async (most) => {
        await expectFound(randomCase(most), { most });
      },
    );

    it.each([1, 2, 3, 4])('matches its definition in %i chunks without a loop', async (count) => {
      await expectFound(randomCase(count), { count });
    });

    async function expectFound(given: Case, chunks: Chunks): Promise<void> {
      const reference = expected(given);
      const outputs = await found(given, chunks, 'training');
      expect(Object.keys(outputs).toSorted()).toEqual(Object.keys(reference).toSorted());
      for (const [name, values] of Object.entries(reference)) {
        expect(outputs[name].length, name).toBe(values.length);
        values.forEach((value, i) => expect(Math.abs(outputs[name][i] - value), `${name}[${i}]`).toBeLessThan(1e-5));
      }
    }

    it('returns no gradient of a frozen matrix, and none when scoring', async () => {
      const given = randomCase(11);
      const chunks = hasLoops ? { most: 3 } : { count: 3 };
      const { matrixGradient: _, ...withoutMatrix } = await found(given, chunks, 'training');
      expect(await found(given, chunks, 'frozen')).toEqual(withoutMatrix);
      const { logprobs, entropy } = withoutMatrix;
      expect(await found(given, chunks, 'scoring')).toEqual({ logprobs, entropy });
    });
  });
}
