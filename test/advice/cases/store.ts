/** Errors of run folders, databases and locks. */

import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { resolveConfig } from '../../../src/config/load.ts';
import { LOCK_FILE } from '../../../src/store/lock.ts';
import { connect } from '../../../src/store/database.ts';
import { createMemoryRun } from '../../../src/store/memory.ts';
import { partialResult, type PartialKind } from '../../../src/store/partials.ts';
import { resolveRun } from '../../../src/store/runs.ts';
import { storeError } from '../../../src/store/failures.ts';
import { sampleAttempt, sampleGroup, sampleMeta, sampleQuestion } from '../../../src/store/samples.contract.ts';
import { createRun, openRun } from '../../../src/store/sqlite.ts';
import { ROLE_NAMES, type RunStore } from '../../../src/store/store.ts';
import { SET_SCRIPTED } from '../../engines/scripted/config.ts';
import { copyOldRun } from '../../fixtures/old-runs.ts';
import { SHORT_RUN, setFlags } from '../../fixtures/short-run.ts';
import { writeArithmeticBase } from '../../fixtures/scripted/arithmetic-base.ts';
import { makeReadOnly, makeWritable } from '../../fixtures/unprivileged.ts';
import { carryOut, commandIn, printedBy } from '../command.ts';
import type { AdviceCase } from '../followed.ts';

const NEXT = { cursor: { iteration: 1, stage: 'vote', step: 1 } } as const;
const COUNT: PartialKind<number> = { name: 'count', schema: z.number() };

function begun(place: string): RunStore {
  const store = createRun(join(place, 'run'), sampleMeta);
  store.commit({ cursor: { iteration: 1, stage: 'vote', step: 0 } });
  return store;
}

function closed(place: string): string {
  const store = begun(place);
  store.close();
  return store.dir;
}

/** Continues the run, as a new process would. */
function goOn(dir: string): void {
  const store = openRun(dir);
  store.commit(NEXT);
  store.close();
}

/** Does `harm` to a run in use, and then commits; closes the store before the error is thrown. */
function commitAfter(place: string, harm: (dir: string) => void): void {
  const store = begun(place);
  harm(store.dir);
  try {
    store.commit(NEXT);
  } finally {
    store.close();
  }
}

/** The error of the file system when a file grows beyond a full disk. */
function fullDisk(): unknown {
  try {
    writeFileSync('/dev/full', 'x');
  } catch (error) {
    return error;
  }
  throw new Error('/dev/full was written');
}

const EVIL = { code: 'EIO', errno: -5, syscall: 'write' };

/** Lets every user enter the folder. */
function enter(place: string): void {
  for (const folder of [place, dirname(place), dirname(dirname(place))]) chmodSync(folder, 0o755);
}

/** Starts a short run in a folder of runs, as a user who may not write everywhere. */
function evolveIn(place: string, runsDir: string): Promise<never> {
  const settings = SET_SCRIPTED.map((assignment) => `--set=${assignment}`);
  const sizes = setFlags({ ...SHORT_RUN, iterations: 1, engine: {} });
  const model = ['--model', join(place, 'base'), '--runs-dir', runsDir];
  return printedBy(['evolve', ...model, ...settings, ...sizes], { cwd: place, unprivileged: true });
}

/** An interrupted run of the first schema, with its model. */
function interrupted(place: string): string {
  return copyOldRun('interrupted', place);
}

export const CASES: AdviceCase[] = [
  {
    file: 'store/custody.ts',
    message: 'The database … was replaced by another file while it was in use.',
    advice: 'Put the right file there, and continue.',
    provoke: (place) =>
      commitAfter(place, (dir) => {
        renameSync(join(dir, 'run.db'), join(place, 'right.db'));
        copyFileSync(join(place, 'right.db'), join(dir, 'run.db'));
      }),
    follow: (place) => {
      renameSync(join(place, 'right.db'), join(place, 'run', 'run.db'));
      goOn(join(place, 'run'));
    },
  },
  {
    file: 'store/lock.ts',
    message: 'The lock … was removed while the folder was in use.',
    advice: 'Make sure that no other process works there, then continue.',
    provoke: (place) => commitAfter(place, (dir) => rmSync(join(dir, LOCK_FILE))),
    follow: (place) => goOn(join(place, 'run')),
  },
  {
    file: 'store/lock.ts',
    message: 'Another process (…) has taken over ….',
    advice: 'Wait for it or stop it first, then continue.',
    provoke: (place) =>
      commitAfter(place, (dir) => {
        writeFileSync(join(dir, LOCK_FILE), JSON.stringify({ pid: process.ppid, host: hostname(), start: null }));
      }),
    follow: (place) => {
      // A process that has ended no longer holds the lock.
      writeFileSync(join(place, 'run', LOCK_FILE), JSON.stringify({ pid: 1, host: hostname(), start: 'ended' }));
      goOn(join(place, 'run'));
    },
  },
  {
    file: 'store/lock.ts',
    message: 'The run in … is in use by ….',
    advice: /^Wait for it or stop it first \(Ctrl-C there\); if no such process exists, delete .*lock\.$/,
    provoke: (place) => {
      const dir = closed(place);
      writeFileSync(join(dir, LOCK_FILE), JSON.stringify({ pid: 1, host: 'elsewhere.invalid', start: null }));
      goOn(dir);
    },
    follow: (place, { advice }) => {
      rmSync(/delete (\S+)\.$/.exec(advice)?.[1] ?? '');
      goOn(join(place, 'run'));
    },
  },
  {
    file: 'store/failures.ts',
    message: 'The folder … was moved or deleted while it was in use.',
    advice: 'If it was moved, name its new path (for a run: `rzero resume PATH`); if it was deleted, start again.',
    provoke: (place) => commitAfter(place, (dir) => renameSync(dir, join(place, 'moved'))),
    follow: (place) => {
      // The lock moved too; its process has ended by now.
      rmSync(join(place, 'moved', LOCK_FILE), { force: true });
      goOn(resolveRun(join(place, 'none'), join(place, 'moved')));
      begun(place).close();
    },
  },
  {
    file: 'store/database.ts',
    message: '… There are no runs in ….',
    advice: 'Start one with `rzero evolve`, or name another folder of runs with --runs-dir.',
    provoke: (place) => resolveRun(place, 'first'),
    follow: (place) => {
      createRun(join(place, 'elsewhere', 'first'), sampleMeta).close();
      expect(resolveRun(join(place, 'elsewhere'), 'first')).toBe(join(place, 'elsewhere', 'first'));
    },
  },
  {
    file: 'store/database.ts',
    message: '… …',
    advice: 'Name one of them, or start one with `rzero evolve`.',
    provoke: (place) => {
      createRun(join(place, 'first'), sampleMeta).close();
      resolveRun(place, 'frist');
    },
    follow: (place, { message }) => {
      openRun(resolveRun(place, /in .*: (\w+)\./.exec(message)?.[1])).close();
    },
  },
  {
    file: 'store/runs.ts',
    message: 'Several runs start with …: ….',
    advice: 'Give more of the id.',
    provoke: (place) => {
      for (const id of ['base-01', 'base-02']) createRun(join(place, id), sampleMeta).close();
      resolveRun(place, 'base');
    },
    follow: (place) => expect(resolveRun(place, 'base-02')).toBe(join(place, 'base-02')),
  },
  {
    file: 'store/runs.ts',
    message: '…',
    advice: 'Start one with `rzero evolve`, or name the folder with --runs-dir FOLDER.',
    provoke: (place) => resolveRun(place),
    follow: (place) => {
      createRun(join(place, 'elsewhere', 'first'), sampleMeta).close();
      expect(resolveRun(join(place, 'elsewhere'))).toBe(join(place, 'elsewhere', 'first'));
    },
  },
  {
    file: 'store/failures.ts',
    message: 'The disk is full. ……',
    advice: /^Free some space, then `rzero resume run --runs-dir .*` continues from there\.$/,
    provoke: (place) => {
      throw storeError(fullDisk(), closed(place), 'append to the event log');
    },
    follow: (_, { advice }) => {
      const [, id, , runsDir] = commandIn(advice);
      goOn(resolveRun(runsDir, id));
    },
  },
  {
    file: 'store/failures.ts',
    message: 'The disk is full or failing. ……',
    advice: /^Check the disk's space \(df\) and health, then `rzero resume run --runs-dir/,
    provoke: (place) => {
      throw storeError(
        Object.assign(new Error('EIO: i/o error, write'), EVIL),
        closed(place),
        'append to the event log',
      );
    },
    follow: (_, { advice }) => {
      const [, id, , runsDir] = commandIn(advice);
      goOn(resolveRun(runsDir, id));
    },
  },
  {
    file: 'store/failures.ts',
    message: '……',
    advice: /^Correct that, then start again: no run was created\.$/,
    provoke: (place) => {
      writeFileSync(join(place, 'runs'), 'a file');
      createRun(join(place, 'runs', 'run'), sampleMeta);
    },
    follow: (place) => {
      rmSync(join(place, 'runs'));
      createRun(join(place, 'runs', 'run'), sampleMeta).close();
    },
  },
  {
    file: 'store/failures.ts',
    message: 'The database of the run in … is damaged: ….',
    advice:
      /^Restore run\.db from a backup \(run\.db\.v\d+\.bak there is one\) and delete .*, or start a new run .* --model\.$/,
    provoke: (place) => {
      const dir = interrupted(place);
      openRun(dir).close();
      writeFileSync(join(dir, 'run.db'), 'not a database at all. '.repeat(500));
      openRun(dir);
    },
    follow: (place, { advice }) => {
      const dir = join(place, 'interrupted');
      for (const name of ['run.db', 'run.db-wal', 'run.db-shm']) rmSync(join(dir, name), { force: true });
      copyFileSync(join(dir, /\((\S+) there is one\)/.exec(advice)?.[1] ?? ''), join(dir, 'run.db'));
      openRun(dir).close();
      const [, flag, file] = commandIn(advice);
      expect(flag).toBe('--config');
      expect(resolveConfig({ files: [file] })).toMatchObject({ domain: 'arithmetic' });
      const [, weights] = /The weights in (\S+) stay/.exec(advice) ?? [];
      expect(existsSync(weights)).toBe(true);
    },
  },
  {
    file: 'store/failures.ts',
    message: 'The database of the run in … is damaged: ….',
    advice: /^Restore run\.db from a backup and delete .*, or start a new run with the same settings: `rzero evolve/,
    provoke: (place) => {
      const store = begun(place);
      try {
        store.commit({ ...NEXT, partials: [partialResult(COUNT, { iteration: 1, step: 2 }, Number.NaN)] });
        store.partials(COUNT, 1);
      } finally {
        store.close();
      }
    },
    follow: (place, { advice }) => {
      createRun(join(place, 'new'), {
        ...sampleMeta,
        config: resolveConfig({ files: [commandIn(advice)[2]] }),
      }).close();
    },
  },
  {
    file: 'store/failures.ts',
    message: '…',
    advice:
      /^Give this user the right to write in \S+ \(or choose another folder\), then start again: no run was created\.$/,
    provoke: async (place) => {
      enter(place);
      mkdirSync(join(place, 'runs'));
      await writeArithmeticBase(join(place, 'base'));
      makeReadOnly(join(place, 'runs'));
      await evolveIn(place, join(place, 'runs'));
    },
    follow: async (place, { advice }) => {
      const [, folder] = /write in (\S+) \(or/.exec(advice) ?? [];
      chmodSync(folder, 0o777);
      await expect(evolveIn(place, folder)).rejects.toThrow('no error');
    },
  },
  {
    file: 'store/failures.ts',
    message: '…',
    advice:
      /^Give this user the right to write in \S+, then `rzero resume interrupted --runs-dir \S+` continues from there\.$/,
    provoke: async (place) => {
      enter(place);
      const dir = interrupted(place);
      makeReadOnly(dir);
      await printedBy(['resume', dir], { unprivileged: true });
    },
    follow: async (place, { advice }) => {
      makeWritable(/write in (\S+), then/.exec(advice)?.[1] ?? '');
      await carryOut(advice);
      expect(existsSync(join(place, 'interrupted', 'best'))).toBe(true);
    },
  },
  {
    file: 'store/failures.ts',
    message: 'Could not read the run in …: ….',
    advice: /^Give this user the right to read the files in \S+\.$/,
    provoke: async (place) => {
      enter(place);
      const dir = interrupted(place);
      chmodSync(join(dir, 'run.db'), 0o000);
      await printedBy(['show', dir], { unprivileged: true });
    },
    follow: async (_, { advice }) => {
      const [, dir] = /files in (\S+)\.$/.exec(advice) ?? [];
      makeReadOnly(dir);
      await expect(printedBy(['show', dir], { unprivileged: true })).rejects.toThrow('no error');
    },
  },
  {
    file: 'store/delete-run.ts',
    message: 'Could not delete the run in …: ….',
    advice: /^Give this user the right to write in \S+ and its parent, then delete the folder yourself\.$/,
    provoke: async (place) => {
      enter(place);
      const dir = interrupted(place);
      chmodSync(dir, 0o777);
      makeReadOnly(join(dir, 'weights'));
      await printedBy(['runs', '--delete', 'interrupted', '--yes', '--runs-dir', place], { unprivileged: true });
    },
    follow: (_, { advice }) => {
      const [, dir] = /write in (\S+) and/.exec(advice) ?? [];
      makeWritable(dir);
      rmSync(dir, { recursive: true });
    },
  },
  {
    file: 'store/reader.ts',
    message: 'The config of this run cannot be read by this version of rzero: ….',
    advice: /^Open the run with rzero 0\.1\.0, .*start a new run from it with `rzero evolve --config FILE`\.$/,
    provoke: (place) => {
      const database = connect(closed(place));
      database.exec("UPDATE run SET config = json_set(config, '$.solver.unheard', 1)");
      database.close();
      openRun(join(place, 'run'));
    },
    follow: (place, { message }) => {
      expect(message).toContain('unheard');
      expect(resolveConfig({ files: [join(place, 'run', 'config.toml')] }).seed).toBe(7);
    },
  },
  {
    file: 'store/sqlite.ts',
    message: 'The run in … is open for reading only.',
    advice: 'Open it without `readOnly` to write.',
    provoke: (place) => {
      const store = openRun(closed(place), { readOnly: true });
      try {
        store.commit(NEXT);
      } finally {
        store.close();
      }
    },
    follow: (place) => goOn(join(place, 'run')),
  },
  {
    file: 'store/sqlite.ts',
    message: '… already contains ….',
    advice: /^Continue it with `rzero resume interrupted --runs-dir .*`, or choose another folder\.$/,
    provoke: (place) => createRun(interrupted(place), sampleMeta),
    follow: async (place, { advice }) => {
      await carryOut(advice);
      createRun(join(place, 'another'), sampleMeta).close();
    },
  },
  {
    file: 'store/sqlite.ts',
    message: '… already contains ….',
    advice: 'Choose another folder, or empty this one.',
    provoke: (place) => {
      writeFileSync(join(place, 'notes.txt'), 'mine');
      createRun(place, sampleMeta);
    },
    follow: (place) => {
      rmSync(join(place, 'notes.txt'));
      createRun(place, sampleMeta).close();
    },
  },
  {
    file: 'store/sqlite.ts',
    message: 'The run in … was stopped before it began: its database is empty.',
    advice: /^Delete .*run and start again with `rzero evolve`\.$/,
    provoke: (place) => {
      mkdirSync(join(place, 'run'));
      writeFileSync(join(place, 'run', 'run.db'), '');
      openRun(join(place, 'run'));
    },
    follow: (place, { advice }) => {
      rmSync(/^Delete (\S+) and/.exec(advice)?.[1] ?? '', { recursive: true });
      begun(place).close();
    },
  },
  {
    file: 'store/store.ts',
    message: 'The run does not store the role …; its roles are ….',
    advice: /or open the store with its name in the option roles\.$/,
    provoke: (place) => {
      const store = begun(place);
      try {
        store.commit({ ...NEXT, rollouts: [sampleGroup({ role: 'critic' })] });
      } finally {
        store.close();
      }
    },
    follow: (place) => {
      const store = openRun(join(place, 'run'), { roles: [...ROLE_NAMES, 'critic'] });
      store.commit({ ...NEXT, rollouts: [sampleGroup({ role: 'critic' })] });
      store.close();
    },
  },
  {
    file: 'store/memory.ts',
    message: 'An attempt refers to question …, which the run in … does not contain.',
    advice: 'Commit the question first.',
    provoke: (place) => {
      createMemoryRun(place, sampleMeta).commit({ ...NEXT, attempts: [sampleAttempt(sampleQuestion().id, 0)] });
    },
    follow: (place) => {
      const store = createMemoryRun(place, sampleMeta);
      store.commit({ ...NEXT, questions: [sampleQuestion()] });
      store.commit({ ...NEXT, attempts: [sampleAttempt(sampleQuestion().id, 0)] });
      expect(store.attempts({ iteration: 1 })).toHaveLength(1);
    },
  },
];
