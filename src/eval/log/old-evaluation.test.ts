import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { scriptedGenerator } from '../../../test/fixtures/scripted-generator.ts';
import { arithmetic } from '../../domains/arithmetic/domain.ts';
import { fingerprintOf } from '../../generate/open-model.ts';
import { ownFileTask } from '../benchmarks/own-file.ts';
import { evaluateTask } from '../harness.ts';
import { loadTask } from '../load-task.ts';
import { fillReport } from '../report/fill-report.ts';
import { readResults } from '../report/results.ts';
import { evaluationGrader } from '../scoring/math.ts';
import { summarize } from '../summarize.ts';
import { compareLogs } from './compare-logs.ts';
import { openLog, readLog } from './log.ts';

/** `rzero eval` of the shipped base on six sums, with `--k 4 --domain arithmetic`, by version 0.1.0. */
const OLD = fileURLToPath(new URL('../../../test/fixtures/old-evaluations/version-0.1.0', import.meta.url));
const ROWS = [
  ['Compute 3 + 2.', 5],
  ['Compute 5 + 2.', 7],
  ['Compute 8 + 8.', 16],
  ['Compute 8 + 7.', 15],
  ['Compute 4 + 2.', 6],
  ['Compute 8 + 1.', 9],
] as const;

const root = mkdtempSync(join(tmpdir(), 'rzero-old-evaluation-'));
const grader = evaluationGrader();
afterAll(async () => {
  await grader.close();
  rmSync(root, { recursive: true, force: true });
});

it('of an older version can be read, shown, continued and compared', async () => {
  const folder = join(root, 'evaluations', 'old');
  cpSync(OLD, folder, { recursive: true });
  expect(readResults(root)[0].results.tasks[0].score?.value).toBe(1);
  const before = readLog(folder);
  const old = summarize(before).tasks[0];
  expect(old).toMatchObject({ task: 'sums', questions: 6, samples: 4, score: { value: 1 }, warnings: [] });
  expect(old.mean?.value).toBeCloseTo(19 / 24, 12);
  expect(old.majority?.value).toBeCloseTo(5 / 6, 12);
  expect(fillReport(before).tasks[0]).toMatchObject({ n: 6, samples: { length: 6 } });
  before.close();

  // The record of the domain in the model's folder did not change its fingerprint.
  const model = fileURLToPath(new URL('../../../models/arith-base', import.meta.url));
  const about = {
    ...readAbout(folder),
    model: { ...readAbout(folder).model, fingerprint: await fingerprintOf(model) },
  };
  const copy = join(root, 'copy');
  cpSync(folder, copy, { recursive: true });
  const log = openLog(folder, about);
  const asked: string[] = [];
  const generator = scriptedGenerator({
    reply: () => '\\boxed{12}',
    onRequest: (question, { n }) => void asked.push(`${question} ${n}`),
  });
  mkdirSync(join(root, 'data'));
  const file = join(root, 'data', 'sums.csv');
  writeFileSync(file, ['q,a', ...[['Compute 6 + 6.', 12], ...ROWS].map((row) => row.join(','))].join('\n'));
  const loaded = await loadTask(ownFileTask(file, { question: 'q', answer: 'a' }));
  await evaluateTask({ generator, grader, log, domain: arithmetic }, loaded, { samples: 2, limit: null });
  expect(asked).toEqual(['Compute 6 + 6. 1', 'Compute 6 + 6. 2']);
  expect(log.tasks().map(({ name }) => name)).toEqual(['sums']);
  expect(summarize(log).tasks[0]).toMatchObject({ questions: 7, samples: 2, score: { value: 1 } });
  const baseline = readLog(copy);
  expect(compareLogs(baseline, log).tasks[0]).toMatchObject({ questions: 6, better: 0, worse: 0, unlike: [] });
  baseline.close();
  log.close();
});

function readAbout(folder: string): ReturnType<ReturnType<typeof readLog>['about']> {
  const log = readLog(folder);
  try {
    return log.about();
  } finally {
    log.close();
  }
}
