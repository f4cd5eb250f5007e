import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { shellWord } from './shell.ts';

describe('an argument of a command', () => {
  it.each(['runs/a-1', 'a b', "it's", '$HOME', 'a"b', '~x', '*', '', 'a;b'])(
    'keeps its text in a shell: %s',
    (text) => {
      expect(execFileSync('sh', ['-c', `printf %s ${shellWord(text, 'linux')}`], { encoding: 'utf8' })).toBe(text);
    },
  );

  it('is quoted only where it must be', () => {
    expect(shellWord('/home/me/runs/2026-01-01-base-01', 'linux')).toBe('/home/me/runs/2026-01-01-base-01');
    expect(shellWord(String.raw`C:\runs\a-1`, 'win32')).toBe(String.raw`C:\runs\a-1`);
    expect(shellWord(String.raw`C:\my runs`, 'win32')).toBe(String.raw`"C:\my runs"`);
  });
});
