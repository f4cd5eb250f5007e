/** Hostile input: only WireFormatError may come out of a decoder, and soon. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  forwardBackward,
  forwardBackwardOutput,
  sampleOutput,
  sampleRequest,
} from '../../test/fixtures/wire/messages.ts';
import { WireFormatError } from './format-error.ts';
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

/** Runs a decoder; returns what it returned, or the WireFormatError that it threw. */
function outcome(decode: () => unknown): unknown {
  try {
    return decode();
  } catch (error) {
    expect(error).toBeInstanceOf(WireFormatError);
    return error;
  }
}

const decoders = [decodeForwardBackward, decodeForwardBackwardOutput, decodeSampleOutput];
const readers = [readForwardBackwardJson, readForwardBackwardOutputJson, readSampleOutputJson, readSampleRequestJson];

/** Valid bytes of all messages. */
const messages = fc.oneof(
  forwardBackward.map(encodeForwardBackward),
  forwardBackwardOutput.map(encodeForwardBackwardOutput),
  sampleOutput.map(encodeSampleOutput),
);
const texts = fc.oneof(
  forwardBackward.map(forwardBackwardJson),
  forwardBackwardOutput.map(forwardBackwardOutputJson),
  sampleOutput.map(sampleOutputJson),
  sampleRequest.map(sampleRequestJson),
);

/** Edits of one place: a byte or character is replaced, or the rest is cut off. */
const edits = fc.array(fc.record({ at: fc.nat(), to: fc.nat(255), cut: fc.boolean() }), { minLength: 1, maxLength: 4 });

/** Replaces every value of a JSON document, one after the other, by `value`. */
function replacements(document: unknown, value: unknown): unknown[] {
  if (Array.isArray(document)) {
    return document.flatMap((entry, i) => replacements(entry, value).map((changed) => document.with(i, changed)));
  }
  if (typeof document === 'object' && document !== null) {
    return Object.entries(document).flatMap(([name, entry]) =>
      replacements(entry, value).map((changed) => ({ ...document, [name]: changed })),
    );
  }
  return [value];
}

describe('decoders', () => {
  it('refuse random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const decode of decoders) outcome(() => decode(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it('refuse or read changed and cut messages', () => {
    fc.assert(
      fc.property(messages, edits, (bytes, edits) => {
        let changed = bytes;
        for (const { at, to, cut } of edits) {
          if (changed.length === 0) break;
          changed = cut ? changed.slice(0, at % changed.length) : changed.slice();
          if (!cut) changed[at % changed.length] = to;
        }
        for (const decode of decoders) outcome(() => decode(changed));
      }),
      { numRuns: 1000 },
    );
  });

  it('refuse random JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const read of readers) outcome(() => read(value));
      }),
      { numRuns: 1000 },
    );
  });

  it('refuse or read JSON with one value replaced', () => {
    const values = fc.constantFrom<unknown>(null, true, '', 'x', -1, 0.5, 2 ** 40, 2n ** 70n, [], {}, [[]]);
    fc.assert(
      fc.property(texts, values, (text, value) => {
        for (const changed of replacements(parseJson(text), value).slice(0, 100)) {
          for (const read of readers) outcome(() => read(changed));
        }
      }),
    );
  });

  it('refuse or read changed and cut JSON', () => {
    fc.assert(
      fc.property(texts, edits, (text, edits) => {
        let changed = text;
        for (const { at, to, cut } of edits) {
          const place = changed.length === 0 ? 0 : at % changed.length;
          changed = changed.slice(0, place) + (cut ? '' : String.fromCodePoint(to) + changed.slice(place + 1));
        }
        const parsed = outcome(() => parseJson(changed));
        for (const read of readers) outcome(() => read(parsed));
      }),
      { numRuns: 500 },
    );
  });

  // Every claim below is larger than the memory of any machine.
  it.each([
    ['a length', '1affffffff7f'],
    ['a number of datums', '120a18ffffffffffffffff7f'],
    ['a length in a record', '120c1207120508ffffffff07'],
    ['an endless number', '10ffffffffffffffffffffffffffff'],
    ['an open group', '0b0b0b0b0b0b0b0b'],
  ])('do not believe %s', (_, hex) => {
    for (const decode of decoders) outcome(() => decode(Buffer.from(hex, 'hex')));
    expect(() => decodeForwardBackwardOutput(Buffer.from(hex, 'hex'))).toThrow(WireFormatError);
  });

  it('do not recurse into groups', () => {
    const bytes = new Uint8Array(1_000_000).fill(0x0b);
    for (const decode of decoders) expect(() => decode(bytes)).toThrow(WireFormatError);
  });
});
