/** How many prompts and tokens run together. */

/** Number of prompts that run together. */
export const GROUP_PROMPTS = 64;
/**
 * Tokens per group, including padding: enough rows to keep the processor busy, few enough to store their keys
 * and values.
 */
export const GROUP_TOKENS = 4096;

/** Begins a group; the returned function adds a prompt and returns the number of tokens that the group then takes. */
export type CountTokens = () => (prompt: Int32Array) => number;

/** Counts the tokens of prompts that run whole, padded to the longest. */
export const wholePrompts: CountTokens = () => {
  let [prompts, longest] = [0, 0];
  return ({ length }) => {
    longest = Math.max(longest, length);
    prompts++;
    return prompts * longest;
  };
};
