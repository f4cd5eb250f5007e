import type { Completion, DrawnTokens } from '../../engine/engine.ts';

/** Puts the completions of a request together from the tokens that are passed on as they are drawn. */
export class Assembly {
  #parts: { tokens: number[]; logprobs: number[]; end: DrawnTokens['end'] }[];
  #open: number;

  /** @param n number of completions */
  constructor(n: number) {
    this.#parts = Array.from({ length: n }, () => ({ tokens: [], logprobs: [], end: null }));
    this.#open = n;
  }

  /** Adds tokens. Returns the completions with the last of them; null before. */
  add({ completion, tokens, logprobs, end }: Omit<DrawnTokens, 'request'>): Completion[] | null {
    const part = this.#parts[completion];
    for (const token of tokens) part.tokens.push(token);
    for (const logprob of logprobs) part.logprobs.push(logprob);
    if (end === null) return null;
    part.end = end;
    this.#open--;
    if (this.#open > 0) return null;
    return this.#parts.flatMap(({ end: how, tokens: ids, logprobs: values }) =>
      how === null ? [] : [{ tokens: Int32Array.from(ids), logprobs: Float32Array.from(values), ...how }],
    );
  }
}
