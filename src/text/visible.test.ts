import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeVisible, quoteLine } from './visible.ts';

const ACTING = /(?![\t\n])\p{Cc}|[\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/u;

describe('makeVisible and quoteLine', () => {
  it('escape control, invisible and direction characters', () => {
    expect(makeVisible('a\u202eb\u0000c\ud800d\ttab\nline')).toBe('a\\u{202e}b\\u{0}c\\u{d800}d\ttab\nline');
    expect(makeVisible('x\u200by', (code) => `<${code}>`)).toBe('x<8203>y');
    expect(makeVisible('naïve 日本語 😀 عربي')).toBe('naïve 日本語 😀 عربي');
  });

  it('leave none of them in any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.integer({ min: 1, max: 100 }), (text, limit) => {
        expect(makeVisible(text)).not.toMatch(ACTING);
        const line = quoteLine(text, limit);
        expect(line).not.toMatch(ACTING);
        expect(line).not.toMatch(/[\r\n\t]/);
        expect([...line].length).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('cut a long text to the limit', () => {
    expect(quoteLine('x'.repeat(1e6), 10)).toBe('xxxxxxxxx…');
    expect(quoteLine(`a${' '.repeat(1e6)}b`, 10)).toBe('a…');
    expect(quoteLine('  two\n\n words ', 20)).toBe('two words');
  });
});
