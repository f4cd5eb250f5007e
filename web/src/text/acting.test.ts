import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nameActing, piecesOf } from './acting.ts';

it('names characters that act', () => {
  expect(nameActing('a\u202eb\u0000')).toBe('aU+202EbU+0000');
  expect(piecesOf('a\u202e\u2066b\r\nc\u0000')).toEqual([
    { text: 'a', isName: false },
    { text: 'U+202E', isName: true },
    { text: 'U+2066', isName: true },
    { text: 'b\nc', isName: false },
    { text: 'U+0000', isName: true },
  ]);
});

it('leaves no such character in any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const shown = piecesOf(text)
        .map((piece) => piece.text)
        .join('');
      expect(shown.replaceAll(/[\t\n]/g, '')).not.toMatch(/[\p{Cc}\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u);
    }),
  );
});
