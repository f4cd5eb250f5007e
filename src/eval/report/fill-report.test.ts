/** Builds reports of scripted evaluations, and converts them to an HTML page and a model card. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { scriptedGenerator } from '../../../test/fixtures/scripted-generator.ts';
import { ABOUT } from '../../../test/fixtures/slow-evaluation.ts';
import { EngineError } from '../../errors.ts';
import { findTasks } from '../benchmarks/index.ts';
import { ownFileTask } from '../benchmarks/own-file.ts';
import { fillReport } from './fill-report.ts';
import { evaluateTask } from '../harness.ts';
import { loadTask, type LoadedTask } from '../load-task.ts';
import { type EvaluationLog, openLog } from '../log/log.ts';
import { modelIndex } from './model-index.ts';
import { reportHtml } from './report-html.ts';
import { evaluationGrader } from '../scoring/math.ts';
import { primaryMetric } from './report.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-fill-report-'));
const grader = evaluationGrader();
const logs: EvaluationLog[] = [];
afterAll(async () => {
  for (const log of logs) log.close();
  await grader.close();
  rmSync(root, { recursive: true, force: true });
});

const QUESTIONS = 30;

function write(name: string, lines: readonly object[]): string {
  const path = join(root, name);
  writeFileSync(path, lines.map((line) => JSON.stringify(line)).join('\n'));
  return path;
}

write('gsm8k_test.jsonl', [
  ...Array.from({ length: QUESTIONS }, (_, at) => ({ question: `Say ${at}.`, answer: `#### ${at}` })),
  { question: 'no answer', answer: 'none' },
]);
const numbers = await loadTask(findTasks('gsm8k')[0], { dataDir: root });

interface Played {
  task?: LoadedTask;
  /** Numbers below this are answered correctly. */
  below: number;
  name?: string;
  samples?: number;
  /** Number of requests until the host fails. */
  until?: number;
  notes?: string[];
  judge?: string;
}

async function played({ task = numbers, below, name = 'm', samples = 0, until = Infinity, notes = [], judge }: Played) {
  const model = { ...ABOUT.model, name, location: `/${name}`, fingerprint: name };
  const log = openLog(join(root, `log-${logs.length}`), { ...ABOUT, model });
  logs.push(log);
  let asked = 0;
  const scripted = scriptedGenerator({
    reply: (question, n) => {
      const value = Number(/\d+/.exec(question)?.[0]);
      return `</script>\\boxed{${value < below && n < 2 ? value : value + 1}}`;
    },
    onRequest: () => {
      if (++asked > until) throw new EngineError('budget', 'The budget is spent.', 'Start again.');
    },
  });
  const second = judge === undefined ? undefined : scriptedGenerator({ name: judge, reply: () => 'VERDICT: SAME' });
  const tools = { generator: { ...scripted, notes: () => notes }, grader, log, judge: second };
  await evaluateTask(tools, task, { samples, limit: null }).catch((error: unknown) => {
    if (!(error instanceof EngineError)) throw error;
  });
  return log;
}

describe('fillReport', () => {
  it("returns scores, costs, settings and the judge's verdict", async () => {
    const log = await played({ below: 20, judge: 'wise', notes: ['no top_k'] });
    const report = fillReport(log);
    expect(report).toMatchObject({ model: 'm', baseline: null, created: log.createdAt(), averages: [] });
    expect(report.settings).toContainEqual(['judge', 'wise']);
    expect(report.notes[0]).toBe('no top_k');
    const [task] = report.tasks;
    expect(task).toMatchObject({ n: QUESTIONS, replies: QUESTIONS, primary: 'greedy', malformed: 1, undecided: 0 });
    expect(task.dataset).toEqual({ name: 'GSM8K', type: 'openai/gsm8k', config: 'main', split: 'test' });
    expect(task.metrics.map(({ name, score }) => [name, score.value])).toEqual([
      ['greedy', 20 / 30],
      ['judged', 1],
    ]);
    const wrong = task.samples.filter(({ completions }) => completions[0].verdict === 'wrong');
    expect(wrong).toHaveLength(10);
    expect(wrong[0].completions[0]).toMatchObject({ mode: 'greedy', judged: 'right' });
    expect(wrong[0].prompt.at(-1)?.content).toBe(wrong[0].question);
  });

  it('returns samples of all verdicts evenly, limited to what a page shows', async () => {
    const log = await played({ below: 25, samples: 8 });
    const { tasks } = fillReport(log, { limits: { samples: 8, completions: 3 } });
    const [{ samples, metrics, n }] = tasks;
    expect([samples.length, n]).toEqual([8, QUESTIONS]);
    expect(samples.every(({ replies, completions }) => replies === 9 && completions.length === 3)).toBe(true);
    expect(metrics.map(({ name }) => name)).toEqual(['greedy', 'mean@8', 'maj@8', 'pass@2', 'pass@4', 'pass@8']);
    expect(metrics.at(-1)?.score.value).toBeCloseTo(25 / 30);
  });

  it("adds a baseline, with the paired difference for the task's metric", async () => {
    const [log, baseline] = [await played({ below: 24, name: 'new' }), await played({ below: 12, name: 'old' })];
    const report = fillReport(log, { baseline });
    expect(report.baseline).toBe('old');
    const metric = primaryMetric(report.tasks[0]);
    expect(metric?.baseline?.value).toBeCloseTo(0.4);
    expect(metric?.difference).toMatchObject({ gain: { value: 0.4 }, test: 'McNemar, exact' });
    expect(metric?.difference?.p).toBeCloseTo(2 ** -11);
    const own = write('own.jsonl', [{ q: 'Say 3.', a: '3' }]);
    const alone = await played({ task: await loadTask(ownFileTask(own, { question: 'q', answer: 'a' })), below: 9 });
    expect(fillReport(alone, { baseline }).tasks[0]).toMatchObject({ dataset: null, metrics: [{ baseline: null }] });
  });

  it('reports incomplete tasks, and counts the answered part', async () => {
    const report = fillReport(await played({ below: 99, until: 7 }));
    expect(report.notes[0]).toBe(`GSM8K: not complete, 7 of ${QUESTIONS} questions are answered.`);
    expect(report.tasks[0]).toMatchObject({ n: 7, metrics: [{ name: 'greedy', score: { value: 1 } }] });
    expect(report.tasks[0].samples).toHaveLength(7);
  });

  it('converts to a page and to a block for a model card', async () => {
    const report = fillReport(await played({ below: 20, name: '<b>m</b>' }));
    expect(reportHtml(report)).toContain('"model":"\\u003cb>m\\u003c/b>"');
    const [{ name, results }] = parse(modelIndex(report))['model-index'];
    expect([name, results[0].dataset.type, results[0].metrics[0].value]).toEqual(['<b>m</b>', 'openai/gsm8k', 0.6667]);
    expect(modelIndex(fillReport(await played({ below: 9, until: 0 })))).toContain('results: []');
  });
});
