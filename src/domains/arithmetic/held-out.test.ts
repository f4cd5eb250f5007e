import { describe, expect, it } from 'vitest';
import { EvalError } from '../../errors.ts';
import { arithmetic } from './domain.ts';
import { heldOut, heldOutTexts, isHeldOut, MAX_HELD_OUT } from './held-out.ts';
import { parseArithmetic } from './parse.ts';

const all = heldOut(MAX_HELD_OUT);

describe('held-out test set', () => {
  it('has exact answers and no duplicate questions', () => {
    expect(all.length).toBe(MAX_HELD_OUT);
    for (const { text, answer } of all) expect(arithmetic.truth(text)).toBe(answer);
    expect(new Set(all.map(({ text }) => text)).size).toBe(MAX_HELD_OUT);
    expect(new Set(all.map(({ id }) => id)).size).toBe(MAX_HELD_OUT);
    expect(heldOutTexts().size).toBe(MAX_HELD_OUT);
  });

  it('covers 1 to 6 operations in equal parts, half of them stories', () => {
    const cells = new Map<string, number>();
    for (const { text } of heldOut(240)) {
      const cell = `${arithmetic.difficulty(text)} ${parseArithmetic(text)?.form}`;
      cells.set(cell, (cells.get(cell) ?? 0) + 1);
    }
    expect(cells.size).toBe(12);
    expect([...cells.values()].every((count) => count === 20)).toBe(true);
  });

  it('starts with the same questions for every size', () => {
    expect(heldOut(7)).toEqual(all.slice(0, 7));
    expect(heldOut(0)).toEqual([]);
    expect(all[0]).toEqual({ id: 'arithmetic-1', text: 'Compute 14 + 32.', answer: '46' });
  });

  it('rejects a size above its maximum', () => {
    expect(() => heldOut(MAX_HELD_OUT + 1)).toThrow(EvalError);
  });

  it('recognises its questions in other words, and no others', () => {
    expect(isHeldOut('Compute 14 + 32.')).toBe(true);
    expect(isHeldOut('What is 14+32?')).toBe(true);
    expect(all.every(({ text }) => isHeldOut(text))).toBe(true);
    const story = all.find(
      ({ text }) => text.startsWith('Mia has') && !text.includes('to Tom') && !text.includes('from Tom'),
    );
    expect(isHeldOut((story?.text ?? '').replaceAll('Mia', 'Tom'))).toBe(true);
    expect(isHeldOut('Compute 14 + 32 + 1000.')).toBe(false);
    expect(isHeldOut('14 + 32')).toBe(false);
  });
});
