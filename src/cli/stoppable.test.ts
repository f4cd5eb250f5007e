import { afterEach, expect, it } from 'vitest';
import { sameCommand } from './stoppable.ts';

const given = process.argv;
afterEach(() => {
  process.argv = given;
});

it('names the command that goes on with what is stored, which must not start over', () => {
  process.argv = ['node', 'rzero', 'eval', '--tasks', 'gsm8k', '--fresh', '--out', 'my folder'];
  expect(sameCommand({ program: 'npx rzero' })).toBe("npx rzero eval --tasks gsm8k --out 'my folder'");
});
