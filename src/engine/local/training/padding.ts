/** Padded lengths are multiples of this: few distinct shapes keep the runtime's memory arena small. */
const LENGTH_BUCKET = 8;

/** Returns the padded length of a sequence. */
export function paddedTime(length: number): number {
  return Math.ceil(length / LENGTH_BUCKET) * LENGTH_BUCKET;
}
