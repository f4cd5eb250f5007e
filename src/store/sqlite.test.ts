import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { resolveConfig } from '../config/load.ts';
import { StoreError } from '../errors.ts';
import { connect, rows } from './database.ts';
import { applyMigrations } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { sampleGroup, sampleMeta, sampleQuestion } from './samples.contract.ts';
import { createRun, openRun, runStoreOver } from './sqlite.ts';
import { storeContract } from './store.contract.ts';
import type { RunStore, Unit } from './store.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-store-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let made = 0;
const newDir = (): string => join(root, `run-${made++}`);

storeContract(
  'sqlite',
  () => createRun(newDir(), sampleMeta),
  (store) => {
    store.close();
    return openRun(store.dir);
  },
);

const unit = (step: number, bytes = 100): Unit => ({
  cursor: { iteration: 1, stage: 'train-solver', step },
  questions: [sampleQuestion({ step, completion: 'x'.repeat(bytes) })],
});

/** The StoreError that `work` throws. */
function failure(work: () => unknown): StoreError {
  try {
    work();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function closedRun(work: (store: RunStore) => void = () => undefined): string {
  const store = createRun(newDir(), sampleMeta);
  work(store);
  store.close();
  return store.dir;
}

describe('a run folder', () => {
  it('contains the resolved config, which loads unchanged, and after closing no lock and a database in one file', () => {
    const dir = closedRun();
    expect(resolveConfig({ files: [join(dir, 'config.toml')] })).toEqual(sampleMeta.config);
    expect(JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'))).toEqual(sampleMeta.config);
    expect(readdirSync(dir)).not.toContain('lock');
    const other = newDir();
    mkdirSync(other);
    copyFileSync(join(dir, 'run.db'), join(other, 'run.db'));
    const copy = openRun(other);
    expect(copy.meta()).toEqual(sampleMeta);
    copy.close();
  });

  it('is not created in a folder that is not empty', () => {
    expect(failure(() => createRun(closedRun(), sampleMeta)).message).toContain('rzero resume');
    const other = newDir();
    mkdirSync(other);
    writeFileSync(join(other, 'notes.txt'), 'mine');
    expect(failure(() => createRun(other, sampleMeta)).message).toContain('notes.txt');
    expect(readdirSync(other)).toEqual(['notes.txt']);
  });

  it('that is missing is reported with the existing runs', () => {
    const runs = newDir();
    createRun(join(runs, 'first'), sampleMeta).close();
    expect(failure(() => openRun(join(runs, 'frist'))).message).toMatch(/no run in .*frist.*Runs in .*: first\./s);
    expect(failure(() => openRun(join(runs, 'first', 'none', 'x'))).message).toContain('There are no runs');
  });

  it('can be read while another store writes it, but not written by the reader', () => {
    const writer = createRun(newDir(), sampleMeta);
    writer.commit(unit(1));
    const reader = openRun(writer.dir, { readOnly: true });
    expect(reader.cursor().step).toBe(1);
    writer.commit(unit(2));
    expect(reader.cursor().step).toBe(2);
    expect(failure(() => reader.commit(unit(3))).message).toContain('reading only');
    reader.close();
    expect(failure(() => openRun(writer.dir)).message).toContain(`in use by process ${process.pid}`);
    writer.close();
    openRun(writer.dir).close();
  });

  it('has the default of a setting that its version did not have, and is rejected for an unknown setting', () => {
    const dir = closedRun();
    const rewrite = (change: string): void => {
      const database = connect(dir);
      database.exec(`UPDATE run SET config = ${change}`);
      database.close();
    };
    rewrite("json_remove(config, '$.solver.keepStep', '$.filter.forbiddenInLabel')");
    const store = openRun(dir);
    expect(store.meta()).toEqual(sampleMeta);
    store.close();
    rewrite("json_set(config, '$.solver.unheard', 1)");
    expect(failure(() => openRun(dir).meta()).message).toContain('The config of this run cannot be read');
  });

  it('uses durable settings: write-ahead log, full sync, foreign keys', () => {
    const database = connect(closedRun());
    const setting = (name: string) => Object.values(rows(database.prepare(`PRAGMA ${name}`))[0])[0];
    expect([setting('journal_mode'), setting('synchronous'), setting('foreign_keys')]).toEqual(['wal', 2, 1]);
    database.close();
  });
});

describe('a damaged database', () => {
  const damage: [string, (path: string) => void][] = [
    ['garbage', (path) => writeFileSync(path, 'not a database at all. '.repeat(500))],
    ['truncated in the middle', (path) => truncateSync(path, 40_000)],
    ['truncated within the header', (path) => truncateSync(path, 50)],
    ['overwritten pages', (path) => writeFileSync(path, readFileSync(path).fill(0xa5, 8192, 60_000))],
  ];
  it.each(damage)('%s: reports the damage and gives advice', (_, spoil) => {
    const dir = closedRun((store) => [1, 2, 3].forEach((step) => store.commit(unit(step, 20_000))));
    spoil(join(dir, 'run.db'));
    const error = failure(() => openRun(dir));
    expect(error.message).toContain(`The database of the run in ${dir} is damaged`);
    expect(error.message.split('\n').at(-1)).toBe(error.advice);
    expect(error.advice).toContain('Restore run.db');
    expect(existsSync(join(dir, 'lock'))).toBe(false);
  });

  it('empty: the run never began', () => {
    const dir = newDir();
    mkdirSync(dir);
    writeFileSync(join(dir, 'run.db'), '');
    expect(failure(() => openRun(dir)).message).toContain('before it began');
  });
});

describe('the schema', () => {
  const next = [...MIGRATIONS, "ALTER TABLE metrics ADD COLUMN unit TEXT NOT NULL DEFAULT 'none'"];
  const older = () =>
    closedRun((store) =>
      store.commit({ ...unit(1), metrics: [{ iteration: 1, stage: 'vote', step: 0, name: 'a', value: 2 }] }),
    );

  it('of an older rzero is updated, after a backup', () => {
    const dir = older();
    const store = openRun(dir, { migrations: next });
    expect(store.metrics()).toEqual([{ iteration: 1, stage: 'vote', step: 0, name: 'a', value: 2 }]);
    store.commit(unit(2));
    store.close();
    const old = newDir();
    mkdirSync(old);
    copyFileSync(join(dir, `run.db.v${MIGRATIONS.length}.bak`), join(old, 'run.db'));
    const backup = openRun(old);
    expect(backup.cursor().step).toBe(1);
    backup.close();
  });

  it('of the first version is updated with all its rows', () => {
    const dir = newDir();
    mkdirSync(dir);
    const database = connect(dir);
    applyMigrations(database, MIGRATIONS.slice(0, 1));
    const config = JSON.stringify(sampleMeta.config);
    database.exec(`
      INSERT INTO run VALUES (1, 'old', '2026-11-23T10:00:00.000Z', '0.1.0', '${config}');
      INSERT INTO cursor VALUES (1, 2, 'train-solver', 1);
      INSERT INTO rollout_groups VALUES ('solver', 1, 0, 0, 'Compute 1 + 2.', '3'), ('challenger', 1, 0, 0, 'Pose.', NULL);
      INSERT INTO rollouts VALUES ('solver', 1, 0, 0, 0, '3', 5, 'stop', 1, '{"correct":1}', 0.5),
        ('challenger', 1, 0, 0, 0, 'Q', 6, 'length', NULL, '{}', NULL);
      INSERT INTO weights VALUES ('solver', 1, 3, 'weights/solver-1-step-3');
    `);
    database.close();
    const store = openRun(dir);
    expect(store.cursor()).toEqual({ iteration: 2, stage: 'train-solver', step: 1 });
    const [solver] = store.rollouts({ role: 'solver', iteration: 1 });
    expect(solver).toMatchObject({ prompt: 'Compute 1 + 2.', label: '3' });
    expect(solver.rollouts).toEqual([
      { completion: '3', tokens: 5, stop: 'stop', reward: 1, parts: { correct: 1 }, advantage: 0.5 },
    ]);
    expect(store.rollouts({ role: 'challenger', iteration: 1 })[0].rollouts).toHaveLength(1);
    expect(store.allWeights()).toEqual([{ role: 'solver', iteration: 1, step: 3, state: 'weights/solver-1-step-3' }]);
    // Writing a group again still deletes its old rollouts.
    store.commit({ cursor: store.cursor(), rollouts: [{ ...solver, rollouts: [] }] });
    expect(store.rollouts({ role: 'solver', iteration: 1 })[0].rollouts).toEqual([]);
    store.close();
    expect(existsSync(join(dir, 'run.db.v1.bak'))).toBe(true);
  });

  it('is updated in a copy for a reader, which changes nothing in the folder', () => {
    const dir = older();
    const before = readFileSync(join(dir, 'run.db'));
    const names = readdirSync(dir).toSorted();
    const reader = openRun(dir, { readOnly: true, migrations: next });
    expect(reader.metrics()[0].value).toBe(2);
    reader.close();
    expect(readFileSync(join(dir, 'run.db')).equals(before)).toBe(true);
    expect(readdirSync(dir).toSorted()).toEqual(names);
    openRun(dir, { migrations: next }).close();
    expect(readdirSync(dir)).toContain(`run.db.v${MIGRATIONS.length}.bak`);
  });

  it('is unchanged if a step fails', () => {
    const dir = older();
    const broken = [...MIGRATIONS, 'CREATE TABLE extra (a TEXT); ALTER TABLE nothing ADD COLUMN x'];
    expect(failure(() => openRun(dir, { migrations: broken })).message).toContain('up to date');
    const store = openRun(dir);
    expect(store.cursor().step).toBe(1);
    store.close();
  });

  it('of a newer rzero is rejected, naming the version that made it', () => {
    const dir = older();
    const database = connect(dir);
    database.prepare('INSERT INTO schema_version VALUES (?, ?, ?)').run(99, '7.3.1', '2030-01-01');
    database.close();
    const error = failure(() => openRun(dir));
    expect(error.message).toContain('made by rzero 7.3.1');
    expect(error.advice).toContain('Upgrade rzero');
  });
});

describe('a full disk', () => {
  it('keeps all committed data, and the run continues when there is space', () => {
    const dir = closedRun((store) => store.commit(unit(1)));
    const database = connect(dir);
    database.exec('PRAGMA max_page_count = 60');
    const store = runStoreOver(dir, database, { check: () => undefined, release: () => undefined });
    let last = 1;
    const error = failure(() => {
      for (let step = 2; step < 100; step++) {
        store.commit({ ...unit(step, 20_000), rollouts: [sampleGroup({ step })] });
        last = step;
      }
    });
    expect(error.message).toContain('The disk is full');
    expect(error.message).toContain('Everything committed before is kept');
    expect(error.advice).toContain('rzero resume');
    expect(last).toBeGreaterThan(1);
    expect(store.cursor().step).toBe(last);
    database.exec('PRAGMA max_page_count = 100000');
    store.commit(unit(last + 1, 20_000));
    store.close();
    const again = openRun(dir);
    expect(again.cursor().step).toBe(last + 1);
    expect(again.rollouts({ role: 'solver', iteration: 1 })).toHaveLength(last - 1);
    expect(again.questions({ iteration: 1, origin: 'pool' })).toHaveLength(last + 1);
    again.close();
  });

  it('is distinguished from other failures', () => {
    const file = newDir();
    writeFileSync(file, '');
    expect(failure(() => createRun(join(file, 'inside'), sampleMeta)).message).toContain('Could not make the folder');
  });
});
