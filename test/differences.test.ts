/**
 * The differences between R-Zero's paper and its code, with the numbers of FIDELITY.md. Each one is a setting, or is
 * not offered by this project. Each test shows both behaviours on a small example.
 */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGrader } from '../src/answers/grader.ts';
import { resolveConfig } from '../src/config/load.ts';
import type { ConfigInput } from '../src/config/schema.ts';
import { arithmetic } from '../src/domains/arithmetic/domain.ts';
import { openEngine } from '../src/engine/open-engine.ts';
import { pickToken } from '../src/engine/local/sampling/pick-token.ts';
import { type QuestionScore, scoreQuestions } from '../src/eval/runner.ts';
import { splitUpdates } from '../src/grpo/batch.ts';
import { verdictsOf } from '../src/loop/4-filter.ts';
import { taskScores } from '../src/loop/partials.ts';
import { evolve, resume } from '../src/loop/evolve.ts';
import { Killed, killedAt, memoryRun, remains, shortConfig, weightFiles } from '../src/loop/loop.contract.ts';
import { after } from '../src/loop/cursor.ts';
import { type CountedAttempt, tallyAttempts } from '../src/loop/pool/tally.ts';
import { loadTokenizer } from '../src/models/tokenizer/tokenizer.ts';
import { challengerRewards, type PosedQuestion } from '../src/rewards/challenger.ts';
import { solverReward } from '../src/rewards/correctness.ts';
import { uncertainty } from '../src/rewards/uncertainty.ts';
import type { RunStore } from '../src/store/store.ts';
import type { LabelledQuestion, Question } from '../src/types.ts';
import { STAGES } from '../src/roles.ts';
import { writeArithmeticBase } from './fixtures/scripted/arithmetic-base.ts';

let root: string;
let base: string;
let runs = 0;
const grader = createGrader();

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-differences-'));
  base = join(root, 'base');
  await writeArithmeticBase(base);
});
afterAll(async () => {
  rmSync(root, { recursive: true, force: true });
  await grader.close();
});

/** Runs a short run to its end. */
async function played(over: ConfigInput): Promise<RunStore> {
  const config = shortConfig(base, over);
  const store = memoryRun(join(root, `run-${++runs}`), config);
  await evolve({ config, store }).result;
  return store;
}

/** Returns a config with the given options, in the form of `--set`. */
const set = (...assignments: string[]): ReturnType<typeof resolveConfig> => resolveConfig({ set: assignments });

function posed(text: string, agreement: number, over: Partial<PosedQuestion> = {}): PosedQuestion {
  return { text, agreement, invalid: null, claimed: '128', label: '128', ...over };
}

function rewards(questions: PosedQuestion[], ...options: string[]): number[] {
  return challengerRewards(questions, set(...options).challenger).map(({ reward }) => Number(reward.toFixed(9)));
}

/** Builds attempts from their votes; null has no box, '' has an empty one. */
function attempts(...votes: (string | null)[]): CountedAttempt[] {
  return votes.map((vote) => ({ vote: vote === '' ? null : vote, boxed: vote !== null }));
}

function question(text: string): Question {
  return {
    id: 'q',
    iteration: 1,
    origin: 'pool',
    step: 0,
    index: 0,
    text,
    claimed: null,
    completion: text,
    invalid: null,
  };
}

/** Returns the filter's verdict on a question with these votes. */
async function verdict(
  text: string,
  votes: (string | null)[],
  ...options: string[]
): Promise<LabelledQuestion['dropped']> {
  const config = set(...options);
  const tally = await tallyAttempts(grader, attempts(...votes), config.votes);
  const pool = [{ question: question(text), dropped: null }];
  return verdictsOf({ iteration: 1, pool, tallies: new Map([['q', tally]]) }, config)[0].dropped;
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('1: full or half uncertainty', () => {
  it('challenger.uncertainty', () => {
    const shares = [0, 0.3, 0.5, 0.8, 1];
    expect(shares.map((p) => Number(uncertainty(p, 'paper').toFixed(9)))).toEqual([0, 0.6, 1, 0.4, 0]);
    expect(shares.map((p) => Number(uncertainty(p, 'repo').toFixed(9)))).toEqual([0, 0.3, 0.5, 0.2, 0]);
    // The same repetition therefore weighs twice as much: here it takes half of the reward, or all of it.
    const twins = [posed('a b c d', 0.5), posed('a b c d', 0.5), posed('e f g h', 0.5), posed('i j k l', 0.5)];
    expect(rewards(twins)).toEqual([0.5, 0.5, 0.75, 0.75]);
    expect(rewards(twins, 'challenger.uncertainty=repo')).toEqual([0, 0, 0.25, 0.25]);
  });
});

describe('2: a floor at zero, and the reward of an invalid question', () => {
  it('challenger.floorAtZero', () => {
    const batch = [posed('a b c d', 0.95), posed('a b c d', 0.5), posed('', 0, { invalid: 'no-question' })];
    expect(rewards(batch)).toEqual([0, 0.333333333, 0]);
    expect(rewards(batch, 'challenger.floorAtZero=false')).toEqual([-0.566666667, 0.333333333, -1.333333333]);
  });
});

describe('3: the condition on the answer that the Challenger claims', () => {
  it('challenger.claimGate', () => {
    const agreeing = posed('a b c d', 0.5, { claimed: '128', label: '128' });
    const digit = posed('e f g h', 0.5, { claimed: '128', label: '8' });
    const alone = ['challenger.repetitionWeight=0'];
    expect(rewards([agreeing, digit], ...alone)).toEqual([1, 1]);
    expect(rewards([agreeing, digit], ...alone, 'challenger.claimGate=answer')).toEqual([1, 0]);
    // Until 2025-12-10, the code indexed a text as if it were a list.
    expect(rewards([agreeing, digit], ...alone, 'challenger.claimGate=last-character')).toEqual([0, 1]);
  });
});

describe('4: mini-batches, and trained versus used steps', () => {
  it('challenger.updates: 128 or 16 of 512 prompts', () => {
    const prompts = Array.from({ length: 512 }, (_, i) => i);
    const sizes = (preset: string): number[] => {
      const { updates } = resolveConfig({ files: [preset] }).challenger;
      return splitUpdates(prompts, updates).map((part) => part.length);
    };
    expect(sizes('paper')).toEqual(times(4, 128));
    expect(sizes('repo')).toEqual(times(32, 16));
  });

  const solver = { prompts: 4, groupSize: 4, learningRate: 0.3, maxTokens: 6 };

  it('solver.keepStep: the weights of step 2 of 3 are those of a phase of 2 steps', async () => {
    const kept = await played({ iterations: 1, solver: { ...solver, steps: 3, keepStep: 2 } });
    const short = await played({ iterations: 1, solver: { ...solver, steps: 2 } });
    const last = await played({ iterations: 1, solver: { ...solver, steps: 3 } });
    const best = (store: RunStore): Record<string, string> =>
      Object.fromEntries(Object.entries(weightFiles(store.dir)).filter(([path]) => path.includes('solver')));
    expect(best(kept)).toEqual(best(short));
    expect(Object.values(best(kept))).not.toEqual(Object.values(best(last)));
    expect(readdirSync(join(kept.dir, 'weights')).toSorted()).toEqual(['challenger-1-step-1', 'solver-1-step-2']);
    // All three steps were trained.
    expect(kept.metrics({ name: 'solver/reward' })).toHaveLength(3);
    expect(kept.evaluations()).toEqual(short.evaluations());
  });

  it('solver.keepStep survives kills: the kept state exists until the phase ends, and afterwards', async () => {
    const config = shortConfig(base, { solver: { ...solver, steps: 3, keepStep: 1 } });
    const undisturbed = memoryRun(join(root, `run-${++runs}`), config);
    await evolve({ config, store: undisturbed }).result;
    const store = memoryRun(join(root, `run-${++runs}`), config);
    for (let ended = false; !ended;) {
      try {
        await resume(store.dir, { store: killedAt(store, 1, 'after') }).result;
        ended = true;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      }
    }
    expect(remains(store)).toEqual(remains(undisturbed));
  });
});

describe('5: nine votes or ten', () => {
  it('votes.count: the band of the code allows 8 equal votes of ten, but only 7 of nine', async () => {
    const keeps = async (agreed: number, count: number): Promise<boolean> =>
      (await verdict('Compute 1 + 1.', [
        ...times(agreed, '2'),
        ...Array.from({ length: count - agreed }, (_, i) => `${i + 10}`),
      ])) === null;
    const kept = async (count: number): Promise<number[]> => {
      const out: number[] = [];
      for (let agreed = 1; agreed <= count; agreed++) if (await keeps(agreed, count)) out.push(agreed);
      return out;
    };
    expect(await kept(10)).toEqual([3, 4, 5, 6, 7, 8]);
    expect(await kept(9)).toEqual([3, 4, 5, 6, 7]);
    expect(resolveConfig({ files: ['paper'] }).votes.count).toBe(10);
    expect(resolveConfig({ files: ['repo'] }).votes.count).toBe(9);
  });
});

describe('6: a format that the prompt does not request', () => {
  it('solver.thinkWeight', () => {
    const plain = { correct: true, text: 'so \\boxed{2}' };
    const thinking = { correct: false, text: '<think>hm</think> \\boxed{3}' };
    const earned = (option: string): number[] =>
      [plain, thinking].map((attempt) => solverReward(attempt, set(option).solver).reward);
    expect(earned('solver.thinkWeight=0')).toEqual([1, 0]);
    expect(earned('solver.thinkWeight=0.1')).toEqual([0.9, 0.1]);
  });
});

describe('7: three iterations or five', () => {
  it('iterations', () => {
    const next = (preset: string) =>
      after(
        { stages: STAGES, config: resolveConfig({ files: [preset] }) },
        { iteration: 3, stage: 'evaluate', step: 0, steps: 1 },
      );
    expect(next('paper')).toMatchObject({ stage: 'done' });
    expect(next('repo')).toMatchObject({ iteration: 4, stage: 'train-challenger' });
  });
});

describe('8: independent samples, or the greedy answer many times', () => {
  it('evaluation.temperature', async () => {
    const evaluation = { questions: 6, samples: 4, chunk: 6, maxTokens: 6 };
    const scores = async (temperature: number): Promise<QuestionScore[]> => {
      const store = await played({ iterations: 1, evaluation: { ...evaluation, temperature } });
      return store.partials(taskScores('baseline', null), 0).flatMap(({ value }) => value);
    };
    const greedy = await scores(0);
    for (const score of greedy) {
      expect(new Set(score.votes).size).toBe(1);
      expect(score.sampled).toEqual(times(4, score.greedy));
    }
    expect((await scores(1)).some((score) => new Set(score.votes).size > 1)).toBe(true);
  });
});

describe('9: no judge reviews failed answers', () => {
  it('equality does not depend on which of two answers is the reference', async () => {
    const pairs = [
      ['\\frac{1}{2}', '0.5'],
      ['(1, 2)', '[1, 2]'],
      ['12', 'The answer is 12, I am sure.'],
      ['x + 1', '1 + x'],
      ['', '3'],
    ];
    for (const [gold, given] of pairs) {
      const verdicts = [await grader.equal(gold, given), await grader.equal(given, gold)];
      expect(verdicts[0].verdict, `${gold} and ${given}`).toBe(verdicts[1].verdict);
    }
  });
});

describe('10: a random letter if no answer is found', () => {
  it('evaluation.guessLetters', async () => {
    const silent = join(root, 'silent');
    await writeArithmeticBase(silent, { garbage: true });
    const engine = await openEngine(shortConfig(silent).engine);
    const sampler = await engine.openSampler({ kind: 'base', path: silent });
    const tools = { sampler, tokenizer: await loadTokenizer(silent), domain: arithmetic, grader };
    const choices = Array.from({ length: 30 }, (_, i) => ({ id: `choice-${i}`, text: 'Which?', answer: 'C' }));
    const right = async (option: string): Promise<number> => {
      const { evaluation } = set('evaluation.samples=4', 'evaluation.maxTokens=4', option);
      const scores = await scoreQuestions(tools, choices, evaluation, { seed: 1 });
      return scores.flatMap((score) => score.sampled).reduce((sum, value) => sum + value, 0);
    };
    expect(await right('evaluation.guessLetters=false')).toBe(0);
    const guessed = await right('evaluation.guessLetters=true');
    // About a tenth of 120.
    expect(guessed).toBeGreaterThan(2);
    expect(guessed).toBeLessThan(30);
    expect(await right('evaluation.guessLetters=true')).toBe(guessed);
    await engine.close();
  });
});

describe('11: no data set', () => {
  it('every row has the same prompt of the domain, and the config sets their number', async () => {
    const store = await played({ iterations: 1 });
    const groups = store.rollouts({ role: 'challenger', iteration: 1 });
    expect(groups).toHaveLength(store.meta().config.challenger.groups);
    expect(new Set(groups.map((group) => group.prompt))).toEqual(new Set(['Pose a question.']));
  });
});

describe('12: texts that drop a question, and "no " equals "no "', () => {
  const split = [...times(5, '2'), ...times(5, '3')];
  const rules = ['filter.forbiddenInQuestion=["证明", "box"]', 'filter.forbiddenInLabel=["text"]'];

  it('filter.forbiddenInQuestion', async () => {
    for (const text of ['A BOX holds 2.', '请证明 1 + 1 = 2。']) {
      expect(await verdict(text, split)).toBeNull();
      expect(await verdict(text, split, ...rules)).toBe('forbidden-text');
    }
    expect(await verdict('Prove it.', split, ...rules)).toBeNull();
  });

  it('filter.forbiddenInLabel', async () => {
    const votes = [...times(5, '\\text{Monday}'), ...split.slice(5)];
    expect(await verdict('Which day?', votes)).toBeNull();
    expect(await verdict('Which day?', votes, ...rules)).toBe('forbidden-text');
  });

  it('votes.noIsNo', async () => {
    const votes = attempts('no real roots', '1', 'no triangle', 'there is no prime', '1');
    const { groups, agreement } = await tallyAttempts(grader, votes, set().votes);
    expect(groups.map(({ count }) => count)).toEqual([2, 1, 1, 1]);
    expect(agreement).toBe(0.4);
    const merged = await tallyAttempts(grader, votes, set('votes.noIsNo=true').votes);
    expect(merged).toMatchObject({ label: 'no real roots', agreement: 0.6 });
    expect(merged.groups.map(({ count }) => count)).toEqual([3, 2]);
  });
});

describe('13: "None" as an answer', () => {
  const silenced = attempts(...times(5, null), '1', '2', '3', '4', '5');

  it('votes.noneIsVote: a question gets the highest reward if half of its attempts have no box', async () => {
    const plain = await tallyAttempts(grader, silenced, set().votes);
    expect(plain).toMatchObject({ label: '1', agreement: 0.1, unanswered: 5 });
    const votable = await tallyAttempts(grader, silenced, set('votes.noneIsVote=true').votes);
    expect(votable).toMatchObject({ label: 'None', agreement: 0.5, unanswered: 0 });
    expect(uncertainty(plain.agreement, 'repo')).toBeCloseTo(0.1, 9);
    expect(uncertainty(votable.agreement, 'repo')).toBe(0.5);
  });

  it('votes.noneIsVote: "None" is no label, and an empty box is no answer', async () => {
    const votes = [...times(5, null), '1', '2', '3', '4', '5'];
    expect(await verdict('Compute 1 + 1.', votes, 'votes.noneIsVote=true')).toBe('no-answer');
    // Without the setting, a boxed "None" is an ordinary answer.
    const meant = times(5, 'None').concat('1', '2', '3', '4', '5');
    expect(await verdict('Compute 1 + 1.', meant)).toBeNull();
    const empty = await tallyAttempts(grader, attempts('', '', '1'), set('votes.noneIsVote=true').votes);
    expect(empty).toMatchObject({ label: '1', unanswered: 2 });
  });

  it('votes.countUnanswered: the denominator of agreement', async () => {
    const votes = attempts('1', '1', '', '');
    expect((await tallyAttempts(grader, votes, set().votes)).agreement).toBe(0.5);
    expect((await tallyAttempts(grader, votes, set('votes.countUnanswered=false').votes)).agreement).toBe(1);
    expect(await tallyAttempts(grader, attempts('', ''), set('votes.countUnanswered=false').votes)).toMatchObject({
      label: null,
      agreement: 0,
    });
  });
});

describe('14: top-k for votes, top-p for the pool', () => {
  it('votes.topK, pool.topP: the tokens that can be drawn', () => {
    const row = Float32Array.from({ length: 50 }, (_, i) => (i === 0 ? 0.51 : 0.01)).map(Math.log);
    const drawn = (sampling: { topK: number; topP: number }): number => {
      const tokens = Array.from({ length: 2000 }, (_, i) =>
        pickToken(row, { maxTokens: 1, temperature: 1, ...sampling }, (i + 0.5) / 2000),
      );
      return new Set(tokens).size;
    };
    const [paper, repo] = ['paper', 'repo'].map((preset) => resolveConfig({ files: [preset] }));
    expect(drawn(paper.votes)).toBe(50);
    expect(drawn(repo.votes)).toBe(40);
    expect(drawn(repo.pool)).toBeLessThan(drawn(paper.pool));
    expect(drawn(repo.challenger)).toBe(drawn(paper.pool));
  });
});

describe('15: the reference of the KL', () => {
  it('klReference: the KL is zero at the start of every phase, or only of the first', async () => {
    const first = async (klReference: 'phase-start' | 'base'): Promise<number[]> => {
      const solver = { steps: 3, prompts: 4, groupSize: 4, learningRate: 0.3, maxTokens: 6, klReference };
      const store = await played({ solver });
      return store.metrics({ name: 'solver/kl' }).flatMap(({ step, value }) => (step === 0 ? [value] : []));
    };
    expect(await first('phase-start')).toEqual([0, 0]);
    expect(await first('base')).toEqual([0, expect.toSatisfy((kl: number) => kl > 0.001)]);
  });
});
