import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../test/fixtures/scripted/arithmetic-base.ts';
import { resolveConfig } from '../config/load.ts';
import type { ConfigInput } from '../config/schema.ts';
import { createRun } from '../store/sqlite.ts';
import { folderNamedByRun, modelOfRun, namedRun } from './run-model.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-run-model-'));
const runsDir = join(root, 'runs');
const base = join(root, 'base');
beforeAll(() => writeArithmeticBase(base));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Creates a run with states of all roles after steps 1 and 2 of two iterations. */
function makeRun(id: string, over: ConfigInput = {}): string {
  const config = resolveConfig({ flags: { model: base, ...over } });
  const meta = { id, createdAt: '2026-01-01T00:00:00.000Z', version: '0.0.0', config };
  const store = createRun(join(runsDir, id), meta);
  for (const iteration of [1, 2]) {
    for (const role of ['challenger', 'solver', 'verifier'] as const) {
      for (const step of [1, 2]) {
        const state = `weights/${role}-${iteration}-step-${step}`;
        mkdirSync(join(store.dir, state), { recursive: true });
        store.commit({ cursor: { iteration, stage: 'evaluate', step: 0 }, weights: { role, iteration, step, state } });
      }
    }
  }
  store.close();
  return store.dir;
}

describe('the name of a run', () => {
  it('is distinguished from a folder, and may ask for an iteration', () => {
    const dir = makeRun('named');
    expect(namedRun('named', runsDir)).toEqual({ dir, iteration: null });
    expect(namedRun('nam@2', runsDir)).toEqual({ dir, iteration: 2 });
    expect(namedRun(`${dir}@0`, runsDir)).toEqual({ dir, iteration: 0 });
    expect(namedRun(dir, 'nowhere')).toEqual({ dir, iteration: null });
    expect(namedRun(base, runsDir)).toBeNull();
    expect(() => namedRun('other@1', runsDir)).toThrow('There is no run other');
  });

  it('stands for a folder, if it is the name of a run', async () => {
    const dir = makeRun('placed');
    expect(await folderNamedByRun('placed@1', runsDir)).toBe(join(dir, 'weights/solver-1-step-2'));
    expect(await folderNamedByRun('placed', runsDir)).toBe(join(dir, 'weights/solver-2-step-2'));
    expect(await folderNamedByRun('placed@0', runsDir)).toBe(base);
    expect(await folderNamedByRun(base, runsDir)).toBeNull();
    expect(await folderNamedByRun('mistyped', runsDir)).toBeNull();
    await expect(folderNamedByRun('mistyped@1', runsDir)).rejects.toThrow('There is no run mistyped');
  });
});

describe('the model of a run', () => {
  const stateOf = async (dir: string, iteration: number | null, role?: 'challenger' | 'verifier'): Promise<unknown> => {
    const { weights } = await modelOfRun({ dir, iteration }, role);
    return weights.kind === 'state' ? weights.id : weights.path;
  };

  it('is that of the role after the iteration, and the newest without one', async () => {
    const dir = makeRun('plain');
    expect(await stateOf(dir, 1)).toBe('weights/solver-1-step-2');
    expect(await stateOf(dir, 1, 'challenger')).toBe('weights/challenger-1-step-2');
    expect(await stateOf(dir, 2, 'verifier')).toBe('weights/verifier-2-step-2');
    expect(await stateOf(dir, null)).toBe('weights/solver-2-step-2');
    expect(await stateOf(dir, 0)).toBe(base);
  });

  it('is the state of the step that the run keeps', async () => {
    const dir = makeRun('kept', { solver: { keepStep: 1 } });
    expect(await stateOf(dir, 1)).toBe('weights/solver-1-step-1');
    expect(await stateOf(dir, 1, 'challenger')).toBe('weights/challenger-1-step-2');
  });

  it('of both roles is the same with shared weights', async () => {
    const dir = makeRun('shared', { weights: 'shared' });
    expect(await stateOf(dir, 1, 'challenger')).toBe('weights/solver-1-step-2');
  });

  it('of an unknown iteration is refused with those that exist', async () => {
    const dir = makeRun('short');
    await expect(stateOf(dir, 3)).rejects.toThrow(
      'The run short has no Solver of iteration 3.\nIt has: 0, 1, 2 (0 is the base).',
    );
  });

  it('of an iteration whose weights were removed is refused with those that are left', async () => {
    const dir = makeRun('pruned');
    const state = join(dir, 'weights/solver-1-step-2');
    rmSync(state, { recursive: true });
    await expect(stateOf(dir, 1)).rejects.toThrow(
      `The weights of iteration 1 were removed (pruned) from the run pruned: ${state} does not exist.\nIt still has: 0, 2 (0 is the base).`,
    );
  });
});
