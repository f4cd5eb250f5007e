import { create, toBinary } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { WireFormatError } from '../format-error.ts';
import { SampleResponseSchema } from '../schema/sampling_pb.ts';
import type { BatchedTensorSchema } from '../schema/tensors_pb.ts';
import { ForwardBackwardOutputSchema, ForwardBackwardRequestSchema } from '../schema/training_pb.ts';
import { bytesOf, int64Bytes } from './bytes.ts';
import { decodeSampleOutput } from './sampling.ts';
import { decodeForwardBackward, decodeForwardBackwardOutput, encodeForwardBackward } from './training.ts';

const two = bytesOf(Float32Array.of(-1, -2));
const offsets = (...values: number[]) => int64Bytes(Int32Array.from(values));

function request(init: MessageInitShape<typeof ForwardBackwardRequestSchema>): Uint8Array {
  return toBinary(ForwardBackwardRequestSchema, create(ForwardBackwardRequestSchema, init));
}

function output(logprobs: MessageInitShape<typeof BatchedTensorSchema>, numDatums = 0n): Uint8Array {
  const record = { fields: { logprobs }, numDatums };
  return toBinary(ForwardBackwardOutputSchema, create(ForwardBackwardOutputSchema, { lossFnOutputs: [record] }));
}

describe('a request in protobuf', () => {
  it.each([
    [
      { data: [{ modelInput: [{ chunk: { case: 'encodedText' as const, value: { tokens: Uint8Array.of(1, 2) } } }] }] },
      'data[0].model_input[0].tokens has 2 bytes, which is no multiple of 4',
    ],
    [
      { data: [{ modelInput: [{ chunk: { case: 'dmel' as const, value: {} } }] }] },
      'data[0].model_input[0] is of type dmel; only encoded_text is supported',
    ],
    [{ data: [{ modelInput: [{}] }] }, 'data[0].model_input[0] is of type empty; only encoded_text is supported'],
  ])('is refused: case %#', (init, message) => {
    expect(() => decodeForwardBackward(request(init))).toThrow(new WireFormatError(message));
  });

  it('prefers the new config, and joins it with the old one', () => {
    const bytes = Buffer.concat([
      request({ lossFnConfig: { a: 1, b: 2 } }),
      // loss_fn_config_v2 { "a": number 3 }, { "c": text "x" }
      Buffer.from('3a0e0a016112090900000000000008403a080a01631203120178', 'hex'),
    ]);
    expect(decodeForwardBackward(bytes).config).toEqual({ a: 3, b: 2, c: 'x' });
  });

  it('cannot have a sequence number beyond 32 bits', () => {
    const value = { modelId: 'm', seqId: 2 ** 31, data: [], loss: '', forwardOnly: false };
    expect(() => encodeForwardBackward(value)).toThrow(WireFormatError);
  });
});

describe('an output in protobuf', () => {
  it.each([
    [output({ data: two, offsets: offsets(0, 8), dtype: 9 }), 'has the unknown dtype 9'],
    [output({ data: two, offsets: offsets(0, 8), dtype: 3 }), 'must hold floating-point numbers'],
    [output({ data: two, offsets: offsets(0, 12), dtype: 1 }), 'offsets[1] is out of order or out of range'],
    [output({ data: two, offsets: offsets(0, 8, 4), dtype: 1 }), 'offsets[2] is out of order or out of range'],
    [output({ data: two, offsets: offsets(-4, 4), dtype: 1 }), 'offsets[1] is out of order or out of range'],
    [output({ data: two, offsets: offsets(0, 3), dtype: 1 }), 'offsets[1] is out of order or out of range'],
    [output({ data: two, offsets: Uint8Array.of(1), dtype: 1 }), 'offsets has 1 bytes, which is no multiple of 8'],
    [output({ data: two.subarray(1), offsets: offsets(0), dtype: 1 }), 'has 7 bytes, which is no multiple of 4'],
  ])('is refused: case %#', (bytes, message) => {
    const read = () => decodeForwardBackwardOutput(bytes);
    expect(read).toThrow(WireFormatError);
    expect(read).toThrow(message);
  });

  it('must have log-probabilities of all datums', () => {
    const bytes = output({ data: two, offsets: offsets(0, 8), dtype: 1 }, 2n);
    expect(() => decodeForwardBackwardOutput(bytes)).toThrow(
      'loss_fn_outputs[0] has 2 datums, but log-probabilities of 1',
    );
    const none = create(ForwardBackwardOutputSchema, { lossFnOutputs: [{ numDatums: 1n }] });
    expect(() => decodeForwardBackwardOutput(toBinary(ForwardBackwardOutputSchema, none))).toThrow(
      'loss_fn_outputs[0].logprobs is missing',
    );
  });
});

describe('a sample in protobuf', () => {
  const tokens = bytesOf(Int32Array.of(1, 2));

  it.each([
    [{ tokens, logprobs: two.subarray(4) }, 'sequences[0] has 2 tokens, but 1 log-probabilities'],
    [{ tokens, stopReason: 2 }, 'sequences[0] has the unknown stop_reason 2'],
    [{ tokens, stopReason: -1 }, 'sequences[0] has the unknown stop_reason -1'],
  ])('is refused: case %#', (sequence, message) => {
    const bytes = toBinary(SampleResponseSchema, create(SampleResponseSchema, { sequences: [sequence] }));
    expect(() => decodeSampleOutput(bytes)).toThrow(new WireFormatError(message));
  });

  it('has no log-probabilities if they are empty', () => {
    const sequences = [{ tokens, logprobs: new Uint8Array(0) }];
    const bytes = toBinary(SampleResponseSchema, create(SampleResponseSchema, { sequences }));
    expect(decodeSampleOutput(bytes).sequences[0].logprobs).toBeNull();
  });

  it('does not keep the message in memory', () => {
    const bytes = toBinary(SampleResponseSchema, create(SampleResponseSchema, { sequences: [{ tokens }] }));
    const decoded = decodeSampleOutput(Buffer.from(bytes)).sequences[0].tokens;
    expect(decoded.buffer.byteLength).toBe(8);
  });
});
