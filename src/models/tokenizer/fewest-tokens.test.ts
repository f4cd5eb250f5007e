import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fewestTokensOf } from './fewest-tokens.ts';
import { loadTokenizer } from './tokenizer.ts';

const BASE = new URL('../../../models/arith-base/', import.meta.url);
const vocab = { a: 0, bcd: 1 };

describe('the fewest tokens of a text', () => {
  it('are never more than its tokens', async () => {
    const tokenizer = await loadTokenizer(BASE.pathname);
    const fewest = fewestTokensOf(JSON.parse(readFileSync(new URL('tokenizer.json', BASE), 'utf8')));
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        // A letter outside the vocabulary has no token.
        const known = text.replace(/[^\d+\-*= a-z]/g, '');
        expect(fewest(known)).toBeLessThanOrEqual(tokenizer.encode(known).length);
      }),
    );
    expect(fewest('7'.repeat(100_000))).toBeGreaterThan(512);
  });

  it('follow from the longest token, with room for composed letters', () => {
    expect(fewestTokensOf({ model: { vocab } })('x'.repeat(120))).toBe(10);
    expect(fewestTokensOf({ model: { vocab: [['▁abcd', -1]] }, normalizer: { type: 'NFC' } })('x'.repeat(120))).toBe(6);
    expect(fewestTokensOf({ model: { vocab }, added_tokens: [{ content: '<|end|>' }] })('x'.repeat(280))).toBe(10);
  });

  it('are unknown if the tokenizer may drop letters, or its file is of another kind', () => {
    for (const normalizer of [
      { type: 'Strip' },
      { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'Precompiled' }] },
      { type: 'Replace', content: '' },
    ]) {
      expect(fewestTokensOf({ model: { vocab }, normalizer })('x'.repeat(1000))).toBe(0);
    }
    expect(fewestTokensOf({})('x'.repeat(1000))).toBe(0);
  });
});
