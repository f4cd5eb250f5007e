import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  forwardBackward,
  forwardBackwardOutput,
  sampleOutput,
  sampleRequest,
} from '../../test/fixtures/wire/messages.ts';
import { parseJson } from './json/parse.ts';
import { readSampleOutputJson, readSampleRequestJson, sampleOutputJson, sampleRequestJson } from './json/sampling.ts';
import {
  forwardBackwardJson,
  forwardBackwardOutputJson,
  readForwardBackwardJson,
  readForwardBackwardOutputJson,
} from './json/training.ts';
import { decodeSampleOutput, encodeSampleOutput } from './protobuf/sampling.ts';
import {
  decodeForwardBackward,
  decodeForwardBackwardOutput,
  encodeForwardBackward,
  encodeForwardBackwardOutput,
} from './protobuf/training.ts';

// `toStrictEqual` compares numbers with Object.is: NaN equals NaN, and -0 differs from 0.
describe('a message returns unchanged', () => {
  it('from protobuf', () => {
    fc.assert(
      fc.property(forwardBackward, (value) => {
        expect(decodeForwardBackward(encodeForwardBackward(value))).toStrictEqual(value);
      }),
    );
    fc.assert(
      fc.property(forwardBackwardOutput, (value) => {
        expect(decodeForwardBackwardOutput(encodeForwardBackwardOutput(value))).toStrictEqual(value);
      }),
    );
    fc.assert(
      fc.property(sampleOutput, (value) => {
        expect(decodeSampleOutput(encodeSampleOutput(value))).toStrictEqual(value);
      }),
    );
  });

  it('from JSON', () => {
    fc.assert(
      fc.property(forwardBackward, (value) => {
        expect(readForwardBackwardJson(parseJson(forwardBackwardJson(value)))).toStrictEqual(value);
      }),
    );
    fc.assert(
      fc.property(forwardBackwardOutput, (value) => {
        expect(readForwardBackwardOutputJson(parseJson(forwardBackwardOutputJson(value)))).toStrictEqual(value);
      }),
    );
    fc.assert(
      fc.property(sampleOutput, (value) => {
        expect(readSampleOutputJson(parseJson(sampleOutputJson(value)))).toStrictEqual(value);
      }),
    );
    fc.assert(
      fc.property(sampleRequest, (value) => {
        expect(readSampleRequestJson(parseJson(sampleRequestJson(value)))).toStrictEqual(value);
      }),
    );
  });
});
