/**
 * Frames records as in TensorFlow's TFRecord files: length (8 bytes), masked CRC-32C of the length, data, masked CRC-32C
 * of the data, all little-endian. Pure.
 */

/** The reversed polynomial of CRC-32C (Castagnoli). */
const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value;
});

/** Computes the CRC-32C of some bytes. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** A checksum of data that contains checksums is weak, so the format rotates and shifts it. */
export function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

const HEAD = 12;
const TAIL = 4;

/** Returns the frame of one record. */
export function tfRecord(data: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEAD + data.length + TAIL);
  const view = new DataView(frame.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(frame.subarray(0, 8)), true);
  frame.set(data, HEAD);
  view.setUint32(HEAD + data.length, maskedCrc(data), true);
  return frame;
}
