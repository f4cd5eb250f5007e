import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scriptedGenerator, type Script } from '../../test/fixtures/scripted-generator.ts';
import { EngineError, EvalError } from '../errors.ts';
import { ownFileTask } from './benchmarks/own-file.ts';
import { compareLogs } from './log/compare-logs.ts';
import { type LoadedTask, loadTask } from './load-task.ts';
import { regrade } from './grading.ts';
import { evaluateTask, type EvaluationDials, type EvaluationTools } from './harness.ts';
import { type EvaluationLog, type EvaluationSettings, openLog, readLog } from './log/log.ts';
import type { ModelIdentity } from '../generate/open-model.ts';
import { summarize } from './summarize.ts';
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

describe('a log', () => {
  it('can only be continued with the same model, settings and questions', async () => {
    const log = newLog();
    await evaluateTask(tools(log), sums, GREEDY);
    const changed: LoadedTask = { ...sums, digest: 'other', from: 'elsewhere' };
    await expect(evaluateTask(tools(log), changed, GREEDY)).rejects.toThrow('elsewhere');
    log.close();
    const reopen = (model: ModelIdentity, settings: EvaluationSettings): (() => void) => {
      return () => openLog(log.dir, { model, settings }).close();
    };
    expect(reopen({ ...MODEL, fingerprint: 'f2' }, SETTINGS)).toThrow('the model');
    expect(reopen(MODEL, { ...SETTINGS, temperature: 0.5 })).toThrow('temperature');
    expect(reopen({ ...MODEL, location: '/moved' }, SETTINGS)).not.toThrow();
    expect(() => openLog(join(root, 'none'))).toThrow(EvalError);
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
    await evaluateTask(tools(before), { ...sums, digest: 'other' }, GREEDY);
    expect(compareLogs(before, after).skipped[0].reason).toContain('other questions');
    before.close();
    after.close();
  });
});
