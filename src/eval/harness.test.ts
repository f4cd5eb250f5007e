import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scriptedGenerator, type Script } from '../../test/fixtures/scripted-generator.ts';
import { arithmetic } from '../domains/arithmetic/domain.ts';
import { EngineError, EvalError } from '../errors.ts';
import { ownFileTask } from './benchmarks/own-file.ts';
import { compareLogs } from './log/compare-logs.ts';
import { type LoadedTask, loadTask } from './load-task.ts';
import { regrade } from './grading.ts';
import { evaluateTask, type EvaluationDials, type EvaluationTools } from './harness.ts';
import { type EvaluationLog, type EvaluationSettings, openLog, readLog } from './log/log.ts';
import type { ModelIdentity } from '../generate/open-model.ts';
import { summarize } from './summarize.ts';
import { fillReport } from './report/fill-report.ts';
import { evaluationGrader } from './scoring/math.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-harness-'));
const grader = evaluationGrader();
afterAll(async () => {
  await grader.close();
  rmSync(root, { recursive: true, force: true });
});

const QUESTIONS = 40;
const MODEL: ModelIdentity = { kind: 'folder', name: 'm', location: '/m', fingerprint: 'f1', iteration: null };
const SETTINGS: EvaluationSettings = {
  seed: 1,
  temperature: 1,
  topP: 1,
  topK: 0,
  minP: 0,
  maxTokens: 64,
  prompts: 'math',
};
const GREEDY: EvaluationDials = { samples: 0, limit: null };

writeFileSync(
  join(root, 'sums.jsonl'),
  Array.from({ length: QUESTIONS }, (_, at) => `{"q":"What is ${at} + 1?","a":"${at + 1}"}`).join('\n'),
);
const sums = await loadTask(ownFileTask(join(root, 'sums.jsonl'), { question: 'q', answer: 'a' }));

/** JSON lines of the questions `from` to `to` − 1. */
function rowsOf(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, at) => `{"q":"What is ${from + at} + 1?","a":"${from + at + 1}"}`);
}

async function fileOf(name: string, rows: readonly string[]): Promise<LoadedTask> {
  const path = join(root, `${name}.jsonl`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, rows.join('\n'));
  return loadTask(ownFileTask(path, { question: 'q', answer: 'a' }));
}

let logs = 0;
const newLog = (model = MODEL, settings = SETTINGS): EvaluationLog =>
  openLog(join(root, `log-${++logs}`), { model, settings });

/** Right below 20, off by one below 30, without a box below 35, otherwise undecidable for the rules. */
function answer(question: string): string {
  const n = Number(/\d+/.exec(question)?.[0]);
  if (n < 20) return `So \\boxed{${n + 1}}`;
  if (n < 30) return `So \\boxed{${n + 2}}`;
  return n < 35 ? 'I do not know.' : '\\boxed{\\text{some words about it}}';
}

function tools(log: EvaluationLog, script: Partial<Script> = {}): EvaluationTools {
  return { generator: scriptedGenerator({ reply: answer, ...script }), grader, log };
}

describe('evaluateTask', () => {
  it('stores every prompt, completion, answer and verdict, and counts them', async () => {
    const log = newLog();
    expect(await evaluateTask(tools(log), sums, GREEDY)).toBe(true);
    const [result] = summarize(log).tasks;
    expect(result).toMatchObject({ questions: QUESTIONS, asked: QUESTIONS, metric: 'pass@1', samples: 0 });
    expect(result.verdicts).toMatchObject({ right: 20, unparsable: 5 });
    expect(result.verdicts.wrong + result.verdicts.undecided).toBe(15);
    expect(result.score?.value).toBe(0.5);
    expect(result.tokens).toBeGreaterThan(0);
    const [item] = log.items('sums', 0, 1);
    expect(item.prompt.at(-1)).toEqual({ role: 'user', content: item.question });
    const [sample] = log.samples('sums', 0, 1);
    expect(sample).toMatchObject({ mode: 'greedy', completion: answer(item.question), stop: 'stop' });
    expect(sample.verdict).not.toBeNull();
    log.close();
  });

  it('grades again what was stopped at its deadline', async () => {
    const log = newLog();
    await evaluateTask(tools(log), sums, GREEDY);
    const [first, second] = log.samples('sums', 0, 2);
    const stopped = { verdict: 'undecided', reason: 'timeout' } as const;
    const judged = { ...first, judge: 'j', reply: 'FINAL: INCORRECT', verdict: 'wrong' } as const;
    log.putGrades('sums', [{ ...first, ...stopped, extracted: '1' }], []);
    log.putGrades('sums', [{ ...second, ...stopped, reason: 'worker-died', extracted: '2' }], []);
    log.putJudgements('sums', [judged]);
    await evaluateTask(tools(log), sums, GREEDY);
    expect(log.samples('sums', 0, 2)).toEqual([first, second]);
    log.close();
  });

  it('resumes after a failing host, asks nothing twice, and ends with the same table', async () => {
    const whole = newLog();
    await evaluateTask(tools(whole), sums, { samples: 3, limit: null });

    const log = newLog();
    const asked: string[] = [];
    const failing = (after: number): Partial<Script> => ({
      onRequest: (question, { n }) => {
        if (asked.length >= after) throw new EngineError('transient', 'gone', 'Try again.');
        asked.push(`${question} ${n}`);
      },
    });
    await expect(evaluateTask(tools(log, failing(17)), sums, { samples: 3, limit: null })).rejects.toThrow('gone');
    await expect(evaluateTask(tools(log, failing(61)), sums, { samples: 3, limit: null })).rejects.toThrow('gone');
    log.close();
    const again = openLog(log.dir, { model: MODEL, settings: SETTINGS });
    await evaluateTask(tools(again, failing(Infinity)), sums, { samples: 3, limit: null });

    expect(asked).toHaveLength(2 * QUESTIONS);
    expect(new Set(asked).size).toBe(2 * QUESTIONS);
    const timeless = (log: EvaluationLog): unknown => summarize(log).tasks.map((task) => ({ ...task, seconds: 0 }));
    expect(timeless(again)).toEqual(timeless(whole));
    again.close();
    whole.close();
  });

  it('asks only for the new part when more questions or samples are requested', async () => {
    const log = newLog();
    let replies = 0;
    const seeds = new Set<number>();
    const counting: Partial<Script> = {
      onRequest: (_, { n, seed, temperature }) => {
        replies += n;
        if (temperature > 0) seeds.add(seed);
      },
    };
    await evaluateTask(tools(log, counting), sums, { samples: 2, limit: 10 });
    expect(replies).toBe(30);
    await evaluateTask(tools(log, counting), sums, { samples: 3, limit: 10 });
    expect(replies).toBe(40);
    expect(seeds.size).toBe(20);
    await evaluateTask(tools(log, counting), sums, { samples: 3, limit: 12 });
    expect(replies).toBe(48);
    // With fewer again, the additional stored samples do not count.
    await evaluateTask(tools(log, counting), sums, { samples: 2, limit: 10 });
    expect(replies).toBe(48);
    expect(summarize(log).tasks[0]).toMatchObject({ questions: 10, samples: 2 });
    log.close();
  });

  it('stops between chunks on request', async () => {
    const log = newLog();
    expect(await evaluateTask(tools(log), sums, GREEDY, { stop: AbortSignal.abort() })).toBe(false);
    expect(summarize(log).tasks[0]).toMatchObject({ questions: 0, score: null });
    log.close();
  });

  it('computes mean@k, the majority and pass@k from real samples', async () => {
    const log = newLog();
    const script: Partial<Script> = {
      // Two of four samples are right; the other two differ from each other.
      reply: (question, n, { temperature }) => {
        const value = Number(/\d+/.exec(question)?.[0]) + 1;
        return `\\boxed{${temperature === 0 || n % 2 === 0 ? value : value + 1 + n}}`;
      },
    };
    await evaluateTask(tools(log, script), sums, { samples: 4, limit: null });
    const [result] = summarize(log).tasks;
    expect(result.greedy?.value).toBe(1);
    expect(result.mean?.value).toBe(0.5);
    expect(result.majority?.value).toBe(1);
    const pass = result.passAtK.map(({ k, estimate }) => [k, estimate.value]);
    expect(pass.map(([k]) => k)).toEqual([1, 2, 4]);
    expect(pass[0][1]).toBeCloseTo(0.5);
    // 1 − C(2,2)/C(4,2)
    expect(pass[1][1]).toBeCloseTo(5 / 6);
    expect(pass[2][1]).toBeCloseTo(1);
    log.close();
  });
});

describe('a judge', () => {
  it('sees each found answer that the rules do not call right once, and changes no verdict', async () => {
    const log = newLog();
    const seen: string[] = [];
    const judge = scriptedGenerator({
      name: 'judge',
      onRequest: (question) => void seen.push(question),
      reply: (question) => (question.includes('What is 20 +') ? 'VERDICT: SAME' : 'VERDICT: DIFFERENT'),
    });
    await evaluateTask({ ...tools(log), judge }, sums, GREEDY);
    await evaluateTask({ ...tools(log), judge }, sums, GREEDY);
    expect(seen).toHaveLength(15);
    const [result] = summarize(log).tasks;
    expect(result.verdicts.right).toBe(20);
    expect(result.score?.value).toBe(20 / QUESTIONS);
    expect(result.judged?.value).toBe(21 / QUESTIONS);
    expect(result.judgements).toEqual({ right: 1, wrong: 14, undecided: 0 });
    log.close();
  });
});

describe('regrade', () => {
  it('grades stored completions again, and keeps the judgements of unchanged answers', async () => {
    const log = newLog();
    const judge = scriptedGenerator({ name: 'judge', reply: () => 'VERDICT: SAME' });
    await evaluateTask({ ...tools(log), judge }, sums, { samples: 2, limit: null });
    const before = summarize(log);
    const samples = log.samples('sums', 0, QUESTIONS);
    // As graded by rules that called everything right.
    const wrong = samples.map(({ position, mode, n, extracted }) => {
      return { position, mode, n, extracted, verdict: 'right', reason: 'old rules' } as const;
    });
    log.putGrades('sums', wrong, []);
    expect(summarize(log).tasks[0].score?.value).toBe(1);
    await regrade(log, log.tasks()[0], grader);
    expect(summarize(log)).toEqual(before);
    expect(log.samples('sums', 0, QUESTIONS)).toEqual(samples);
    log.close();
  });
});

describe('fewer samples than are stored', () => {
  it('are the first ones: mean, majority and pass@k are computed from them', async () => {
    const log = newLog();
    // The first three samples are right, the other five agree on something else.
    const drifting: Partial<Script> = {
      reply: (question, n) => `\\boxed{${Number(/\d+/.exec(question)?.[0]) + (n < 3 ? 1 : 7)}}`,
    };
    await evaluateTask(tools(log, drifting), sums, { samples: 8, limit: 10 });
    expect(summarize(log).tasks[0]).toMatchObject({ samples: 8, mean: { value: 3 / 8 }, majority: { value: 0 } });
    await evaluateTask(tools(log, drifting), sums, { samples: 4, limit: 10 });
    const four = summarize(log).tasks[0];
    expect(four).toMatchObject({ samples: 4, mean: { value: 0.75 }, majority: { value: 1 } });
    expect(four.passAtK.map(({ k }) => k)).toEqual([1, 2, 4]);
    await regrade(log, log.tasks()[0], grader);
    expect(summarize(log).tasks[0]).toEqual(four);
    await evaluateTask(tools(log, drifting), sums, { samples: 8, limit: 10 });
    expect(summarize(log).tasks[0]).toMatchObject({ samples: 8, majority: { value: 0 } });
    log.close();
  });
});

describe('a task whose references cannot be graded', () => {
  it('is refused before anything is asked, unless a judge reviews the answers or texts are compared', async () => {
    const rows = ['because it is hot', 'since the sun shines', '12'].map((a, at) => `{"q":"Why ${at}?","a":"${a}"}`);
    const loaded = await fileOf('prose', rows);
    let asked = 0;
    const counting: Partial<Script> = { onRequest: () => void asked++ };
    const log = newLog();
    await expect(evaluateTask(tools(log, counting), loaded, GREEDY)).rejects.toThrow(
      /2 of 3 reference answers in prose\.jsonl cannot be compared as mathematics, such as "(because|since)[\s\S]*--grading text/,
    );
    expect([asked, log.tasks()]).toEqual([0, []]);
    const judge = scriptedGenerator({ reply: () => 'VERDICT: SAME' });
    await evaluateTask({ ...tools(log, counting), judge }, loaded, GREEDY);
    expect(asked).toBe(3);
    const text = await loadTask(ownFileTask(join(root, 'prose.jsonl'), { question: 'q', answer: 'a' }, 'text'));
    const texts = newLog();
    await evaluateTask(tools(texts, { reply: () => 'The answer is Since the sun shines.' }), text, GREEDY);
    expect(summarize(texts).tasks[0].verdicts).toEqual({ right: 1, wrong: 2, undecided: 0, unparsable: 0 });
    log.close();
    texts.close();
  });
});

describe('answers without a clear verdict', () => {
  it('are counted aloud, with what a judge made of them', async () => {
    const log = newLog();
    await evaluateTask(tools(log), sums, GREEDY);
    expect(summarize(log).tasks[0].warnings).toEqual([
      'sums: 5 of 40 answers could not be compared with the reference and count as wrong.',
    ]);
    const judge = scriptedGenerator({ name: 'j', reply: () => 'I would rather not say.' });
    await evaluateTask({ ...tools(log), judge }, sums, GREEDY);
    const [task] = summarize(log).tasks;
    expect(task.warnings?.[1]).toBe(
      'sums: of 15 disputed answers, the judge found 0 the same as the reference and 0 different; its verdict on 15 could not be read, and these keep the verdict of the rules.',
    );
    expect(fillReport(log).notes).toEqual(task.warnings);
    log.close();
  });
});

describe('a log', () => {
  it('can only be continued with the same model and settings', async () => {
    const log = newLog();
    await evaluateTask(tools(log), sums, GREEDY);
    log.close();
    const reopen = (model: ModelIdentity, settings: EvaluationSettings): (() => void) => {
      return () => openLog(log.dir, { model, settings }).close();
    };
    expect(reopen({ ...MODEL, fingerprint: 'f2' }, SETTINGS)).toThrow('the model');
    expect(reopen(MODEL, { ...SETTINGS, temperature: 0.5 })).toThrow('temperature');
    expect(reopen({ ...MODEL, location: '/moved' }, SETTINGS)).not.toThrow();
    expect(() => openLog(join(root, 'none'))).toThrow(EvalError);
  });

  it('asks only new questions when the data file gains, loses and reorders rows', async () => {
    const log = newLog();
    const asked: string[] = [];
    const counting: Partial<Script> = { onRequest: (question, { n }) => void asked.push(`${question} ${n}`) };
    await evaluateTask(tools(log, counting), await fileOf('grown', rowsOf(0, 30)), { samples: 2, limit: null });
    const before = summarize(log).tasks[0];
    asked.length = 0;

    const grown = await fileOf('grown', ['{"q":"What is 99 + 1?","a":"100"}', ...rowsOf(5, 32).toReversed()]);
    await evaluateTask(tools(log, counting), grown, { samples: 2, limit: null });
    const fresh = [30, 31, 99].flatMap((n) => [`What is ${n} + 1? 1`, `What is ${n} + 1? 2`]);
    expect(asked.toSorted()).toEqual(fresh);
    const whole = newLog();
    await evaluateTask(tools(whole), grown, { samples: 2, limit: null });
    const timeless = (one: EvaluationLog): unknown => summarize(one).tasks.map((task) => ({ ...task, seconds: 0 }));
    expect(timeless(log)).toEqual(timeless(whole));
    for (const { position, question } of log.items('grown', 0, 28)) {
      expect(log.samples('grown', position, position + 1)[0].completion).toBe(answer(question));
    }

    // Answers to rows that return were kept.
    asked.length = 0;
    await evaluateTask(tools(log, counting), await fileOf('grown', rowsOf(0, 30)), { samples: 2, limit: null });
    expect(asked).toEqual([]);
    expect({ ...summarize(log).tasks[0], seconds: before.seconds }).toEqual(before);
    log.close();
    whole.close();
  });

  it('grades answers again, and asks nothing, when a reference was corrected', async () => {
    const log = newLog();
    await evaluateTask(tools(log), await fileOf('fixed', rowsOf(18, 22)), { samples: 2, limit: null });
    expect(summarize(log).tasks[0]).toMatchObject({ score: { value: 0.5 }, majority: { value: 0.5 } });
    const corrected = rowsOf(18, 22).map((row) => row.replace('"a":"21"', '"a":"22"'));
    const refuse: Partial<Script> = {
      onRequest: () => {
        throw new EngineError('user', 'asked again', 'Do not.');
      },
    };
    await evaluateTask(tools(log, refuse), await fileOf('fixed', corrected), { samples: 2, limit: null });
    expect(summarize(log).tasks[0]).toMatchObject({ score: { value: 0.75 }, majority: { value: 0.75 } });
    log.close();
  });

  it('keeps another file with the same name apart, and recognises both again', async () => {
    const log = newLog();
    const [one, other] = [await fileOf('a/same', rowsOf(0, 5)), await fileOf('b/same', rowsOf(10, 30))];
    for (const loaded of [one, other, one, other]) await evaluateTask(tools(log), loaded, GREEDY);
    expect(log.tasks().map(({ name, title, total }) => [name, title, total])).toEqual([
      ['same', 'same', 5],
      ['same-2', 'same (b/same.jsonl)', 20],
    ]);
    // The same questions in a copy of the file are the same task.
    await evaluateTask(tools(log), await fileOf('c/same', rowsOf(10, 30)), GREEDY);
    expect(log.tasks()).toHaveLength(2);
    log.close();
  });

  it('asks everything again after its answers were discarded', async () => {
    const log = newLog();
    let asked = 0;
    const counting: Partial<Script> = { onRequest: () => void asked++ };
    await evaluateTask(tools(log, counting), sums, GREEDY);
    log.discard('sums');
    await evaluateTask(tools(log, counting), sums, GREEDY);
    expect(asked).toBe(2 * QUESTIONS);
    log.close();
  });

  it('allows one writer at a time, and any number of readers', () => {
    const log = newLog();
    expect(() => openLog(log.dir)).toThrow('in use');
    const reader = readLog(log.dir);
    expect(reader.about()).toEqual(log.about());
    reader.close();
    log.close();
  });
});

describe('compareLogs', () => {
  it('pairs questions, with an exact test for single answers', async () => {
    const [before, after] = [newLog(), newLog()];
    await evaluateTask(tools(before), sums, GREEDY);
    const better: Partial<Script> = {
      reply: (question) =>
        question.includes('What is 2') ? `\\boxed{${Number(/\d+/.exec(question)?.[0]) + 1}}` : answer(question),
    };
    await evaluateTask(tools(after, better), sums, GREEDY);
    const { tasks, skipped } = compareLogs(before, after);
    expect(skipped).toEqual([]);
    expect(tasks[0]).toMatchObject({
      questions: QUESTIONS,
      baseline: 0.5,
      score: 0.75,
      better: 10,
      worse: 0,
      test: 'mcnemar',
    });
    expect(tasks[0].difference.value).toBeCloseTo(0.25);
    // Ten of ten changed questions in one direction: 2 · 2^-10.
    expect(tasks[0].pValue).toBeCloseTo(2 ** -9);
    before.close();
    after.close();
  });

  it('returns the reason if a task cannot be compared', async () => {
    const [before, after] = [newLog(), newLog()];
    await evaluateTask(tools(after), sums, GREEDY);
    expect(compareLogs(before, after).skipped).toEqual([{ task: 'sums', reason: 'the baseline has not answered it' }]);
    await evaluateTask(tools(before), { ...(await fileOf('sums', rowsOf(50, 60))) }, GREEDY);
    expect(compareLogs(before, after).skipped[0].reason).toContain('other questions');
    before.close();
    after.close();
  });

  it('compares the questions that both data files contain', async () => {
    const [before, after] = [newLog(), newLog()];
    await evaluateTask(tools(before), await fileOf('part', rowsOf(0, 25)), GREEDY);
    await evaluateTask(tools(after), await fileOf('part', rowsOf(10, 35)), GREEDY);
    const [task] = compareLogs(before, after).tasks;
    expect(task).toMatchObject({ questions: 15, better: 0, worse: 0, unlike: [] });
    expect(task.score).toBe(task.baseline);
    before.close();
    after.close();
  });

  it('names the settings in which the two differ', async () => {
    const before = newLog(MODEL, { ...SETTINGS, prompts: 'arithmetic', temperature: 0.7, maxTokens: null, seed: 9 });
    const after = newLog();
    await evaluateTask({ ...tools(before), domain: arithmetic }, sums, { samples: 2, limit: null });
    await evaluateTask(tools(after), sums, { samples: 2, limit: null });
    // The score is that of greedy answers: settings of samples do not matter.
    expect(compareLogs(before, after).tasks[0].unlike).toEqual([
      'prompts: math (baseline: arithmetic)',
      'longest reply: 64 tokens (baseline: by task)',
    ]);
    const sampled = { ...sums, task: { ...sums.task, metric: { kind: 'mean', samples: 2 } as const } };
    await evaluateTask({ ...tools(before), domain: arithmetic }, sampled, { samples: 2, limit: null });
    await evaluateTask(tools(after), sampled, { samples: 3, limit: null });
    expect(compareLogs(before, after).tasks[0].unlike.slice(2)).toEqual([
      'samples per question: 3 (baseline: 2)',
      'temperature of samples: 1 (baseline: 0.7)',
    ]);
    expect(fillReport(after, { baseline: before }).notes[0]).toMatch(
      /^sums: not compared like with like.*prompts: math/,
    );
    before.close();
    after.close();
  });
});
