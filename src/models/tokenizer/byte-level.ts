/**
 * GPT-2's way to cut text into pieces, which a byte-level tokenizer has unless it says otherwise. The package
 * cuts with JavaScript's idea of white space (it has U+FEFF and lacks U+0085); the original's is Unicode's. A
 * pattern that the tokenizer spells out is read as the original reads it: so this spells the pattern out.
 */

const GPT2_PATTERN = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

type Json = Record<string, unknown>;

/** `tokenizer.json` with GPT-2's pattern spelled out where it is meant. */
export function spellOutByteLevel(tokenizer: Json): Json {
  const { pre_tokenizer: step } = tokenizer;
  if (!isObject(step)) return tokenizer;
  const steps: unknown[] = step.type === 'Sequence' && Array.isArray(step.pretokenizers) ? step.pretokenizers : [step];
  const pretokenizers = steps.flatMap((one) => (isObject(one) ? spellOut(one) : [one]));
  if (pretokenizers.length === steps.length) return tokenizer;
  return { ...tokenizer, pre_tokenizer: { type: 'Sequence', pretokenizers } };
}

function spellOut(step: Json): Json[] {
  // With a prefix space the cut comes after the space: that stays the package's.
  if (step.type !== 'ByteLevel' || step.use_regex === false || step.add_prefix_space === true) return [step];
  const split = { type: 'Split', pattern: { Regex: GPT2_PATTERN }, behavior: 'Isolated', invert: false };
  return [split, { ...step, use_regex: false }];
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
