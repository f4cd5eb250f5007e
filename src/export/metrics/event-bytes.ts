/**
 * Encodes TensorBoard's `Event` message in protobuf: only the fields of scalars and of the first record. The fields are
 * those of `event.proto` and `summary.proto`. Pure.
 */

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Version that readers expect in the first record. */
const VERSION = 'brain.Event:2';

/** Encodes the first record of a file. */
export function versionEvent(seconds: number): Uint8Array {
  return event(seconds, 0).tag(3, WireType.LengthDelimited).string(VERSION).finish();
}

/** Encodes one value of a curve. Values are float32. */
export function scalarEvent({
  tag,
  at,
  value,
  seconds,
}: {
  tag: string;
  at: number;
  value: number;
  seconds: number;
}): Uint8Array {
  const one = new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .string(tag)
    .tag(2, WireType.Bit32)
    // The encoder refuses numbers beyond float32.
    .float(Math.fround(value))
    .finish();
  const summary = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(one).finish();
  return event(seconds, at).tag(5, WireType.LengthDelimited).bytes(summary).finish();
}

function event(seconds: number, step: number): BinaryWriter {
  const writer = new BinaryWriter().tag(1, WireType.Bit64).double(seconds);
  // As every writer of protobuf, which leaves out zeros.
  return step === 0 ? writer : writer.tag(2, WireType.Varint).int64(step);
}
