import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { checkFileTarget, checkModelTarget } from './target-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-target-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function folder(name: string, ...files: string[]): string {
  const path = join(root, name);
  mkdirSync(path);
  for (const file of files) writeFileSync(join(path, file), '{}');
  return path;
}

const MODEL = folder('model', 'config.json', 'model.safetensors');
const NOTES = folder('notes', 'notes.txt');
const RUN = folder('run', 'config.json', 'run.db');
const FILE = join(NOTES, 'notes.txt');

describe('checkModelTarget', () => {
  it.each([
    ['a path that does not exist', join(root, 'new'), false],
    ['an empty folder', folder('empty'), false],
    ['a model to replace', MODEL, true],
  ])('accepts %s', (_, path, overwrite) => {
    expect(() => checkModelTarget(path, overwrite)).not.toThrow();
  });

  it.each([
    ['a model', MODEL, false, /not empty\.\nPass another folder, or --overwrite/],
    ['other files', NOTES, false, /not empty/],
    ['other files, even to replace', NOTES, true, /does not hold a model.*\nPass another folder\.$/],
    ['a run, even to replace', RUN, true, /does not hold a model/],
    ['a file', FILE, true, /is a file/],
  ])('refuses %s', (_, path, overwrite, message) => {
    expect(() => checkModelTarget(path, overwrite)).toThrow(ConfigError);
    expect(() => checkModelTarget(path, overwrite)).toThrow(message);
  });
});

describe('checkFileTarget', () => {
  it('accepts a new file, and an existing one to replace', () => {
    expect(() => checkFileTarget(join(root, 'new.jsonl'), false)).not.toThrow();
    expect(() => checkFileTarget(FILE, true)).not.toThrow();
  });

  it('refuses an existing file, and a folder', () => {
    expect(() => checkFileTarget(FILE, false)).toThrow(/already exists\.\nPass another file, or --overwrite/);
    expect(() => checkFileTarget(MODEL, true)).toThrow(/is a folder/);
  });
});
