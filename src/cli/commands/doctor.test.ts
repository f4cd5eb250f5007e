import { expect, it } from 'vitest';
import type { Check } from '../checks/check.ts';
import { width } from '../render/format.ts';
import { plainPalette } from '../render/palette.ts';
import { doctorLines } from './doctor.ts';

const GOOD: Check = { name: 'Node', state: 'good', found: '20.20.2', advice: null };
const MISSING: Check = { name: 'base model', state: 'missing', found: 'word '.repeat(30).trim(), advice: 'Do it.' };

it('shows each check with its advice, then the result', () => {
  expect(doctorLines([GOOD], plainPalette, 80)).toEqual(['✓ Node  20.20.2', '', 'Ready. Start with `rzero evolve`.']);
  const lines = doctorLines([GOOD, MISSING], plainPalette, 80);
  expect(lines[0]).toBe('✓ Node        20.20.2');
  expect(lines[1]).toMatch(/^✗ base model {2}word word/);
  expect(lines.slice(-3)).toEqual(['              Do it.', '', '1 check failed. See the advice above.']);
  expect(lines.filter((line) => width(line) > 80)).toEqual([]);
});
