import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EngineError, StoreError } from '../errors.ts';
import { writeFolderAtomically } from './atomic-folder.ts';
import { writeSafetensors } from '../models/weights/safetensors.ts';

let root: string;
let target: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rzero-atomic-'));
  target = join(root, 'deep', 'target');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const put = (text: string) => (temp: string) => writeFile(join(temp, 'file'), text);
const content = (): Promise<string> => readFile(join(target, 'file'), 'utf8');
const siblings = (): Promise<string[]> => readdir(join(root, 'deep'));

/** The id of a process that has ended. */
const deadPid = (): number => spawnSync(process.execPath, ['-e', '']).pid;

test('creates the folder and its parents, then replaces the whole folder', async () => {
  await writeFolderAtomically(target, async (temp) => {
    await put('one')(temp);
    await mkdir(join(temp, 'sub'));
    await writeFile(join(temp, 'sub', 'inner'), '');
  });
  expect(await content()).toBe('one');
  await writeFolderAtomically(target, put('two'));
  expect(await content()).toBe('two');
  expect(await readdir(target)).toEqual(['file']);
  expect(await siblings()).toEqual(['target']);
});

test('readers see the old folder until the new one is complete', async () => {
  await writeFolderAtomically(target, put('old'));
  await writeFolderAtomically(target, async (temp) => {
    await put('new')(temp);
    expect(await content()).toBe('old');
  });
  expect(await content()).toBe('new');
});

test('a failure leaves the old folder and no leftovers, and is rethrown unchanged', async () => {
  await writeFolderAtomically(target, put('old'));
  const failure = new EngineError('numeric', 'not finite', 'Lower the learning rate.');
  const write = writeFolderAtomically(target, async (temp) => {
    await put('half')(temp);
    throw failure;
  });
  await expect(write).rejects.toBe(failure);
  expect(await content()).toBe('old');
  expect(await siblings()).toEqual(['target']);
});

test('a full disk is reported, the old folder stays and the incomplete one is removed', async () => {
  await writeFolderAtomically(target, put('old'));
  const write = writeFolderAtomically(target, async (temp) => {
    await put('half')(temp);
    // Linux has a device that is always full. Other systems throw the same error here.
    if (!existsSync('/dev/full'))
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    await writeSafetensors('/dev/full', [['a', { shape: [4], data: new Float32Array(4) }]]);
  });
  const error = await write.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StoreError);
  expect(String(error)).toMatch(/disk is full[^]*Free some space/);
  expect(await content()).toBe('old');
  expect(await siblings()).toEqual(['target']);
});

test('throws StoreError if the parent is a file', async () => {
  await writeFile(join(root, 'deep'), '');
  await expect(writeFolderAtomically(target, put('x'))).rejects.toBeInstanceOf(StoreError);
});

test('leftovers of a killed writer are removed, those of a live writer are kept', async () => {
  const live = `target.tmp-${process.ppid}`;
  await mkdir(join(root, 'deep', `target.tmp-${deadPid()}`), { recursive: true });
  await mkdir(join(root, 'deep', `target.tmp-${process.pid}`));
  await mkdir(join(root, 'deep', live));
  await mkdir(join(root, 'deep', 'target.tmp-notes'));
  await writeFolderAtomically(target, put('x'));
  expect((await siblings()).toSorted()).toEqual(['target', live, 'target.tmp-notes'].toSorted());
});

test('a folder that a killed writer had moved aside is restored when the next write fails', async () => {
  await mkdir(join(root, 'deep', `target.old-${deadPid()}`), { recursive: true });
  await writeFile(join(root, 'deep', (await siblings())[0], 'file'), 'old');
  await expect(writeFolderAtomically(target, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await content()).toBe('old');
});
