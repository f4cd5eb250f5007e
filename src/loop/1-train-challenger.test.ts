import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../test/fixtures/scripted/arithmetic-base.ts';
import type { RunStore } from '../store/store.ts';
import type { Rollout } from '../types.ts';
import { evolve } from './evolve.ts';
import { memoryRun, shortConfig } from './loop.contract.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-train-challenger-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let store: RunStore;
beforeAll(async () => {
  const base = join(root, 'base');
  await writeArithmeticBase(base);
  const config = shortConfig(base, {
    iterations: 1,
    challenger: { steps: 2, groups: 4, groupSize: 4, votes: 8, learningRate: 0.3, maxTokens: 24 },
    // A high temperature, so that some attempts never close their box. The pool's votes do not count those.
    votes: { count: 5, chunk: 6, maxTokens: 6, temperature: 4, countUnanswered: false },
  });
  store = memoryRun(join(root, 'run'), config);
  await evolve({ config, store }).result;
});

interface Paid {
  rollout: Rollout;
  votes: (string | null)[];
}

/** Returns every rollout of a valid question, with the votes on it. */
function paid(): Paid[] {
  const attempts = store.attempts({ iteration: 1 });
  const questions = store.questions({ iteration: 1, origin: 'training' });
  return questions.flatMap(({ id, step, index, invalid }) => {
    const groups = store.rollouts({ role: 'challenger', iteration: 1, step });
    const rollout = groups[Math.floor(index / 4)].rollouts[index % 4];
    const votes = attempts.filter((attempt) => attempt.questionId === id).map(({ vote }) => vote);
    return invalid === null ? [{ rollout, votes }] : [];
  });
}

/** Returns the share of the most frequent answer among all attempts. Answers are digits, so texts can be compared. */
function agreementOf(votes: readonly (string | null)[]): number {
  const counts = new Map<string, number>();
  for (const vote of votes) if (vote !== null) counts.set(vote, (counts.get(vote) ?? 0) + 1);
  return Math.max(0, ...counts.values()) / votes.length;
}

it('rewards a question by its own votes, including attempts without an answer', () => {
  const all = paid();
  expect(all.some(({ votes }) => votes.includes(null) && votes.some((vote) => vote !== null))).toBe(true);
  for (const { rollout, votes } of all) {
    expect(votes).toHaveLength(8);
    expect(rollout.parts.uncertainty).toBeCloseTo(1 - 2 * Math.abs(agreementOf(votes) - 0.5), 12);
  }
});

it('assigns every reward to the rollout that posed the question', () => {
  const texts = store.questions({ iteration: 1, origin: 'training' }).map(({ completion }) => completion);
  const rollouts = [0, 1].flatMap((step) =>
    store.rollouts({ role: 'challenger', iteration: 1, step }).flatMap((group) => group.rollouts),
  );
  expect(rollouts.map(({ completion }) => completion)).toEqual(texts);
});
