import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import { resolveConfig } from '../../config/load.ts';
import { createRun } from '../../store/sqlite.ts';
import { Catalogue } from './catalogue.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-catalogue-'));
const runsDir = join(root, 'runs');
const base = join(root, 'base');
beforeAll(() => writeArithmeticBase(base));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function makeRun(id: string, roles: readonly string[]): void {
  const config = resolveConfig({ flags: { model: base } });
  const store = createRun(join(runsDir, id), { id, createdAt: '2026-01-01T00:00:00.000Z', version: '0.0.0', config });
  for (const role of roles) {
    const state = `weights/${role}-1-step-1`;
    mkdirSync(join(store.dir, state), { recursive: true });
    store.commit({
      cursor: { iteration: 1, stage: 'evaluate', step: 0 },
      weights: { role, iteration: 1, step: 1, state },
    });
  }
  store.close();
}

it('lists and finds the Verifier of a run that has one', async () => {
  makeRun('judged', ['challenger', 'solver', 'verifier']);
  makeRun('plain', ['challenger', 'solver']);
  const catalogue = new Catalogue({ runsDir });
  const named = (await catalogue.list()).map(({ id, role }) => [id, role]);
  expect(named).toContainEqual(['judged:verifier', 'verifier']);
  expect(named).toContainEqual(['judged@1:verifier', 'verifier']);
  expect(named.filter(([, role]) => role === 'verifier')).toHaveLength(2);
  const found = await catalogue.find('judged:verifier');
  expect(found?.weights).toMatchObject({ id: 'weights/verifier-1-step-1' });
  expect(await catalogue.find('judged:critic')).toBeNull();
  expect(await catalogue.find('plain:verifier')).toBeNull();
});
