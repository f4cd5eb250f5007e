import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkTarget, fileNameOf, targetsOf } from './formats.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-formats-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('targets', () => {
  it('are named after the run, in the working directory', () => {
    expect(targetsOf(['hf', 'gguf'], 'run-01', undefined)).toEqual([
      { format: 'hf', path: resolve('run-01-model') },
      { format: 'gguf', path: resolve('run-01.gguf') },
    ]);
  });

  it('are where the user says: one format at the path, several below it', () => {
    expect(targetsOf(['csv'], 'run-01', 'out')).toEqual([{ format: 'csv', path: resolve('out') }]);
    expect(targetsOf(['csv', 'data'], 'run-01', 'out').map(({ path }) => path)).toEqual([
      resolve('out/run-01-csv'),
      resolve('out/run-01-data'),
    ]);
  });

  it('have names without characters that mean something in paths', () => {
    expect(fileNameOf('2026-11-30-base-01@2')).toBe('2026-11-30-base-01-2');
    expect(fileNameOf('Qwen/Qwen3-0.6B')).toBe('Qwen3-0.6B');
    expect(fileNameOf('/a/b c')).toBe('b-c');
  });

  it('are replaced only if they are earlier exports of the same format, and the user says so', () => {
    const folder = join(root, 'csv');
    mkdirSync(folder);
    const check = (overwrite: boolean) => () => checkTarget({ format: 'csv', path: folder }, overwrite);
    expect(check(false)).not.toThrow();
    writeFileSync(join(folder, 'metrics.csv'), '');
    expect(check(false)).toThrow(/already exists/);
    expect(check(true)).not.toThrow();
    // A run must never be replaced by its own export.
    writeFileSync(join(folder, 'run.db'), '');
    expect(check(true)).toThrow(/replaces only those/);
    expect(() => checkTarget({ format: 'data', path: folder }, true)).toThrow(/replaces only those/);
  });
});
