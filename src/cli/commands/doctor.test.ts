import { expect, it } from 'vitest';
import type { Check } from '../checks/check.ts';
import { width } from '../render/format.ts';
import { plainPalette } from '../render/palette.ts';
import { doctorLines, startCommand } from './doctor.ts';

const STYLE = { palette: plainPalette, terminal: true, columns: () => 80 };

const GOOD: Check = { name: 'Node', state: 'good', found: '20.20.2', advice: null };
const MISSING: Check = { name: 'base model', state: 'missing', found: 'word '.repeat(30).trim(), advice: 'Do it.' };

it('shows each check with its advice, then the result', () => {
  expect(doctorLines([GOOD], 'rzero evolve', STYLE)).toEqual([
    '✓ Node  20.20.2',
    '',
    'Ready. Start with `rzero evolve`.',
  ]);
  const lines = doctorLines([GOOD, MISSING], 'rzero evolve', STYLE);
  expect(lines[0]).toBe('✓ Node        20.20.2');
  expect(lines[1]).toMatch(/^✗ base model {2}word word/);
  expect(lines.slice(-3)).toEqual(['              Do it.', '', '1 check failed. See the advice above.']);
  expect(lines.filter((line) => width(line) > 80)).toEqual([]);
});

it('names the command that uses what was checked', () => {
  const io = { program: 'npx rzero' };
  expect(startCommand({}, io)).toBe('npx rzero evolve');
  expect(startCommand({ model: 'my model', domain: 'math', config: ['a.toml'], set: ['seed=2'] }, io)).toBe(
    "npx rzero evolve --model 'my model' --domain math --config a.toml --set seed=2",
  );
  expect(startCommand({ model: 'http://localhost:1/v1' }, io)).toBe(
    'npx rzero eval --model http://localhost:1/v1 --tasks gsm8k',
  );
});
