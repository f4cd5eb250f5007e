import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completionText, isStopToken, matchedStop } from './stop-strings.ts';

/** Every token is one byte, as in a byte-level tokenizer without merges. */
const decode = (tokens: ArrayLike<number>): string => Buffer.from(Array.from(tokens)).toString('utf8');
const completion = { logprobs: new Float32Array(0), policyVersion: 0 };

describe('matchedStop', () => {
  it('finds a stop string at the token that completes it, at any start position', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '∑', '🙂'), maxLength: 60 });
    const strings = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é', '🙂'), minLength: 1, maxLength: 4 }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(texts, strings, (text, stops) => {
        const bytes = [...Buffer.from(text)];
        const end = bytes.findIndex((_, at) => matchedStop(bytes.slice(0, at + 1), stops, decode) !== null);
        const expected = bytes.findIndex((_, at) => stops.some((one) => decode(bytes.slice(0, at + 1)).includes(one)));
        expect(end).toBe(expected);
      }),
    );
  });

  it('decodes few tokens of a long text', () => {
    const lengths: number[] = [];
    const counted = (tokens: ArrayLike<number>): string => {
      lengths.push(tokens.length);
      return decode(tokens);
    };
    matchedStop(
      Array.from({ length: 5000 }, () => 97),
      ['stop'],
      counted,
    );
    expect(Math.max(...lengths)).toBeLessThan(40);
    matchedStop([97], [], counted);
    expect(lengths).toHaveLength(1);
  });
});

describe('completionText', () => {
  const tokens = Int32Array.from(Buffer.from('one\n\ntwo'));

  it('ends before the stop string, and before the stop token', () => {
    expect(completionText({ ...completion, tokens, stop: 'stop', stopString: '\n\n' }, decode)).toBe('one');
    expect(completionText({ ...completion, tokens, stop: 'stop' }, decode)).toBe('one\n\ntw');
    expect(completionText({ ...completion, tokens, stop: 'length' }, decode)).toBe('one\n\ntwo');
  });
});

describe('isStopToken', () => {
  const options = { maxTokens: 1, temperature: 1, topP: 1, topK: 0 };

  it('knows the end tokens of the model and of the request', () => {
    expect([7, 8, 9].map((token) => isStopToken(token, [7], { ...options, stopTokens: [8] }))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('leaves out those of the model if the request says so', () => {
    const own = { ...options, ignoreEnd: true };
    expect([7, 8].map((token) => isStopToken(token, [7], { ...own, stopTokens: [8] }))).toEqual([false, true]);
    expect(isStopToken(7, [7], { ...own, stopTokens: [7] })).toBe(true);
  });
});
