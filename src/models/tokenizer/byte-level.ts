/**
 * Makes GPT-2's split pattern explicit in `tokenizer.json`. Byte-level tokenizers use it by default, but the
 * JavaScript package applies it with JavaScript's definition of white space (which includes U+FEFF and lacks
 * U+0085) instead of Unicode's. An explicit pattern is interpreted as in the original library. Used by
 * `tokenizer.ts`.
 */

const GPT2_PATTERN = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

type Json = Record<string, unknown>;

/** Returns `tokenizer.json` with GPT-2's pattern made explicit where it is implied. */
export function spellOutByteLevel(tokenizer: Json): Json {
  const { pre_tokenizer: step } = tokenizer;
  if (!isObject(step)) return tokenizer;
  const steps: unknown[] = step.type === 'Sequence' && Array.isArray(step.pretokenizers) ? step.pretokenizers : [step];
  const pretokenizers = steps.flatMap((one) => (isObject(one) ? spellOut(one) : [one]));
  if (pretokenizers.length === steps.length) return tokenizer;
  return { ...tokenizer, pre_tokenizer: { type: 'Sequence', pretokenizers } };
}

function spellOut(step: Json): Json[] {
  // With a prefix space, the split comes after the space; the package handles this case itself.
  if (step.type !== 'ByteLevel' || step.use_regex === false || step.add_prefix_space === true) return [step];
  const split = { type: 'Split', pattern: { Regex: GPT2_PATTERN }, behavior: 'Isolated', invert: false };
  return [split, { ...step, use_regex: false }];
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
