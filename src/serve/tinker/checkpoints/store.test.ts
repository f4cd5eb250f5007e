import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StatePlace, StateRef } from '../../../engine/engine.ts';
import { listStates, stateOf } from '../../../engine/local/states.ts';
import { StoreError } from '../../../errors.ts';
import { CheckpointStore, type NewCheckpoint } from './store.ts';

const RUN = 'session:train:0';

let root: string;
let folder: string;
let store: CheckpointStore;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rzero-store-'));
  folder = join(root, 'checkpoints');
  store = open();
  addRun();
});
afterEach(() => {
  store.close();
  rmSync(root, { recursive: true, force: true });
});

const remove = async (ref: StateRef): Promise<void> => rmSync(resolve(ref.home, ref.id), { recursive: true });
const open = (): CheckpointStore => new CheckpointStore(folder, remove);

function addRun(): void {
  const adapter = { rank: 4, alpha: 32, targets: ['q_proj'] };
  const created = new Date().toISOString();
  store.addRun({ runId: RUN, sessionId: 'session', base: 'tiny', adapter, created, metadata: null });
}

/** Opens the folder as a new process does. */
async function reopen(): Promise<void> {
  store.close();
  store = open();
  await store.clean(listStates);
}

const named = (name: string, more: Partial<NewCheckpoint> = {}): NewCheckpoint => ({
  runId: RUN,
  kind: 'weights',
  name,
  ttlSeconds: null,
  metadata: null,
  ...more,
});

/** Writes a state that consists of one text. */
const text =
  (content: string) =>
  async (place: StatePlace): Promise<StateRef> => {
    const ref = stateOf(place);
    mkdirSync(resolve(ref.home, ref.id), { recursive: true });
    writeFileSync(resolve(ref.home, ref.id, 'text'), content);
    return ref;
  };

function contentOf(name: string): string | null {
  const found = store.find(named(name));
  return found === undefined ? null : readFileSync(resolve(found.ref.home, found.ref.id, 'text'), 'utf8');
}

/** Folder of the run. */
function home(): string {
  return join(folder, readdirSync(folder).find((name) => name.includes('train')) ?? '');
}

function states(): number {
  return readdirSync(join(home(), 'weights')).length;
}

describe('a checkpoint', () => {
  it('is found by a later process, with its run', async () => {
    await store.add(named('a', { metadata: { step: '1' } }), text('one'));
    await reopen();
    expect(contentOf('a')).toBe('one');
    expect(store.find(named('a'))).toMatchObject({
      record: { bytes: 3, metadata: { step: '1' }, expires: null },
      run: { base: 'tiny', adapter: { rank: 4 } },
    });
    expect(store.find(named('b'))).toBeUndefined();
    expect(store.find(named('a', { kind: 'sampler_weights' }))).toBeUndefined();
  });

  it('is absent if writing it failed or was cut off, and what was written is removed', async () => {
    await expect(
      store.add(named('a'), async (place) => {
        await text('half')(place);
        throw new StoreError('full', 'free');
      }),
    ).rejects.toThrow('full');
    expect(contentOf('a')).toBeNull();
    expect(states()).toBe(1);
    await reopen();
    expect(contentOf('a')).toBeNull();
    expect(states()).toBe(0);
    await store.add(named('a'), text('whole'));
    expect(contentOf('a')).toBe('whole');
  });

  it('replaces one of the same name, which stays until the new one is whole', async () => {
    await store.add(named('a'), text('one'));
    await expect(
      store.add(named('a'), async () => {
        throw new Error('killed');
      }),
    ).rejects.toThrow('killed');
    expect(contentOf('a')).toBe('one');
    await store.add(named('a'), text('two'));
    expect(contentOf('a')).toBe('two');
    await reopen();
    expect(contentOf('a')).toBe('two');
    expect(states()).toBe(1);
    expect(store.list(RUN)).toHaveLength(1);
  });

  it('replaced by a process that was killed before it could delete the old one counts once', async () => {
    await store.add(named('a'), text('one'));
    const old = readFileSync(join(home(), 'checkpoints', '1.json'), 'utf8');
    await store.add(named('a'), text('two'));
    writeFileSync(join(home(), 'checkpoints', '1.json'), old);
    await reopen();
    expect(contentOf('a')).toBe('two');
    const found = store.find(named('a'));
    if (found !== undefined) await store.remove(found);
    await reopen();
    expect(contentOf('a')).toBeNull();
  });

  it('expires', async () => {
    await store.add(named('a', { ttlSeconds: 1 }), text('one'));
    const kept = await store.add(named('b', { ttlSeconds: 1 }), text('two'));
    store.setTtl(kept, null);
    await expect.poll(() => contentOf('a'), { timeout: 5000 }).toBeNull();
    expect(contentOf('b')).toBe('two');
    await store.sweep();
    expect(states()).toBe(1);
  });

  it('leaves nothing when it is removed', async () => {
    const added = await store.add(named('a'), text('one'));
    await store.remove(added);
    expect(contentOf('a')).toBeNull();
    expect(states()).toBe(0);
    await reopen();
    expect(store.list()).toEqual([]);
    expect(store.runs()).toMatchObject([{ runId: RUN }]);
  });
});

describe('the folder', () => {
  it('is used by one at a time', () => {
    expect(open).toThrow(StoreError);
  });

  it('may hold files of others, which are left alone', async () => {
    mkdirSync(join(folder, 'mine', 'weights', 'x'), { recursive: true });
    writeFileSync(join(folder, 'mine', 'run.json'), '{"runId": 1}');
    writeFileSync(join(folder, 'note.txt'), 'x');
    await store.add(named('a'), text('one'));
    writeFileSync(join(home(), 'checkpoints', '77.json'), '{"kind": "weights"');
    writeFileSync(join(home(), 'checkpoints', 'x.json'), '{}');
    await reopen();
    expect(store.list()).toHaveLength(1);
    expect(existsSync(join(folder, 'mine', 'weights', 'x'))).toBe(true);
  });
});
