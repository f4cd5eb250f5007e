import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { StoreError } from '../errors.ts';
import { takeCustody } from './custody.ts';
import { LOCK_FILE } from './lock.ts';
import { sampleMeta } from './samples.contract.ts';
import { createRun, openRun } from './sqlite.ts';
import type { RunStore } from './store.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-custody-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let runs = 0;
const newRun = (): RunStore => createRun(join(root, `run-${++runs}`), sampleMeta);
const next = { cursor: { iteration: 1, stage: 'vote', step: 1 } } as const;

/** Other process that lives as long as this one. */
const thief = JSON.stringify({ pid: process.ppid, host: hostname(), start: null });

describe('a run in use', () => {
  const damages: { name: string; says: RegExp; damage: (dir: string) => void }[] = [
    { name: 'whose folder was moved', says: /was moved or deleted/, damage: (dir) => renameSync(dir, `${dir}-moved`) },
    {
      name: 'whose folder was deleted',
      says: /was moved or deleted/,
      damage: (dir) => rmSync(dir, { recursive: true }),
    },
    {
      name: 'whose database was replaced',
      says: /run\.db was replaced by another file/,
      damage(dir) {
        copyFileSync(join(dir, 'run.db'), join(dir, 'other.db'));
        renameSync(join(dir, 'other.db'), join(dir, 'run.db'));
      },
    },
    { name: 'whose lock was removed', says: /lock was removed/, damage: (dir) => rmSync(join(dir, LOCK_FILE)) },
    {
      name: 'that another process took over',
      says: new RegExp(`Another process \\(process ${process.ppid}\\) has taken over`),
      damage: (dir) => writeFileSync(join(dir, LOCK_FILE), thief),
    },
  ];

  it.each(damages)('$name accepts no commit, and its end is recorded where it is', ({ damage, says }) => {
    const store = newRun();
    const end = store.beginSession();
    store.commit({ cursor: { iteration: 1, stage: 'vote', step: 0 } });
    damage(store.dir);
    expect(() => store.check()).toThrow(says);
    expect(() => store.commit(next)).toThrow(StoreError);
    end({ outcome: 'failed', reason: 'moved' });
    expect(store.cursor().step).toBe(0);
    expect(store.sessions()).toMatchObject([{ end: { outcome: 'failed' } }]);
    store.close();
  });

  it('that was moved continues in its new place', () => {
    const store = newRun();
    store.commit({ cursor: { iteration: 1, stage: 'vote', step: 0 } });
    const place = `${store.dir}-elsewhere`;
    renameSync(store.dir, place);
    expect(() => store.commit(next)).toThrow('was moved or deleted');
    store.close();
    // The lock moved too; its process is gone in practice.
    rmSync(join(place, LOCK_FILE));
    const again = openRun(place);
    again.commit(next);
    expect(again.cursor()).toEqual(next.cursor);
    again.close();
  });
});

describe('a lock', () => {
  it('that another process took over is not removed', () => {
    const store = newRun();
    writeFileSync(join(store.dir, LOCK_FILE), thief);
    store.close();
    expect(existsSync(join(store.dir, LOCK_FILE))).toBe(true);
  });

  it('is released when the process exits in the middle of its work', () => {
    const dir = mkdtempSync(join(root, 'exit-'));
    const lock = new URL('lock.ts', import.meta.url).href;
    const code = `import { acquireLock } from ${JSON.stringify(lock)}; acquireLock(${JSON.stringify(dir)}); process.exit(3);`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', code];
    expect(spawnSync(process.execPath, args).status).toBe(3);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is checked together with a database that appears later', () => {
    const dir = mkdtempSync(join(root, 'later-'));
    const custody = takeCustody(dir, 'eval.db');
    expect(() => custody.check()).toThrow('was moved or deleted');
    writeFileSync(join(dir, 'eval.db'), '');
    custody.check();
    custody.release();
    expect(() => custody.check()).toThrow('lock was removed');
  });
});
