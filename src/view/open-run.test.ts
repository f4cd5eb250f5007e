/** The page reads a run on an open domain. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../test/fixtures/scripted/arithmetic-base.ts';
import { evolve } from '../loop/evolve.ts';
import { openConfig, SIGNALS, tallying } from '../loop/open/open-loop.contract.ts';
import { openFolder } from './folder-source.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-open-view-'));
const base = join(root, 'base');
beforeAll(() => writeArithmeticBase(base));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.each(SIGNALS)('a run with %s', (signal, open) => {
  it('has its course, its curves, and questions with scores in the place of votes', async () => {
    const config = openConfig(base, open, { iterations: 1 });
    await evolve({ config, domain: tallying, runDir: join(root, 'runs', signal) }).result;
    const source = openFolder(join(root, 'runs'));
    const view = await source.run(signal);
    expect(view.card).toMatchObject({ state: 'finished', problem: null, scores: [] });
    expect(view.iterations.map(({ closing }) => closing)).toEqual([null, null]);
    expect(view.iterations[1].stages.map(({ state }) => state)).toEqual(Array.from({ length: 6 }, () => 'done'));
    const names = (await source.curves(signal)).names.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['eval/quality', 'eval/quality/digits', 'eval/variety']));
    const [row] = (await source.questions(signal, { verdict: 'kept', limit: 1 })).rows;
    const detail = await source.question(signal, row.id);
    expect(detail.attemptsList).toHaveLength(signal === 'hints' ? 2 : 3);
    if (signal === 'hints') expect(detail.open).toEqual({ scores: {}, shift: expect.any(Number) });
    else expect(detail.open?.scores.likelihood).toHaveLength(3);
    expect((await source.pools(signal)).pools.map(({ iteration }) => iteration)).toEqual([1]);
    expect((await source.heldOut(signal)).iterations).toEqual([]);
    expect(await source.evaluations(signal)).toMatchObject({ heldOut: [] });
  }, 60_000);
});
