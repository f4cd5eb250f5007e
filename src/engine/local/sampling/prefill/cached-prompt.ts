/** Keys and values of a prompt, in parts that prompts with the same beginning share. */

/** Keys and values of consecutive tokens per layer, `[kvHeads, room, headDim]`, of which the first `length` count. */
export interface CachedPart {
  keys: readonly Float32Array[];
  values: readonly Float32Array[];
  room: number;
  length: number;
}

export interface CachedPrompt {
  length: number;
  /** In the order of their tokens; their lengths add up to `length`. */
  parts: readonly CachedPart[];
}

/** Returns the first `length` tokens of a prompt, without copying. */
export function beginningOf(prompt: CachedPrompt, length: number): CachedPrompt {
  const parts: CachedPart[] = [];
  let rest = length;
  for (const part of prompt.parts) {
    if (rest === 0) break;
    parts.push({ ...part, length: Math.min(rest, part.length) });
    rest -= Math.min(rest, part.length);
  }
  return { length, parts };
}

/** The heads of a cache. */
interface Heads {
  kvHeads: number;
  headDim: number;
}

/** Copies the keys and values of one layer to `[kvHeads, length, headDim]`. */
export function joinedParts(
  { parts, length }: CachedPrompt,
  layer: number,
  { kvHeads, headDim }: Heads,
): { keys: Float32Array; values: Float32Array } {
  const keys = new Float32Array(kvHeads * length * headDim);
  const values = new Float32Array(keys.length);
  let start = 0;
  for (const part of parts) {
    for (let head = 0; head < kvHeads; head++) {
      const to = (head * length + start) * headDim;
      keys.set(tokensOf(part.keys[layer], part, head, headDim), to);
      values.set(tokensOf(part.values[layer], part, head, headDim), to);
    }
    start += part.length;
  }
  return { keys, values };
}

/** Returns a view of the tokens of one head of a part. */
export function tokensOf(
  data: Float32Array,
  { room, length }: Pick<CachedPart, 'room' | 'length'>,
  head: number,
  headDim: number,
): Float32Array {
  const from = head * room * headDim;
  return data.subarray(from, from + length * headDim);
}
