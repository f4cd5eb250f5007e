import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { StoreError } from '../errors.ts';
import { writeWhole } from './atomic-file.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-whole-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('writeWhole', () => {
  it('creates the folder, replaces the old file, and leaves no other files', () => {
    const path = join(root, 'new', 'file.json');
    writeWhole(path, 'one');
    writeWhole(path, 'two');
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(readdirSync(join(root, 'new'))).toEqual(['file.json']);
  });

  it('reports why the file cannot be written, and leaves no files', () => {
    const path = join(root, 'taken');
    mkdirSync(join(path, 'inside'), { recursive: true });
    expect(() => writeWhole(path, 'text')).toThrow(StoreError);
    expect(readdirSync(root).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});
