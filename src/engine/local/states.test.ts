import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { listStates, removeState, stateOf } from './states.ts';

const home = mkdtempSync(join(tmpdir(), 'rzero-states-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

it('lists incomplete states of a killed process, so that they can be removed', async () => {
  for (const name of ['solver-1-step-1', 'solver-1-step-2.tmp-123'])
    mkdirSync(join(home, 'weights', name), { recursive: true });
  const found = await listStates(home);
  expect(found.map(({ id }) => id).toSorted()).toEqual(['weights/solver-1-step-1', 'weights/solver-1-step-2.tmp-123']);
  for (const state of found) await removeState(state);
  expect(await listStates(home)).toEqual([]);
});

it.each(['..', '../..', 'weights', 'weights/..', 'weights/../best', '/etc'])(
  'removes nothing outside its folder: %s',
  async (id) => {
    mkdirSync(join(home, 'best'), { recursive: true });
    await expect(removeState({ kind: 'state', id, home })).rejects.toMatchObject({ kind: 'user' });
    expect(existsSync(join(home, 'best'))).toBe(true);
  },
);

it('uses the path relative to the run as a state’s id, as earlier versions do', () => {
  expect(stateOf({ home, name: 'solver-1-step-3' }).id).toBe('weights/solver-1-step-3');
});
