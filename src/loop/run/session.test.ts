import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import { StoreError } from '../../errors.ts';
import type { StampedEvent } from '../../events.ts';
import type { Rewards } from '../../rewards/rewards.ts';
import { runOf } from '../../run-place.ts';
import { openRun } from '../../store/sqlite.ts';
import { evolve, type Evolution } from '../evolve.ts';
import { shortConfig } from '../loop.contract.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-session-'));
const base = join(root, 'base');
beforeAll(() => writeArithmeticBase(base));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Starts a run that calls `meddle` within the first training step. */
function begin(name: string, meddle: (dir: string) => void): { run: Evolution; dir: string } {
  const dir = join(root, name);
  const challenger: Rewards['challenger'] = ({ items }) => {
    meddle(dir);
    return items.map(() => ({ reward: 1, parts: {} }));
  };
  return { dir, run: evolve({ config: shortConfig(base), runDir: dir, rewards: { challenger } }) };
}

async function endOf(run: Evolution): Promise<{ error: unknown; events: StampedEvent[] }> {
  const events: StampedEvent[] = [];
  try {
    for await (const event of run) events.push(event);
  } catch (error) {
    return { error, events };
  }
  throw new Error('it did not fail');
}

describe('a run whose folder', () => {
  it('is deleted under it fails, and the folder does not come back', async () => {
    const { run, dir } = begin('deleted', (folder) => rmSync(folder, { recursive: true }));
    const { error, events } = await endOf(run);
    expect(error).toBeInstanceOf(StoreError);
    expect(String(error)).toContain(`The folder ${dir} was moved or deleted while it was in use.`);
    expect(events.at(-1)).toMatchObject({ type: 'run-failed', code: 'store', runDir: dir });
    expect(existsSync(dir)).toBe(false);
  });

  it('is deleted before a stop fails too, because nothing can be continued', async () => {
    const { run } = begin('gone', (folder) => {
      rmSync(folder, { recursive: true });
      run.stop();
    });
    const { error, events } = await endOf(run);
    expect(String(error)).toContain('was moved or deleted');
    expect(events.map(({ type }) => type)).not.toContain('run-end');
  });

  it('is moved under it fails, and the moved run has the record', async () => {
    const { run, dir } = begin('moved', (folder) => renameSync(folder, `${folder}-to`));
    const { error } = await endOf(run);
    expect(String(error)).toContain('was moved or deleted');
    expect(runOf(error)).toEqual({ id: 'moved', dir });
    expect(existsSync(dir)).toBe(false);
    const store = openRun(`${dir}-to`, { readOnly: true });
    expect(store.sessions()).toMatchObject([{ end: { outcome: 'failed', reason: expect.stringContaining('moved') } }]);
    expect(store.cursor()).toEqual({ iteration: 1, stage: 'train-challenger', step: 0 });
    store.close();
  });
});

describe('an error that is not an Error', () => {
  it('fails the run like any other', async () => {
    const { run, dir } = begin('thrown', () => {
      // User code may throw anything.
      // oxlint-disable-next-line no-throw-literal
      throw 'just a text';
    });
    const { error, events } = await endOf(run);
    expect(error).toEqual(new Error('just a text'));
    expect(runOf(error)).toEqual({ id: 'thrown', dir });
    expect(events.at(-1)).toMatchObject({ type: 'run-failed', code: null, message: 'just a text' });
    expect(readdirSync(dir)).not.toContain('lock');
  });
});

describe('a stop with an error', () => {
  it('fails the run with that error', async () => {
    const failure = new Error('broken elsewhere');
    const { run, dir } = begin('failing', () => run.stop(failure));
    const { error } = await endOf(run);
    expect(error).toBe(failure);
    const store = openRun(dir, { readOnly: true });
    expect(store.sessions()).toMatchObject([{ end: { outcome: 'failed', reason: 'broken elsewhere' } }]);
    store.close();
  });
});
