import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../test/fixtures/scripted/arithmetic-base.ts';
import { scriptedJudge } from '../../test/fixtures/scripted/judge.ts';
import type { ConfigInput, RunConfig } from '../config/schema.ts';
import { questionsWithAnswers } from '../domains/arithmetic/questions-with-answers.ts';
import { arithmetic } from '../domains/arithmetic/domain.ts';
import createScriptedEngine from '../../test/engines/scripted/index.ts';
import type { Engine } from '../engine/engine.ts';
import type { Generator } from '../generate/generator.ts';
import { ConfigError } from '../errors.ts';
import type { RunStore } from '../store/store.ts';
import type { Question } from '../types.ts';
import { evolve, resume } from './evolve.ts';
import { judgeReport } from './pool/label-judge.ts';
import { follow, Killed, killedAt, memoryRun, remains, shortConfig } from './loop.contract.ts';
import { plantedVotes } from './pool/planted.ts';

let root: string;
let base: string;
let runs = 0;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-variants-'));
  base = join(root, 'base');
  await writeArithmeticBase(base);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function runWith(over: ConfigInput, given: { engine?: Engine; judge?: Generator } = {}): Promise<RunStore> {
  const config = shortConfig(base, over);
  const store = memoryRun(join(root, `run-${++runs}`), config);
  await evolve({ config, store, ...given }).result;
  return store;
}

/** Every training step updates, so that steps can be counted. */
const EVERY_STEP = {
  solver: { steps: 3, prompts: 4, groupSize: 4, learningRate: 0.3, maxTokens: 6, dropZeroVariance: false },
};

/** Returns the number of optimizer steps since the base model, for every phase's last state. */
function versions(store: RunStore): Record<string, number> {
  const folder = join(store.dir, 'weights');
  return Object.fromEntries(
    readdirSync(folder).map((name) => {
      const state: { version: number } = JSON.parse(readFileSync(join(folder, name, 'trainer.json'), 'utf8'));
      return [name.replace(/-step-\d+$/, ''), state.version];
    }),
  );
}

describe('one model for both roles', () => {
  it('continues in every phase from the other role’s result; two models do not', async () => {
    expect(versions(await runWith({ ...EVERY_STEP, weights: 'shared' }))).toEqual({
      'challenger-1': 1,
      'solver-1': 4,
      'challenger-2': 5,
      'solver-2': 8,
    });
    expect(versions(await runWith(EVERY_STEP))).toEqual({
      'challenger-1': 1,
      'solver-1': 3,
      'challenger-2': 2,
      'solver-2': 6,
    });
  });

  it('votes on the pool with the result of the Challenger’s phase, and within that phase with the weights before it', async () => {
    const engine = await createScriptedEngine();
    const opened: string[] = [];
    const watched: Engine = {
      ...engine,
      openSampler(ref) {
        if (ref.kind !== 'snapshot') opened.push(basename(ref.kind === 'base' ? ref.path : ref.id));
        return engine.openSampler(ref);
      },
    };
    await runWith({ iterations: 2, weights: 'shared', evaluation: { questions: 0 } }, { engine: watched });
    // Per iteration: the phase's reference, the voting Solver, the pool's Challenger, the pool's voter, the Solver's reference.
    const turn = (before: string, challenger: string): string[] => [before, before, challenger, challenger, challenger];
    expect(opened).toEqual([...turn('base', 'challenger-1-step-1'), ...turn('solver-1-step-3', 'challenger-2-step-1')]);
  });

  it('is only the Solver if the Challenger is not trained', async () => {
    const shared = await runWith({ ...EVERY_STEP, weights: 'shared', challenger: { train: false }, iterations: 2 });
    expect(versions(shared)).toEqual({ 'solver-1': 3, 'solver-2': 6 });
  });
});

describe('labels from the oracle', () => {
  it('reward only the truth', async () => {
    const store = await runWith({ labels: 'oracle' });
    const groups = [1, 2].flatMap((iteration) => store.rollouts({ role: 'solver', iteration }));
    expect(groups.length).toBeGreaterThan(10);
    for (const { prompt, label, rollouts } of groups) {
      expect(label).toBe(arithmetic.truth(prompt));
      expect(label).not.toBeNull();
      for (const { completion, reward } of rollouts) {
        expect(reward).toBe(arithmetic.extractAnswer(completion) === label ? 1 : 0);
      }
    }
    const labels = store.labels(1);
    expect(labels.some(({ dropped, labelCorrect }) => dropped === null && labelCorrect === false)).toBe(true);
    expect(store.metrics({ name: 'pool/dropped/no_truth' })).toHaveLength(2);
  });

  it('are rejected without an oracle, before a folder is created', async () => {
    const runDir = join(root, 'never');
    const config = { ...shortConfig(base), domain: 'math', labels: 'oracle' } as const;
    await expect(evolve({ config, runDir }).result).rejects.toThrow(
      /labels = "oracle" needs a domain with an oracle; the domain math has none/,
    );
    await expect(
      evolve({ config: { ...config, labels: 'majority', audit: { planted: 3 } }, runDir }).result,
    ).rejects.toThrow(/audit\.planted = 3: the domain math cannot generate questions/);
    expect(existsSync(runDir)).toBe(false);
  });
});

describe('ill-posed questions', () => {
  const isIllPosed = ({ text }: { text: string }): boolean => arithmetic.truth(text) === null;
  const posed = (store: RunStore): Question[] =>
    [1, 2].flatMap((iteration) =>
      (['training', 'pool'] as const).flatMap((origin) => store.questions({ iteration, origin })),
    );

  it('get votes and may be kept by default', async () => {
    const store = await runWith({});
    const labels = [1, 2].flatMap((iteration) => store.labels(iteration));
    const read = labels.filter(({ question }) => question.invalid === null);
    expect(read.filter(({ question }) => isIllPosed(question)).some(({ tally }) => tally.attempts > 0)).toBe(true);
    expect(posed(store).every(({ invalid }) => invalid !== 'ill-posed')).toBe(true);
  });

  it('are refused at the door with illPosed = "refuse": no reward, no votes, no place in the curriculum', async () => {
    const store = await runWith({ illPosed: 'refuse' });
    const refused = posed(store).filter(({ invalid }) => invalid === 'ill-posed');
    expect(new Set(refused.map(({ origin }) => origin))).toEqual(new Set(['training', 'pool']));
    expect(refused.every(isIllPosed)).toBe(true);
    expect(
      posed(store)
        .filter(({ invalid }) => invalid === null)
        .some(isIllPosed),
    ).toBe(false);
    const attempted = new Set(
      [1, 2].flatMap((iteration) => store.attempts({ iteration })).map((one) => one.questionId),
    );
    expect(refused.some(({ id }) => attempted.has(id))).toBe(false);
    const rollouts = [1, 2].flatMap((iteration) =>
      store.rollouts({ role: 'challenger', iteration }).flatMap((group) => group.rollouts),
    );
    const texts = new Set(refused.map(({ completion }) => completion));
    const unrewarded = rollouts.filter(({ completion }) => texts.has(completion));
    expect(unrewarded.length).toBeGreaterThan(0);
    expect(unrewarded.every(({ reward, parts }) => reward === 0 && parts.format === 0)).toBe(true);
  });

  it('cannot be refused in a domain without a grammar, which is reported before a folder is created', async () => {
    const runDir = join(root, 'open');
    await expect(
      evolve({ config: { ...shortConfig(base), domain: 'math', illPosed: 'refuse' }, runDir }).result,
    ).rejects.toThrow(/illPosed = "refuse" needs a domain with a grammar; the domain math has none/);
    expect(existsSync(runDir)).toBe(false);
  });
});

describe('planted questions', () => {
  const planted = { audit: { planted: 14 } };

  it('get votes in every iteration and change nothing else', async () => {
    const [audited, plain] = [await runWith(planted), await runWith({})];
    const strip = (store: RunStore): Record<string, unknown> => {
      const { metrics, summary, ...rest } = remains(store);
      const kept = (metrics as { name: string }[]).filter(({ name }) => !name.startsWith('audit/'));
      return { ...rest, metrics: kept, best: Object(summary).best };
    };
    expect(strip(audited)).toEqual(strip(plain));
    const votes = [1, 2].map((iteration) => plantedVotes(audited, iteration));
    expect(votes.map((list) => list.length)).toEqual([14, 14]);
    expect(votes[0].map(({ text }) => text)).toEqual(votes[1].map(({ text }) => text));
    for (const { text, answer, tally, correct } of votes.flat()) {
      expect(answer).toBe(arithmetic.truth(text));
      expect(tally.attempts).toBe(5);
      expect(correct).toBe(tally.label === null ? null : tally.label === answer);
    }
  });

  it('report the accuracy of their majority answers, inside the band and by agreement', async () => {
    const store = await runWith(planted);
    const rows = store.metrics({ iteration: 1, stage: 'filter' });
    const metric = (name: string): number | undefined =>
      rows.find((row) => row.name === `audit/planted/${name}`)?.value;
    const votes = plantedVotes(store, 1);
    const inBand = votes.filter(({ tally }) => tally.agreement >= 0.2 && tally.agreement <= 0.9);
    expect(metric('in_band')).toBe(inBand.length);
    expect(metric('unlabelled')).toBe(votes.filter(({ tally }) => tally.label === null).length);
    expect(metric('label_accuracy')).toBeCloseTo(inBand.filter(({ correct }) => correct).length / inBand.length, 12);
    const band = votes.filter(({ tally }) => Math.abs(tally.agreement - 0.4) < 1e-9);
    expect(metric('label_accuracy/0.4-0.5')).toBeCloseTo(
      band.filter(({ correct }) => correct).length / band.length,
      12,
    );
    expect(store.summary()?.iterations[1].audit?.planted).toEqual({
      accuracy: metric('label_accuracy'),
      of: inBand.length,
    });
  });

  it('come from a file if the domain cannot generate them; errors in it are reported before the run starts', async () => {
    const file = join(root, 'planted.jsonl');
    writeFileSync(file, '{"question": "Compute 1 + 2.", "answer": "3"}\n{"question": "Compute 2 + 2.", "answer": 4}\n');
    const store = await runWith({ domain: 'math', iterations: 1, audit: { planted: file } });
    expect(plantedVotes(store, 1).map(({ answer }) => answer)).toEqual(['3', '4']);
    writeFileSync(file, '{"question": "Compute 1 + 2."}\n');
    await expect(runWith({ audit: { planted: file } })).rejects.toThrow(ConfigError);
  });
});

describe('a judge', () => {
  it('reviews a sample of the kept labels, and its verdicts are counted', async () => {
    const judge = scriptedJudge();
    const store = await runWith({ audit: { judge: { questions: 5 } } }, { judge });
    for (const iteration of [1, 2]) {
      const kept = new Map(store.labels(iteration).map((one) => [one.question.id, one]));
      const report = judgeReport(store, iteration);
      expect(report?.judged).toHaveLength(Math.min(5, [...kept.values()].filter((one) => one.dropped === null).length));
      for (const { id, verdict } of report?.judged ?? []) {
        const label = kept.get(id);
        expect(label?.dropped).toBeNull();
        if (verdict !== 'undecided') expect(verdict === 'correct').toBe(label?.labelCorrect);
      }
    }
    expect(judge.asked.length).toBe(
      (judgeReport(store, 1)?.judged.length ?? 0) + (judgeReport(store, 2)?.judged.length ?? 0),
    );
    const named = new Map(store.metrics({ iteration: 1, stage: 'filter' }).map(({ name, value }) => [name, value]));
    expect(named.get('audit/judge/oracle_agreement')).toBe(1);
    expect(named.get('audit/judge/undecided')).toBeGreaterThan(0);
    const verdicts = judgeReport(store, 1)?.judged ?? [];
    const right = verdicts.filter(({ verdict }) => verdict === 'correct').length;
    expect(named.get('audit/judge/labels_right')).toBeCloseTo(right / verdicts.length, 12);
    expect(store.summary()?.iterations[1].audit?.judge).toMatchObject({ failed: 0 });
  });

  it('that fails does not stop the run, but emits a warning', async () => {
    const config = shortConfig(base, { iterations: 1 });
    const store = memoryRun(join(root, `run-${++runs}`), config);
    const evolution = evolve({ config, store, judge: scriptedJudge({ failAfter: 1 }) });
    const events = await follow(evolution);
    expect((await evolution.result).outcome).toBe('finished');
    const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
    expect(warnings).toEqual([expect.stringMatching(/^The judge failed after 1 of \d+ labels\. The host is gone\./)]);
    expect(judgeReport(store, 1)).toMatchObject({ judged: [{}], failure: expect.stringContaining('gone') });
    const plain = await runWith({ iterations: 1 });
    expect(remains(store).files).toEqual(remains(plain).files);
  });

  it('at an unreachable URL does not stop the run; an invalid URL is rejected', async () => {
    const store = await runWith({ iterations: 1, audit: { judge: { url: 'http://127.0.0.1:1/v1' } } });
    expect(judgeReport(store, 1)).toMatchObject({ judged: [], failure: expect.stringContaining('127.0.0.1:1') });
    const asked = judgeReport(store, 1)?.failed ?? 0;
    expect(asked).toBeGreaterThan(0);
    expect(store.summary()?.iterations[1].audit?.judge).toEqual({ accuracy: 0, of: 0, undecided: 0, failed: asked });
    await expect(runWith({ audit: { judge: { url: 'my judge' } } })).rejects.toThrow(/not a valid endpoint URL/);
  });
});

describe('supervised training', () => {
  const finetune = { data: 24, heldOut: 6 };

  it('trains the Solver on the data, and evaluates before and after, on the test and on the held-out rows', async () => {
    const store = await runWith({ ...EVERY_STEP, iterations: 1, finetune });
    const summary = store.summary();
    expect(summary).toMatchObject({ outcome: 'finished', best: 1, supervised: true });
    expect(store.evaluations().map(({ iteration, task, questions }) => [iteration, task, questions])).toEqual([
      [0, 'arithmetic', 6],
      [0, 'data', 6],
      [1, 'arithmetic', 6],
      [1, 'data', 6],
    ]);
    expect(summary?.iterations.map(({ evaluation }) => evaluation.task)).toEqual(['arithmetic', 'arithmetic']);
    expect(versions(store)).toEqual({ 'solver-1': 3 });
    const trained = store.labels(1);
    expect(trained).toHaveLength(18);
    const groups = store.rollouts({ role: 'solver', iteration: 1 });
    for (const { prompt, label } of groups) expect(label).toBe(arithmetic.truth(prompt));
    const rows = new Set(trained.map((one) => one.question.text));
    expect(groups.filter(({ prompt }) => !rows.has(prompt))).toEqual([]);
  });

  it('learns the answers of the data', async () => {
    const file = join(root, 'threes.jsonl');
    const rows = ['1 + 2', '0 + 3', '5 - 2', '9 - 6'].map((sum) => ({ question: `Compute ${sum}.`, answer: 3 }));
    writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));
    const solver = { steps: 10, prompts: 8, groupSize: 8, learningRate: 0.1, maxTokens: 6, clip: 0 };
    const store = await runWith({ iterations: 1, solver, finetune: { data: file } });
    const rewards = store.metrics({ name: 'solver/reward' }).map(({ value }) => value);
    expect(rewards.at(-1)).toBeGreaterThan(rewards[0] + 0.3);
  });

  it('does not train on test questions, held-out rows and duplicates', async () => {
    const file = join(root, 'data.jsonl');
    const [known] = arithmetic.heldOut.questions(1);
    const rows = [...questionsWithAnswers(8, 3), known, ...questionsWithAnswers(3, 3)];
    writeFileSync(file, rows.map(({ text, answer }) => JSON.stringify({ q: text, a: answer })).join('\n'));
    const store = await runWith({ iterations: 1, finetune: { data: file, question: 'q', answer: 'a', heldOut: 2 } });
    const verdicts = store.labels(1).map(({ question, dropped }) => [question.text, dropped]);
    expect(verdicts).toHaveLength(10);
    expect(verdicts.filter(([text]) => text === known.text).every(([, dropped]) => dropped === 'held-out')).toBe(true);
    const kept = verdicts.filter(([, dropped]) => dropped === null).map(([text]) => text);
    expect(new Set(kept).size).toBe(kept.length);
  });

  it('ends cleanly, with the counts, if no row is left to train on', async () => {
    const file = join(root, 'test-only.jsonl');
    const rows = arithmetic.heldOut.questions(3).map(({ text, answer }) => JSON.stringify({ question: text, answer }));
    writeFileSync(file, rows.join('\n'));
    const summary = (await runWith({ iterations: 1, finetune: { data: file } })).summary();
    expect(summary).toMatchObject({ outcome: 'too-few-questions', best: 0 });
    expect(summary?.explanation).toContain('None of the 3 rows can be used for training: 3 are test questions');
    await expect(runWith({ iterations: 1, finetune: { data: file, heldOut: 3 } })).rejects.toThrow(
      /leaves none of the 3 rows/,
    );
  });

  it('trains from a run’s best Solver like from a base model', async () => {
    const first = await runWith({});
    const store = await runWith({ iterations: 1, model: join(first.dir, 'best'), finetune: { data: 8 } });
    expect(store.summary()?.outcome).toBe('finished');
  });
});

describe('an interrupted variant', () => {
  const variants: [string, ConfigInput][] = [
    ['one model for both roles', { weights: 'shared' }],
    ['labels from the oracle', { labels: 'oracle' }],
    ['planted questions', { audit: { planted: 8 } }],
    ['a judge', { iterations: 1, audit: { judge: { questions: 4 } } }],
    ['given answers', { iterations: 1, finetune: { data: 20, heldOut: 5 } }],
  ];

  it.each(variants)(
    'ends like an uninterrupted one after a crash before every second commit: %s',
    async (name, over) => {
      const judge = name === 'a judge' ? { judge: scriptedJudge() } : {};
      const config = shortConfig(base, over);
      const uninterrupted = await runWith(over, judge);
      const store = memoryRun(join(root, `run-${++runs}`), config);
      const again = name === 'a judge' ? { judge: scriptedJudge() } : {};
      for (let at = 0; ; at++) {
        try {
          await resume(store.dir, { store: killedAt(store, 1, 'before'), ...again }).result;
          break;
        } catch (error) {
          if (!(error instanceof Killed)) throw error;
          expect(at).toBeLessThan(200);
        }
      }
      expect(remains(store)).toEqual(remains(uninterrupted));
    },
  );

  it('of an older rzero continues with the defaults of newer settings', async () => {
    const { audit: _, finetune: __, weights: ___, labels: ____, ...old } = shortConfig(base);
    const config = old as RunConfig;
    const store = memoryRun(join(root, `run-${++runs}`), config);
    await expect(resume(store.dir, { store: killedAt(store, 5, 'after') }).result).rejects.toThrow(Killed);
    await resume(store.dir, { store }).result;
    expect(remains(store)).toEqual(remains(await runWith({})));
  });

  it('keeps its stored answers if their file has changed', async () => {
    const file = join(root, 'changing.jsonl');
    const write = (seed: number): void =>
      writeFileSync(
        file,
        questionsWithAnswers(12, seed)
          .map(({ text, answer }) => JSON.stringify({ question: text, answer }))
          .join('\n'),
      );
    write(1);
    const over = { iterations: 1, finetune: { data: file } };
    const uninterrupted = await runWith(over);
    const config = shortConfig(base, over);
    const store = memoryRun(join(root, `run-${++runs}`), config);
    await expect(evolve({ config, store: killedAt(store, 2, 'after') }).result).rejects.toThrow(Killed);
    write(2);
    await resume(store.dir, { store }).result;
    expect(remains(store)).toEqual(remains(uninterrupted));
  });
});
