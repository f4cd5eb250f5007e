/**
 * Kills runs on the local engine with SIGKILL at three points: every resumed run ends bit-identical to an uninterrupted
 * one.
 */

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/events.ts';
import { remains } from '../../src/loop/loop.contract.ts';
import { openRun } from '../../src/store/sqlite.ts';
import type { Cursor } from '../../src/types.ts';
import { atEvent, eventsOf, ROOT, rzero } from '../fixtures/program.ts';
import { onlyRun, setFlags, SHORT_RUN } from '../fixtures/short-run.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-resume-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const evolveIn = (runsDir: string): string[] => ['evolve', ...setFlags(SHORT_RUN), '--runs-dir', runsDir, '--json'];

/** Content of the run in `runsDir`, without its id, which contains the date. */
function contentOf(runsDir: string): Record<string, unknown> {
  const store = openRun(onlyRun(runsDir), { readOnly: true });
  try {
    const { summary, ...rest } = remains(store);
    return { ...rest, summary: { ...Object(summary), runId: '' } };
  } finally {
    store.close();
  }
}

let expected: Record<string, unknown>;
beforeAll(async () => {
  const runsDir = join(root, 'uninterrupted');
  const { code, err } = await rzero(evolveIn(runsDir), { cwd: ROOT });
  if (code !== 0) throw new Error(err);
  expected = contentOf(runsDir);
}, 240_000);

const MOMENTS: { name: string; when: (event: RunEvent) => boolean; cursor: Cursor }[] = [
  {
    name: 'in a Challenger step',
    when: (event) => event.type === 'progress' && event.stage === 'train-challenger' && event.step === 1,
    cursor: { iteration: 1, stage: 'train-challenger', step: 1 },
  },
  {
    name: 'during voting, between two chunks',
    when: (event) => event.type === 'step' && event.stage === 'vote' && event.step === 0,
    cursor: { iteration: 1, stage: 'vote', step: 1 },
  },
  {
    name: 'in a Solver step of the second iteration',
    when: (event) =>
      event.type === 'progress' && event.stage === 'train-solver' && event.iteration === 2 && event.step === 2,
    cursor: { iteration: 2, stage: 'train-solver', step: 2 },
  },
];

describe('a run killed', () => {
  it.each(MOMENTS)('$name ends like an uninterrupted one', { timeout: 240_000 }, async ({ name, when, cursor }) => {
    const runsDir = join(root, name.replaceAll(' ', '-'));
    const killed = await rzero(evolveIn(runsDir), { cwd: ROOT, onLine: atEvent('SIGKILL', when) });
    expect(killed.signal).toBe('SIGKILL');
    const dir = onlyRun(runsDir);
    const between = openRun(dir, { readOnly: true });
    const reached = between.cursor();
    between.close();
    // The signal may arrive after one more commit, but never before a commit that was reported.
    expect(reached.iteration).toBe(cursor.iteration);
    expect(reached.stage === cursor.stage ? reached.step : Infinity).toBeGreaterThanOrEqual(cursor.step);

    const resumed = await rzero(['resume', dir, '--json'], { cwd: ROOT });
    expect(resumed.err).toBe('');
    expect(resumed.code).toBe(0);
    expect(eventsOf(resumed)[0]).toMatchObject({ type: 'run-start', resumedFrom: reached });
    expect(contentOf(runsDir)).toEqual(expected);
  });
});

describe('a finished run', () => {
  it('goes on with more iterations, and ends like one that was started with them', { timeout: 240_000 }, async () => {
    const runsDir = join(root, 'goes-on');
    const first = await rzero([...evolveIn(runsDir), '--set', 'iterations=1'], { cwd: ROOT });
    expect(first).toMatchObject({ code: 0, err: '' });
    const dir = onlyRun(runsDir);
    const fewer = await rzero(['resume', dir, '--iterations', '0'], { cwd: ROOT });
    expect(fewer.code).toBe(2);
    const more = await rzero(['resume', dir, '--iterations', '2', '--json'], { cwd: ROOT });
    expect(more).toMatchObject({ code: 0, err: '' });
    expect(eventsOf(more)[1]).toMatchObject({ type: 'iterations-changed', from: 1, to: 2 });
    expect(contentOf(runsDir)).toEqual(expected);
  });
});

describe('a run whose disk fills', () => {
  it('stops with advice, keeps its data, and resumes to the same end', { timeout: 240_000 }, async () => {
    const runsDir = join(root, 'full');
    const model = statSync(join(ROOT, 'models/arith-base/model.safetensors')).size;
    // Enough space for the weights, but not for the two moments of the optimizer.
    const stopped = await rzero(evolveIn(runsDir), { cwd: ROOT, fileLimitBytes: model * 1.5 });
    expect(stopped.code).toBe(1);
    const dir = onlyRun(runsDir);
    expect(JSON.parse(stopped.err)).toMatchObject({
      type: 'store',
      message: expect.stringMatching(/cannot be written/),
      advice: expect.stringMatching(/space/),
      run: { dir, continue: expect.stringContaining(`rzero resume ${dir}`) },
    });
    const between = openRun(dir, { readOnly: true });
    expect(between.cursor()).toEqual({ iteration: 1, stage: 'train-challenger', step: 0 });
    expect(between.evaluations()).toHaveLength(1);
    between.close();

    const resumed = await rzero(['resume', dir, '--json'], { cwd: ROOT });
    expect(resumed).toMatchObject({ code: 0, err: '' });
    expect(contentOf(runsDir)).toEqual(expected);
  });
});
