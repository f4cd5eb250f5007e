/**
 * Turns the tokens of one completion into text as they are drawn. Text that may still change is held back: half of a
 * character, and what may be the beginning of a stop string. Together, the parts are the completion's text.
 */

import type { Completion, SampleRequest } from '../../engine/engine.ts';
import { completionText, isStopToken } from '../../engine/stop-strings.ts';
import type { Tokenizer } from '../../models/tokenizer/tokenizer.ts';

/** Tokens that are decoded again with new ones, at least and at most. Some tokens read differently after others. */
const LEAST_CONTEXT = 16;
const MOST_CONTEXT = 64;

export class TextStream {
  #tokenizer: Pick<Tokenizer, 'decode' | 'eosIds'>;
  #request: SampleRequest;
  #tokens: number[] = [];
  /** Index of the first token that is decoded again. */
  #from = 0;
  /** Text of the tokens before `#from`, and all text that was decoded for certain. */
  #before = '';
  #text = '';
  #passed = 0;

  constructor(tokenizer: Pick<Tokenizer, 'decode' | 'eosIds'>, request: SampleRequest) {
    this.#tokenizer = tokenizer;
    this.#request = request;
  }

  /** Adds tokens. Returns the text that is certain now and was not returned before; often empty. */
  add(tokens: readonly number[]): string {
    const { eosIds, decode } = this.#tokenizer;
    for (const token of tokens) if (!isStopToken(token, eosIds, this.#request)) this.#tokens.push(token);
    this.#text = this.#before + decode(this.#tokens.slice(this.#from));
    const certain = this.#beforeStops(withoutPart(this.#text), this.#request.stopStrings ?? []);
    this.#moveContext();
    return this.#pass(certain);
  }

  /** Returns the rest of the text when the completion has ended. */
  end(completion: Completion): string {
    return this.#pass(completionText(completion, this.#tokenizer.decode));
  }

  /** Cuts off the first stop string, or else the longest end that one begins with. */
  #beforeStops(text: string, stops: readonly string[]): string {
    const found = stops.map((stop) => text.indexOf(stop, this.#passed)).filter((at) => at >= 0);
    return found.length > 0 ? text.slice(0, Math.min(...found)) : withoutBeginning(text, stops);
  }

  #pass(text: string): string {
    const more = text.slice(this.#passed);
    this.#passed = Math.max(this.#passed, text.length);
    return more;
  }

  /** Keeps the tokens that are decoded again few, so that long completions do not take quadratic time. */
  #moveContext(): void {
    if (this.#tokens.length - this.#from <= MOST_CONTEXT) return;
    const { decode } = this.#tokenizer;
    const from = this.#tokens.length - LEAST_CONTEXT;
    const kept = decode(this.#tokens.slice(from));
    // Only at a place where the decoded text does not depend on the tokens before.
    if (!this.#text.endsWith(kept) || kept.startsWith(REPLACEMENT)) return;
    this.#before = this.#text.slice(0, this.#text.length - kept.length);
    this.#from = from;
  }
}

/** Stands for bytes that are no character, or not one yet. */
const REPLACEMENT = '\uFFFD';

/** Cuts off what may be a part of a character. */
function withoutPart(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === REPLACEMENT) end--;
  return text.slice(0, end);
}

/** Cuts off the longest end that a stop string begins with. */
function withoutBeginning(text: string, stops: readonly string[]): string {
  const held = stops.map((stop) => {
    for (let length = Math.min(stop.length, text.length); length > 0; length--) {
      if (text.endsWith(stop.slice(0, length))) return length;
    }
    return 0;
  });
  return text.slice(0, text.length - Math.max(0, ...held));
}
