/** Protobuf messages as bytes, both ways. */

import { fromBinary, toBinary } from '@bufbuild/protobuf';
import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { WireFormatError } from '../format-error.ts';

/** The media type of protobuf on this wire. */
export const PROTOBUF_TYPE = 'application/x-protobuf';

/** Parses a message. Unknown fields are skipped. Throws WireFormatError. */
export function decodeMessage<D extends DescMessage>(schema: D, bytes: Uint8Array): MessageShape<D> {
  try {
    return fromBinary(schema, bytes, { readUnknownFields: false });
  } catch (error) {
    throw new WireFormatError(`the bytes are no valid protobuf ${schema.name}`, { cause: error });
  }
}

/** Returns the bytes of a message. Throws WireFormatError if a number does not fit its field. */
export function encodeMessage<D extends DescMessage>(schema: D, message: MessageShape<D>): Uint8Array<ArrayBuffer> {
  try {
    return toBinary(schema, message);
  } catch (error) {
    throw new WireFormatError(`a value does not fit into a protobuf ${schema.name}`, { cause: error });
  }
}
