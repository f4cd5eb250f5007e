import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, expect, it } from 'vitest';

import { sampleMeta } from '../store/samples.contract.ts';
import { createRun } from '../store/sqlite.ts';
import { measuredLengths } from './measured-lengths.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-lengths-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const MODEL = join(root, 'model');
const asked = { ...sampleMeta.config, model: MODEL, domain: 'arithmetic', runsDir: join(root, 'runs') };

/** Adds a run whose steps had these mean lengths. */
function add(
  id: string,
  config: Partial<typeof asked>,
  answers: readonly number[],
  questions: readonly number[],
): void {
  const store = createRun(join(asked.runsDir, id), { ...sampleMeta, id, config: { ...asked, ...config } });
  const lengthsOf = (role: string, lengths: readonly number[]) =>
    lengths.map((value, step) => ({
      iteration: 1,
      stage: `train-${role}` as 'train-solver',
      step: step + 1,
      name: `${role}/completions/mean_length`,
      value,
    }));
  store.commit({
    cursor: { iteration: 1, stage: 'evaluate', step: 0 },
    metrics: [...lengthsOf('challenger', questions), ...lengthsOf('solver', answers)],
  });
  store.close();
}

it('takes the mean lengths of a run of the same model and domain, by name or path', () => {
  expect(measuredLengths(asked)).toBeNull();
  add('2026-11-30-a-01', {}, [20, 40], [10]);
  add('2026-11-30-a-02', { domain: 'math' }, [700], [300]);
  add('2026-11-30-a-03', { model: 'another' }, [900], [500]);
  // It ended before the first step of the Solver.
  add('2026-11-30-a-04', {}, [], [11]);
  const found = { run: '2026-11-30-a-01', question: 10, answer: 30 };
  expect(measuredLengths(asked)).toEqual(found);
  expect(measuredLengths({ ...asked, model: relative(process.cwd(), MODEL) })).toEqual(found);
});

it('knows no length of questions where the Challenger was not trained', () => {
  add('2026-11-30-b-01', { domain: 'words' }, [12], []);
  expect(measuredLengths({ ...asked, domain: 'words' })).toEqual({
    run: '2026-11-30-b-01',
    question: null,
    answer: 12,
  });
});
