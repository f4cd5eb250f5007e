import { describe, expect, it } from 'vitest';
import type { ForwardBackward, SampleOutput } from '../messages.ts';
import { decodeSampleOutput, encodeSampleOutput } from './sampling.ts';
import { decodeForwardBackward, encodeForwardBackward } from './training.ts';

const request: ForwardBackward = {
  modelId: 'm1',
  seqId: 1,
  data: [
    {
      tokens: Int32Array.of(5, 6, 7),
      inputs: {
        target_tokens: { dtype: 'int64', data: Int32Array.of(6, 7, 8), shape: [3] },
        logprobs: { dtype: 'float32', data: Float32Array.of(0, -0.5, -1), shape: [3] },
        advantages: { dtype: 'float32', data: Float32Array.of(0, 1, 1), shape: [3] },
      },
    },
  ],
  loss: 'importance_sampling',
  forwardOnly: false,
};
const REQUEST =
  '0a026d3110011a88010a100a0e0a0c05000000060000000700000012300a0d7461726765745f746f6b656e73121f0a180600000000000000070000000000000008000000000000001802220103121f0a086c6f6770726f627312130a0c00000000000000bf000080bf180122010312210a0a616476616e746167657312130a0c000000000000803f0000803f18012201032213696d706f7274616e63655f73616d706c696e67';

const sample: SampleOutput = {
  sequences: [{ tokens: Int32Array.of(8, 9), logprobs: Float32Array.of(-0.5, -1), stopReason: 'length' }],
  promptLogprobs: Float32Array.of(Number.NaN, -2),
};
const SAMPLE = '0a160801120808000000090000001a08000000bf000080bf12080000c07f000000c0';

/** Bytes of another implementation (protobufjs), with the same order of map entries. */
describe('golden bytes', () => {
  it('of a request to train', () => {
    expect(decodeForwardBackward(Buffer.from(REQUEST, 'hex'))).toStrictEqual(request);
    expect(Buffer.from(encodeForwardBackward(request)).toString('hex')).toBe(REQUEST);
  });

  it('of a sample', () => {
    expect(decodeSampleOutput(Buffer.from(SAMPLE, 'hex'))).toStrictEqual(sample);
    expect(Buffer.from(encodeSampleOutput(sample)).toString('hex')).toBe(SAMPLE);
  });
});
