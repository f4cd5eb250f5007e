import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { corrupt, CORRUPTIONS } from './corruptions.ts';

const WORKED = '12 + 7 = 19\n19 - 4 = 15\n\\boxed{15}';

function corruptions(text: string, kind: (typeof CORRUPTIONS)[number]): Set<string | null> {
  return new Set(Array.from({ length: 200 }, (_, seed) => corrupt(text, kind, new Random(seed))));
}

describe('corrupt', () => {
  it('changes one digit of the boxed answer, and nothing else', () => {
    for (const text of corruptions(WORKED, 'answer')) {
      expect(text).toMatch(/^12 \+ 7 = 19\n19 - 4 = 15\n\\boxed\{\d\d\}$/);
      expect(text).not.toBe(WORKED);
      expect(text).not.toContain('{0');
    }
  });

  it('changes one digit before the answer', () => {
    const found = corruptions(WORKED, 'step');
    expect(found.size).toBeGreaterThan(20);
    for (const text of found) expect(text?.endsWith('\\boxed{15}')).toBe(true);
  });

  it('changes a plus to a minus or the reverse', () => {
    expect(corruptions(WORKED, 'operator')).toEqual(
      new Set(['12 - 7 = 19\n19 - 4 = 15\n\\boxed{15}', '12 + 7 = 19\n19 + 4 = 15\n\\boxed{15}']),
    );
  });

  it('takes the last number for the answer if there is no box', () => {
    for (const text of corruptions('it is 3, so 7', 'answer')) expect(text).toMatch(/^it is 3, so [0-689]$/);
    for (const text of corruptions('it is 3, so 7', 'step')) expect(text).toMatch(/^it is [0-24-9], so 7$/);
  });

  it('returns null if there is nothing to change', () => {
    expect(corrupt('\\boxed{7}', 'step', new Random(1))).toBeNull();
    expect(corrupt('\\boxed{7}', 'operator', new Random(1))).toBeNull();
    expect(corrupt('\\boxed{x}', 'answer', new Random(1))).toBeNull();
    expect(corrupt('', 'answer', new Random(1))).toBeNull();
    expect(corrupt('\\boxed{-7}', 'operator', new Random(1))).toBeNull();
  });

  it('changes exactly one character of any text, the same for the same seed', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...CORRUPTIONS), fc.nat(), (text, kind, seed) => {
        const changed = corrupt(text, kind, new Random(seed));
        expect(corrupt(text, kind, new Random(seed))).toBe(changed);
        if (changed === null) return;
        expect(changed).toHaveLength(text.length);
        expect(Array.from(text, (_, at) => text[at] !== changed[at]).filter(Boolean).length).toBeLessThanOrEqual(1);
        expect(changed).not.toBe(text);
      }),
    );
  });
});
