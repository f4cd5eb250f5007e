/**
 * Runs made by an older rzero still open, show and resume. test/fixtures/old-runs/README.md describes the fixtures and
 * the results of that version.
 */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../src/models/weights/safetensors.ts';
import { openRun } from '../../src/store/sqlite.ts';
import { type Held, heldBy, copyOldRun, writtenBy } from '../fixtures/old-runs.ts';
import { type Ended, eventsOf, rzero } from '../fixtures/program.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-old-run-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const TABLES = ['questions', 'attempts', 'labels', 'rollouts'] as const;

/** Converts rows to texts, sorted. */
function rowsOf(rows: readonly unknown[]): string[] {
  return rows.map((row) => JSON.stringify(row)).toSorted();
}

/**
 * Texts, votes, labels, rewards, advantages and scores are equal on all machines: with this learning rate, rounding
 * changes no draw.
 */
function expectSame(found: Held, written: Held): void {
  expect(found.cursor).toEqual(written.cursor);
  for (const table of TABLES) expect(rowsOf(found[table]), table).toEqual(rowsOf(written[table]));
  expect(found.evaluations).toEqual(written.evaluations);
}

/** Norms of gradients and similar metrics depend on the rounding of a machine's floating-point sums. */
function expectNear(found: Held['metrics'], written: Held['metrics']): void {
  const valueOf = new Map(
    found.map(([iteration, stage, step, name, value]) => [`${iteration} ${stage} ${step} ${name}`, value]),
  );
  for (const [iteration, stage, step, name, value] of written) {
    const key = `${iteration} ${stage} ${step} ${name}`;
    expect(Math.abs((valueOf.get(key) ?? NaN) - value), key).toBeLessThanOrEqual(1e-5 + 1e-3 * Math.abs(value));
  }
}

async function normsOf(file: string): Promise<Record<string, number>> {
  const { tensors } = await readSafetensors(file);
  return Object.fromEntries([...tensors].map(([name, { data }]) => [name, Math.hypot(...data)]));
}

describe('a finished run of an older rzero', () => {
  const runsDir = join(root, 'runs');
  let run: string;
  beforeAll(() => {
    run = copyOldRun('finished', runsDir);
  });

  it('contains all of its rows', () => {
    const [found, written] = [heldBy(run), writtenBy('finished')];
    expectSame(found, written);
    expect(rowsOf(found.metrics)).toEqual(rowsOf(written.metrics));
  });

  it('has no recorded steps, and keeps none when it goes on', () => {
    const store = openRun(run);
    expect(store.trainingStep({ role: 'solver', iteration: 1, step: 0 })).toBeNull();
    expect(store.meta().config.keep).toEqual({ tokens: false });
    store.close();
  });

  it('is listed and shown', async () => {
    const listed = await rzero(['runs', '--runs-dir', runsDir]);
    expect(listed).toMatchObject({ code: 0, err: '' });
    expect(listed.out).toMatch(/^finished +finished .* 2026-11-30 /m);
    const shown = await rzero(['show', run]);
    expect(shown).toMatchObject({ code: 0, err: '' });
    expect(shown.out).toContain('2026-11-30-base-01');
    // Counted from its labels: the run has no such metric.
    expect(shown.out).toMatch(/^labels right +— +\d+\.\d %/m);
    expect(shown.out).toMatch(/^oracle, all kept +\d+\.\d % of \d+/m);
    const json = await rzero(['show', run, '--json']);
    expect(JSON.parse(json.out)).toMatchObject({
      id: '2026-11-30-base-01',
      outcome: 'finished',
      iterations: writtenBy('finished').evaluations.map((evaluation) => ({ evaluation })),
    });
  });

  it('answers with its best Solver', async () => {
    const chat = await rzero(['chat', '--model', run, '--ask', 'Compute 1 + 2.', '--temperature', '0']);
    expect(chat).toMatchObject({ code: 0, err: '' });
    expect(chat.out).toContain('\\boxed{7}');
  });

  it('evaluated again, has the stored scores', async () => {
    const dials = ['--questions', '8', '--samples', '2', '--set', 'evaluation.maxTokens=8'];
    const measured = await rzero(['eval', '--model', run, ...dials, '--json']);
    expect(measured.code).toBe(0);
    const [base] = writtenBy('finished').evaluations;
    const { perQuestion, perQuestionForced, meanTokens, truncated } = base;
    expect(JSON.parse(measured.out)).toMatchObject({ perQuestion, perQuestionForced, meanTokens, truncated });
  });

  it('resumed, emits its end again', async () => {
    const resumed = await rzero(['resume', run, '--json']);
    expect(resumed).toMatchObject({ code: 0, err: '' });
    expect(eventsOf(resumed).at(-1)).toMatchObject({ type: 'run-end', summary: { outcome: 'finished' } });
    expectSame(heldBy(run), writtenBy('finished'));
  });
});

describe('a run that an older rzero left in the middle of a phase', () => {
  let run: string;
  let before: Held;
  let resumed: Ended;
  beforeAll(async () => {
    run = copyOldRun('interrupted', join(root, 'going-on'));
    before = heldBy(run);
    resumed = await rzero(['resume', run, '--json']);
  });

  it('resumes at the step after its last one', () => {
    expect(resumed).toMatchObject({ code: 0, err: '' });
    expect(eventsOf(resumed)[0]).toMatchObject({
      type: 'run-start',
      resumedFrom: { iteration: 2, stage: 'train-challenger', step: 2 },
    });
    expect(eventsOf(resumed).at(-1)).toMatchObject({ type: 'run-end', summary: { outcome: 'finished' } });
  });

  it('keeps all of its rows', () => {
    const after = heldBy(run);
    for (const table of [...TABLES, 'metrics', 'evaluations'] as const) {
      const held = new Set(rowsOf(after[table]));
      expect(before[table].length, table).toBeGreaterThan(0);
      expect(
        rowsOf(before[table]).filter((row) => !held.has(row)),
        table,
      ).toEqual([]);
    }
  });

  it('ends with the results of that version', () => {
    const [found, written] = [heldBy(run), writtenBy('interrupted-end')];
    expectSame(found, written);
    expectNear(found.metrics, written.metrics);
  });

  it('continues with the moments of its optimizer, and keeps the states and the best Solver', async () => {
    for (const [file, written] of Object.entries(writtenBy('interrupted-end').norms)) {
      const found = await normsOf(join(run, file));
      expect(Object.keys(found).toSorted(), file).toEqual(Object.keys(written).toSorted());
      for (const [tensor, norm] of Object.entries(written)) {
        expect(Math.abs(found[tensor] - norm), `${file}: ${tensor}`).toBeLessThanOrEqual(2e-3 * norm);
      }
    }
    expect(existsSync(join(run, 'best', 'model.safetensors'))).toBe(true);
  });
});
