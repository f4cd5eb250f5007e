import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scalarEvent, versionEvent } from './event-bytes.ts';
import { crc32c, maskedCrc, tfRecord } from './tfrecord.ts';
import { eventFile } from './tensorboard.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('CRC-32C', () => {
  it('equals that of RFC 3720, and the mask that of TensorBoard', () => {
    const nine = Buffer.from('123456789');
    expect(crc32c(nine)).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    // crc32c and masked_crc32c of tensorboard 2.21.0.
    expect([crc32c(nine), maskedCrc(nine)]).toEqual([3808858755, 3347755237]);
  });

  it('finds every change of one bit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.nat(), (bytes, place) => {
        const changed = Uint8Array.from(bytes);
        const bit = place % (bytes.length * 8);
        changed[bit >> 3] ^= 1 << (bit & 7);
        expect(crc32c(changed)).not.toBe(crc32c(bytes));
      }),
    );
  });
});

/** Reads the records of a file and checks their sums. */
function records(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const found: Uint8Array[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(view.getBigUint64(at, true));
    expect(view.getUint32(at + 8, true)).toBe(maskedCrc(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(view.getUint32(at + 12 + length, true)).toBe(maskedCrc(data));
    found.push(data);
    at += length + 16;
  }
  return found;
}

describe('records', () => {
  it('come back as they were framed', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (list) => {
        expect(records(Buffer.concat(list.map(tfRecord))).map(hex)).toEqual(list.map(hex));
      }),
    );
  });
});

describe('events', () => {
  it('are those that TensorBoard writes', () => {
    // Event(…).SerializeToString().hex() of tensorboard 2.21.0.
    expect(hex(versionEvent(2.5))).toBe('0900000000000004401a0d627261696e2e4576656e743a32');
    expect(hex(scalarEvent({ tag: 'solver/reward', at: 300, value: 0.1, seconds: 1764503000.25 }))).toBe(
      '09000010760b4bda4110ac022a160a140a0d736f6c7665722f72657761726415cdcccc3d',
    );
  });

  it('follow the version, one for each point, whatever its value', () => {
    const point = { tag: 'a', at: 0, seconds: 1, iteration: 0, stage: 'vote', step: 0 };
    const values = [0, Number.NaN, Infinity, 1e300, -0.5];
    const file = eventFile(
      1,
      values.map((value) => ({ ...point, value })),
    );
    expect(records(file)).toHaveLength(1 + values.length);
  });
});
