/**
 * Measures the overhead of the evaluation harness: 12,032 multiple-choice questions in the shape of MMLU-Pro
 * and 1,319 math questions. A script answers them instantly, so everything measured is overhead: asking,
 * logging, grading, counting and reporting.
 *
 *     npm run bench:harness
 */

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytes, duration, table } from '../src/cli/render/format.ts';
import { findTasks } from '../src/eval/benchmarks/index.ts';
import { loadTask } from '../src/eval/load-task.ts';
import { evaluateTask } from '../src/eval/harness.ts';
import { LOG_FILE, openLog } from '../src/eval/log/log.ts';
import { writeResults } from '../src/eval/report/results.ts';
import { evaluationGrader } from '../src/eval/scoring/math.ts';
import { LETTERS } from '../src/eval/task.ts';
import { deriveSeed, Random } from '../src/random.ts';
import { scriptedGenerator } from '../test/fixtures/scripted-generator.ts';
import { atMost, type Check, checkLines } from './lib/checks.ts';
import { commandOf, provenance, writeResult } from './lib/results.ts';

const MOST_SECONDS = 60;
const MOST_MEGABYTES = 500;
const SIZES = { 'mmlu-pro': 12032, gsm8k: 1319 };
/** Characters of a scripted completion: one page of reasoning. */
const COMPLETION = 2000;

const WORDS = 'the a of power force energy which most likely during reaction increase cell law under given when'.split(
  ' ',
);

function words(random: Random, characters: number): string {
  let text = '';
  while (text.length < characters) text += `${random.pick(WORDS)} `;
  return text.trim();
}

/** Writes files with the benchmarks' format and approximate length, with random words. */
function writeData(folder: string): void {
  const random = new Random(deriveSeed('bench harness'));
  const choiceRows = Array.from({ length: SIZES['mmlu-pro'] }, (_, id) => {
    const options = Array.from({ length: 10 }, (__, at) => `${words(random, 40)} ${at}`);
    const right = random.integer(0, 9);
    return { question_id: id, question: words(random, 300), options, answer: LETTERS[right], answer_index: right };
  });
  const mathRows = Array.from({ length: SIZES.gsm8k }, () => ({
    question: `${words(random, 200)} ${random.integer(1, 999)}?`,
    answer: `${words(random, 150)}\n#### ${random.integer(1, 9999)}`,
  }));
  const lines = (rows: readonly object[]): string => rows.map((row) => JSON.stringify(row)).join('\n');
  writeFileSync(join(folder, 'mmlu_pro.jsonl'), lines(choiceRows));
  writeFileSync(join(folder, 'gsm8k.jsonl'), lines(mathRows));
}

const filler = words(new Random(1), COMPLETION);
const generator = scriptedGenerator({
  reply: (question) => {
    const draw = deriveSeed('answer', question);
    const letter = LETTERS[draw % 10];
    return `${filler}\n${draw % 20 === 0 ? 'I do not know.' : `The answer is \\boxed{${question.includes('\nA. ') ? letter : draw % 9999}}.`}`;
  },
});

const folder = mkdtempSync(join(tmpdir(), 'rzero-bench-harness-'));
const grader = evaluationGrader();
const measured: {
  task: string;
  questions: number;
  load: number;
  evaluate: number;
  summarize: number;
  perSampleMs: number;
}[] = [];
let logBytes = 0;
try {
  writeData(folder);
  const settings = { seed: 1, temperature: 1, topP: 1, topK: 0, minP: 0, maxTokens: null, prompts: 'math' };
  const model = { kind: 'folder', name: 'scripted', location: folder, fingerprint: null, iteration: null } as const;
  const dir = join(folder, 'evaluation');
  const log = openLog(dir, { model, settings });
  for (const task of findTasks(Object.keys(SIZES))) {
    const start = performance.now();
    const loaded = await loadTask(task, { dataDir: folder });
    const asked = performance.now();
    await evaluateTask({ generator, grader, log }, loaded, { samples: null, limit: null });
    const answered = performance.now();
    const questions = writeResults(log).tasks.find((one) => one.task === task.name)?.questions ?? 0;
    const end = performance.now();
    measured.push({
      task: task.name,
      questions,
      load: (asked - start) / 1000,
      evaluate: (answered - asked) / 1000,
      summarize: (end - answered) / 1000,
      perSampleMs: (end - asked) / questions,
    });
  }
  log.close();
  logBytes = statSync(join(dir, LOG_FILE)).size;
} finally {
  await grader.close();
  rmSync(folder, { recursive: true, force: true });
}

const seconds = measured[0].load + measured[0].evaluate + measured[0].summarize;
const megabytes = process.resourceUsage().maxRSS / 1000;
const checks: Check[] = [
  atMost(`${measured[0].task}: seconds`, seconds, MOST_SECONDS),
  atMost('peak memory of the whole process (MB)', megabytes, MOST_MEGABYTES),
];
const path = writeResult('harness', {
  ...provenance(commandOf('bench:harness')),
  completionCharacters: COMPLETION,
  tasks: measured,
  peakMegabytes: Math.round(megabytes),
  logBytes,
  checks,
});
const rows = measured.map((one) => [
  one.task,
  String(one.questions),
  duration(one.load),
  duration(one.evaluate),
  duration(one.summarize),
  `${one.perSampleMs.toFixed(2)} ms`,
]);
const heading = ['task', 'questions', 'load', 'ask, keep, grade', 'count and report', 'overhead per sample'];
process.stdout.write(
  `${[...table([heading, ...rows]), `peak memory ${bytes(megabytes * 1e6)}, log ${bytes(logBytes)}`, '', ...checkLines(checks), `written to ${path}`].join('\n')}\n`,
);
process.exitCode = checks.every(({ passed }) => passed) ? 0 : 1;
