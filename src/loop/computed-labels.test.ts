import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeScriptedCodeBase } from '../../test/fixtures/code/code-base.ts';
import type { ConfigInput, RunConfig } from '../config/schema.ts';
import { code } from '../domains/code/domain.ts';
import { readSheet } from '../domains/code/sheet.ts';
import type { RunStore } from '../store/store.ts';
import type { RunSummary } from '../events.ts';
import type { Attempt } from '../types.ts';
import { evolve } from './evolve.ts';
import { dieAndResume, memoryRun, remains, shortConfig } from './loop.contract.ts';

let root: string;
let base: string;
let runs = 0;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-computed-'));
  base = join(root, 'base');
  await writeScriptedCodeBase(base);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const maxTokens = 4;

function codeConfig(over: ConfigInput = {}): RunConfig {
  return shortConfig(base, {
    domain: 'code',
    iterations: 1,
    challenger: { steps: 1, groups: 3, groupSize: 4, votes: 6, learningRate: 0.3, maxTokens },
    pool: { questions: 24, chunk: 24, maxTokens, dropDuplicates: false },
    votes: { count: 10, chunk: 24, maxTokens },
    filter: { minQuestions: 2, minAgreement: 0.1, maxAgreement: 0.9 },
    solver: { steps: 2, prompts: 4, groupSize: 6, learningRate: 0.3, maxTokens },
    evaluation: { questions: 9, samples: 3, chunk: 9, maxTokens },
    ...over,
  });
}

async function runWith(over: ConfigInput = {}): Promise<{ store: RunStore; summary: RunSummary }> {
  const config = codeConfig(over);
  const store = memoryRun(join(root, `run-${++runs}`), config);
  return { store, summary: await evolve({ config, store }).result };
}

const metric = (store: RunStore, name: string): number[] => store.metrics({ name }).map(({ value }) => value);

const attemptsAt = (store: RunStore, id: string): Attempt[] =>
  store.attempts({ iteration: 1 }).filter(({ questionId }) => questionId === id);

describe('a run whose labels are computed', () => {
  let store: RunStore;
  let summary: RunSummary;
  beforeAll(async () => {
    ({ store, summary } = await runWith());
  }, 120_000);

  it('is the default of the domain code', () => {
    expect(codeConfig().labels).toBe('computed');
    expect(summary.outcome).toBe('finished');
  });

  it('runs every posed program, and refuses those that give no stable value', () => {
    const questions = [
      ...store.questions({ iteration: 1, origin: 'pool' }),
      ...store.questions({ iteration: 1, origin: 'training' }),
    ];
    expect(new Set(questions.map(({ invalid }) => invalid))).toEqual(new Set([null, 'not-computable', 'no-question']));
    const sheets = questions.flatMap(({ text, invalid }) => (invalid === null ? [readSheet(text)] : []));
    expect(new Set(sheets.map((sheet) => sheet?.task))).toEqual(
      new Set(['predict-output', 'find-input', 'find-program']),
    );
  });

  it('labels each question with what its program gives; its agreement is the share of right attempts', () => {
    const labels = store.labels(1).filter(({ tally }) => tally.attempts > 0);
    expect(labels.length).toBeGreaterThan(5);
    for (const { question, tally, truth, labelCorrect } of labels) {
      expect([tally.label, truth, labelCorrect]).toEqual([code.truth(question.text), code.truth(question.text), null]);
      const votes = attemptsAt(store, question.id).map(({ vote }) => vote);
      expect(tally.agreement).toBeCloseTo(votes.filter((vote) => vote === truth).length / 10, 12);
    }
    expect(labels.filter(({ tally }) => tally.groups[0]?.answer !== tally.label).length).toBeGreaterThan(0);
  });

  it('counts any input that gives the output as right', () => {
    const found = store.labels(1).filter(({ question }) => readSheet(question.text)?.task === 'find-input');
    const attempts = found.flatMap(({ question }) => {
      const by = Number(/a \+ (\d)/.exec(question.text)?.[1]);
      return attemptsAt(store, question.id).map(({ completion, vote }) => ({
        given: /^```\n(\d)\n/.exec(completion)?.[1],
        by,
        vote,
      }));
    });
    const numbers = attempts.filter(({ given }) => given !== undefined);
    expect(numbers.length).toBeGreaterThan(10);
    for (const { given, by, vote } of numbers) expect(vote).toBe(String(Number(given) + by));
  });

  it('rewards the Solver exactly for the label', () => {
    const groups = store.rollouts({ role: 'solver', iteration: 1 });
    expect(groups.flatMap(({ rollouts }) => rollouts.map(({ reward }) => reward))).toContain(1);
    for (const { prompt, label, rollouts } of groups) {
      const sheet = readSheet(prompt);
      expect(label).toBe(code.truth(prompt));
      if (sheet?.task !== 'predict-output') continue;
      for (const { completion, reward } of rollouts)
        expect(reward).toBe(completion === `\`\`\`\n${label}\n\`\`\`\n` ? 1 : 0);
    }
  });

  it('reports that labels are computed, in place of how many are right', () => {
    const [, row] = summary.iterations;
    expect(row.labels).toEqual({ labels: row.kept, right: row.kept, illPosed: 0, computed: true });
    expect(metric(store, 'pool/labels_computed')).toEqual([row.kept]);
    expect([metric(store, 'pool/labels_right'), metric(store, 'pool/label_accuracy')]).toEqual([[], []]);
    expect(metric(store, 'pool/without_truth')).toEqual([0]);
  });

  it('scores the held-out test by running the answers', () => {
    expect(summary.iterations.map(({ evaluation }) => evaluation.questions)).toEqual([9, 9]);
  });
});

it('a run that dies before every commit ends with the same bits', { timeout: 300_000 }, async () => {
  const { store } = await runWith();
  const broken = memoryRun(join(root, `run-${++runs}`), codeConfig());
  expect(await dieAndResume(broken, 'before')).toBeGreaterThan(5);
  expect(remains(broken)).toEqual(remains(store));
});

it('votes instead, and audits the votes by computation', { timeout: 120_000 }, async () => {
  const { store, summary } = await runWith({ labels: 'majority' });
  const labels = store.labels(1).filter(({ tally }) => tally.attempts > 0);
  for (const { question, tally, labelCorrect } of labels) {
    expect(tally.label).toBe(tally.groups[0]?.answer ?? null);
    expect(labelCorrect).toBe(tally.label === null ? null : tally.label === code.truth(question.text));
  }
  expect(labels.map(({ labelCorrect }) => labelCorrect)).toContain(false);
  expect(summary.iterations[1].labels?.computed).toBeUndefined();
});

it('pays the Challenger by the learnability of Absolute Zero', { timeout: 120_000 }, async () => {
  const over = { steps: 1, groups: 3, groupSize: 4, votes: 6, learningRate: 0.3, maxTokens };
  const { store } = await runWith({ challenger: { ...over, uncertainty: 'learnability', repetitionWeight: 0 } });
  const questions = store.questions({ iteration: 1, origin: 'training' });
  const rewards = store
    .rollouts({ role: 'challenger', iteration: 1 })
    .flatMap(({ rollouts }) => rollouts.map(({ reward }) => reward));
  const expected = questions.map(({ id, text, invalid }) => {
    const votes = attemptsAt(store, id).map(({ vote }) => vote);
    const right = votes.filter((vote) => vote === code.truth(text)).length / 6;
    return invalid !== null || right === 0 || right === 1 ? 0 : 1 - right;
  });
  expect(rewards.map((reward) => reward.toFixed(9))).toEqual(expected.map((reward) => reward.toFixed(9)));
  expect(expected.filter((reward) => reward > 0).length).toBeGreaterThan(2);
});
