/** Bytes that the Tinker SDK and Google's protobuf library wrote, in the oldest and the newest version that is known. */

import { readFileSync } from 'node:fs';
import { ScalarType } from '@bufbuild/protobuf';
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { outputOf, requestOf, sampleOf } from '../../../test/fixtures/wire/plain.ts';
import type { PlainOutput, PlainRequest, PlainSample } from '../../../test/fixtures/wire/plain.ts';
import { WireFormatError } from '../format-error.ts';
import { file_sampling } from '../schema/sampling_pb.ts';
import { file_tensors } from '../schema/tensors_pb.ts';
import { file_training } from '../schema/training_pb.ts';
import { decodeSampleOutput, encodeSampleOutput } from './sampling.ts';
import {
  decodeForwardBackward,
  decodeForwardBackwardOutput,
  encodeForwardBackward,
  encodeForwardBackwardOutput,
} from './training.ts';

/** Name, number, type, label and type name of a field, with the numbers of descriptor.proto. */
type FieldRow = [name: string, number: number, type: number, label: number, typeName: string];

interface Case<T> {
  name: string;
  hex: string;
  expected: T;
}

interface Fixture {
  descriptors: { messages: Record<string, FieldRow[]>; enums: Record<string, Record<string, number>> };
  requests: Case<PlainRequest>[];
  refused: Record<string, string>;
  outputs: Case<PlainOutput>[];
  samples: Case<PlainSample>[];
}

function fixture(version: string): Fixture {
  return JSON.parse(readFileSync(`test/fixtures/wire/sdk-${version}.json`, 'utf8')) as Fixture;
}

const ENUM = 14;

/** Describes a field as descriptor.proto does. A map is a repeated message of entries. */
function row(field: DescField): FieldRow {
  const { name, number, proto } = field;
  const typeName = proto.typeName.slice(proto.typeName.lastIndexOf('.') + 1);
  return [name, number, proto.type, proto.label, typeName];
}

const ours = new Map<string, DescMessage>();
function collect(prefix: string, message: DescMessage): void {
  ours.set(prefix + message.name, message);
  for (const nested of message.nestedMessages) collect(`${prefix}${message.name}.`, nested);
}
for (const file of [file_tensors, file_training, file_sampling])
  for (const message of file.messages) collect('', message);

/** The SDK's names that this project's schema does not have: requests to sample, which are JSON, and an old name. */
const ABSENT = new Set(['SamplingParams', 'StopStrings', 'StopTokens', 'TopkPromptLogprobs']);

describe.each(['0.25.0', '0.38.0'])('the SDK %s', (version) => {
  const { descriptors, requests, refused, outputs, samples } = fixture(version);

  it('has the fields of our schema', () => {
    const names = Object.keys(descriptors.messages).filter((name) => !ABSENT.has(name) && !name.endsWith('Entry'));
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) {
      const known = ours.get(name)?.fields.map(row) ?? [];
      // Enumerations are int32 in our schema; the older SDK has another name for one message.
      const theirs = descriptors.messages[name].map(([field, number, type, label, typeName]): FieldRow =>
        type === ENUM
          ? [field, number, ScalarType.INT32, label, '']
          : [field, number, type, label, typeName === 'TopkPromptLogprobs' ? 'TopkLogprobs' : typeName],
      );
      expect(known, name).toEqual(version === '0.38.0' ? theirs : expect.arrayContaining(theirs));
    }
    expect(descriptors.enums.StopReason).toEqual({ STOP_REASON_STOP: 0, STOP_REASON_LENGTH: 1 });
    expect(descriptors.enums.DType).toEqual({
      DTYPE_UNSPECIFIED: 0,
      DTYPE_FLOAT32: 1,
      DTYPE_INT64: 2,
      DTYPE_INT32: 3,
      DTYPE_BFLOAT16: 4,
    });
  });

  it.each(requests)('writes the request "$name"', ({ hex, expected }) => {
    const request = requestOf(expected);
    expect(decodeForwardBackward(Buffer.from(hex, 'hex'))).toStrictEqual(request);
    expect(decodeForwardBackward(encodeForwardBackward(request))).toStrictEqual(request);
  });

  it('writes a request of one tensor in the same bytes', () => {
    for (const { hex, expected } of requests.filter(({ name }) =>
      ['no shape', 'edges', 'matrix', 'many'].includes(name),
    )) {
      expect(Buffer.from(encodeForwardBackward(requestOf(expected))).toString('hex')).toBe(hex);
    }
  });

  it.each([
    ['wide', 'data[0].loss_fn_inputs.target_tokens[0] does not fit into 32 bits'],
    ['image', 'data[0].model_input[1] is of type image; only encoded_text is supported'],
    ['sparse', 'data[0].loss_fn_inputs.weights is sparse; sparse tensors are not supported'],
  ])('may write a request that is refused: %s', (name, message) => {
    expect(() => decodeForwardBackward(Buffer.from(refused[name], 'hex'))).toThrow(new WireFormatError(message));
  });

  it.each(outputs)('reads the output "$name"', ({ hex, expected }) => {
    const output = outputOf(expected);
    expect(decodeForwardBackwardOutput(Buffer.from(hex, 'hex'))).toStrictEqual(output);
    expect(decodeForwardBackwardOutput(encodeForwardBackwardOutput(output))).toStrictEqual(output);
  });

  it.each(samples)('reads the sample "$name"', ({ hex, expected }) => {
    const sample = sampleOf(expected);
    expect(decodeSampleOutput(Buffer.from(hex, 'hex'))).toStrictEqual(sample);
    expect(decodeSampleOutput(encodeSampleOutput(sample))).toStrictEqual(sample);
  });
});
