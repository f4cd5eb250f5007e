/**
 * A folder is renamed into place only after its content is on the disk. The spies record the order of the real calls.
 */

import { mkdir, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { writeFolderAtomically } from './atomic-folder.ts';

vi.mock('node:fs/promises', { spy: true });

/** Windows cannot open folders. */
const SYNCS_FOLDERS = process.platform !== 'win32';

let root: string;
let log: string[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rzero-sync-'));
  log = await recordOrder();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(root, { recursive: true, force: true });
});

/** Records every sync (with the path that was opened) and every rename, in order. */
async function recordOrder(): Promise<string[]> {
  const calls: string[] = [];
  const name = (path: unknown): string => basename(String(path)).replace(`-${process.pid}`, '');
  const { open: openReally, rename: renameReally } =
    await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises');
  vi.mocked(open).mockImplementation(async (path, ...rest) => {
    const handle = await openReally(path, ...rest);
    const sync = handle.sync.bind(handle);
    handle.sync = () => {
      calls.push(`sync ${name(path)}`);
      return sync();
    };
    return handle;
  });
  vi.mocked(rename).mockImplementation((from, to) => {
    calls.push(`rename ${name(from)} ${name(to)}`);
    return renameReally(from, to);
  });
  return calls;
}

async function fill(temp: string): Promise<void> {
  await mkdir(join(temp, 'sub'));
  await writeFile(join(temp, 'sub', 'inner'), 'x');
  await writeFile(join(temp, 'weights'), 'x');
}

/** The syncs that must come before the folder is renamed into place. */
const content = ['sync inner', 'sync weights', ...(SYNCS_FOLDERS ? ['sync sub', 'sync target.tmp'] : [])].toSorted();

test('every file and folder is synced before the rename, and the parent after it', async () => {
  await writeFolderAtomically(join(root, 'parent', 'target'), fill);
  const swap = log.indexOf('rename target.tmp target');
  expect(log.slice(0, swap).toSorted()).toEqual(content);
  expect(log.slice(swap)).toEqual(['rename target.tmp target', ...(SYNCS_FOLDERS ? ['sync parent'] : [])]);
});

test('an existing folder moves aside only after the new one is synced', async () => {
  await mkdir(join(root, 'parent', 'target'), { recursive: true });
  await writeFolderAtomically(join(root, 'parent', 'target'), fill);
  const swap = log.indexOf('rename target target.old');
  expect(log.slice(0, swap).toSorted()).toEqual(content);
  expect(log.slice(swap)).toEqual([
    'rename target target.old',
    'rename target.tmp target',
    ...(SYNCS_FOLDERS ? ['sync parent'] : []),
  ]);
});
