/**
 * The seeds that every stage requests. They must not change: resuming runs of earlier versions, and comparing
 * evaluations question by question, depend on them.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Call, recordingEngine } from '../../test/fixtures/recording-engine.ts';
import { writeArithmeticBase } from '../../test/fixtures/scripted/arithmetic-base.ts';
import createScriptedEngine from '../../test/engines/scripted/index.ts';
import { scriptedJudge } from '../../test/fixtures/scripted/judge.ts';
import type { ConfigInput, RunConfig } from '../config/schema.ts';
import { questionsWithAnswers } from '../domains/arithmetic/questions-with-answers.ts';
import { arithmetic } from '../domains/arithmetic/domain.ts';
import type { Domain } from '../domains/domain.ts';
import type { SampleRequest, SamplingOptions } from '../engine/engine.ts';
import type { GenerateRequest, Generator } from '../generate/generator.ts';
import { loadTokenizer, type Tokenizer } from '../models/tokenizer/tokenizer.ts';
import { deriveSeed, Random } from '../random.ts';
import type { RunStore } from '../store/store.ts';
import type { ChatMessage, Stage } from '../types.ts';
import { evolve } from './evolve.ts';
import { memoryRun, shortConfig } from './loop.contract.ts';

const SEED = 11;
const PLANTED = 5;
const PROBLEMS = ['Compute 1 + 2.', 'Compute 2 + 5.', 'Compute 9 - 4.'];

let root: string;
let base: string;
let tokenizer: Tokenizer;
let runs = 0;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-seeds-'));
  base = join(root, 'base');
  await writeArithmeticBase(base);
  tokenizer = await loadTokenizer(base);
  const rows = PROBLEMS.map((problem, at) => JSON.stringify({ id: `amc-${at}`, problem, answer: 3 }));
  writeFileSync(join(root, 'amc23.jsonl'), rows.join('\n'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Recorded {
  config: RunConfig;
  store: RunStore;
  calls: Call[];
}

async function record(over: ConfigInput, judge?: Generator, domain?: Domain): Promise<Recorded> {
  const config = shortConfig(base, { seed: SEED, ...over });
  const store = memoryRun(join(root, `run-${++runs}`), config);
  const { engine, calls } = recordingEngine(await createScriptedEngine(), () => store.cursor());
  await evolve({ config, store, engine, judge, domain }).result;
  await engine.close();
  return { config, store, calls };
}

/** A request with its prompt as text. */
type Asked = Pick<SampleRequest, 'n' | 'seed'> & { prompt: string; options: SamplingOptions };

function askedOf({ prompt, n, seed, ...options }: SampleRequest): Asked {
  const { maxTokens, temperature, topP, topK, minP = 0 } = options;
  return { prompt: tokenizer.decode(prompt), n, seed, options: { maxTokens, temperature, topP, topK, minP } };
}

function promptOf(messages: ChatMessage[], continueWith?: string): string {
  return tokenizer.decode(tokenizer.encode(tokenizer.renderChat(messages, { continueWith })));
}

const posing = (): string => promptOf(arithmetic.challengerMessages());
const posingIn = (content: string): string => promptOf([{ role: 'user', content }]);
const solving = (text: string, prefix?: string): string => promptOf(arithmetic.solverMessages(text), prefix);

/** Every request of a stage, whatever its chunks. */
function askedIn({ calls }: Recorded, iteration: number, stage: Stage): Asked[] {
  return calls.flatMap((call) =>
    call.verb === 'sample' && call.at.iteration === iteration && call.at.stage === stage
      ? call.requests.map(askedOf)
      : [],
  );
}

/** Sampling options differ in every section, so that a mix-up is detected. */
const SETTINGS = {
  challenger: { steps: 2, groups: 3, groupSize: 3, votes: 4, learningRate: 0.3, maxTokens: 24, temperature: 1.01 },
  pool: { questions: 16, chunk: 7, maxTokens: 25, temperature: 1.02, topP: 0.99 },
  votes: { count: 5, chunk: 6, maxTokens: 6, temperature: 1.03, topK: 60 },
  solver: { steps: 3, prompts: 4, groupSize: 4, learningRate: 0.3, maxTokens: 7, temperature: 1.04 },
  evaluation: { questions: 6, samples: 2, chunk: 4, maxTokens: 8, temperature: 0.9, minP: 0.01 },
} satisfies ConfigInput;

type Section = keyof typeof SETTINGS;

function optionsOf(config: RunConfig, section: Section): SamplingOptions {
  const { maxTokens, temperature, topP, topK, minP } = config[section];
  return { maxTokens, temperature, topP, topK, minP };
}

/** Stage 1: per step, the groups, then the votes on the valid questions. */
function trainChallenger({ config, store }: Recorded, iteration: number): Asked[] {
  const posed = store.questions({ iteration, origin: 'training' });
  return [0, 1].flatMap((step) => [
    ...[0, 1, 2].map((group) => ({
      prompt: posing(),
      n: 3,
      seed: deriveSeed(SEED, iteration, 'pose', step, group),
      options: optionsOf(config, 'challenger'),
    })),
    ...posed
      .filter((question) => question.step === step && question.invalid === null)
      .map(({ text, index }) => ({
        prompt: solving(text),
        n: 4,
        seed: deriveSeed(SEED, 'vote', `q-${iteration}-step-${step}-${index}`),
        options: optionsOf(config, 'votes'),
      })),
  ]);
}

/** Stage 2: a seed for every position in the pool. */
function propose({ config }: Recorded, iteration: number): Asked[] {
  return Array.from({ length: 16 }, (_, position) => ({
    prompt: posing(),
    n: 1,
    seed: deriveSeed(SEED, iteration, 'propose', position),
    options: optionsOf(config, 'pool'),
  }));
}

/** Stage 3: the admitted questions, then the planted ones, whose ids do not contain the iteration. */
function vote({ config, store }: Recorded, iteration: number): Asked[] {
  const unasked = new Set(['invalid', 'held-out', 'duplicate', 'near-earlier']);
  const admitted = store.labels(iteration).filter(({ dropped }) => dropped === null || !unasked.has(dropped));
  const planted = questionsWithAnswers(PLANTED, deriveSeed(SEED, 'planted'));
  const asked = [
    ...admitted.map(({ question: { text, index } }) => ({ text, id: `q-${iteration}-pool-${index}` })),
    ...planted.map(({ text }, at) => ({ text, id: `planted-${at}` })),
  ];
  return asked.map(({ text, id }) => ({
    prompt: solving(text),
    n: 5,
    seed: deriveSeed(SEED, 'vote', id),
    options: optionsOf(config, 'votes'),
  }));
}

/** Stage 5: the curriculum in a seeded order, a new order for each round. */
function trainSolver({ config, store }: Recorded, iteration: number): Asked[] {
  const curriculum = store.labels(iteration).filter(({ dropped }) => dropped === null);
  const rounds = [0, 1, 2, 3, 4, 5].flatMap((round) =>
    new Random(deriveSeed(SEED, iteration, 'curriculum', round)).shuffle(curriculum),
  );
  return rounds.slice(0, 12).map(({ question }, at) => ({
    prompt: solving(question.text),
    n: 4,
    seed: deriveSeed(SEED, iteration, 'solve', Math.floor(at / 4), at % 4),
    options: optionsOf(config, 'solver'),
  }));
}

/** Stage 6 and the baseline: sampled, greedy and forced attempts, then the benchmark. No seed contains the iteration. */
function evaluate({ config }: Recorded): Asked[] {
  const options = optionsOf(config, 'evaluation');
  const seed = deriveSeed(SEED, 'evaluate');
  const own = arithmetic.heldOut.questions(6).flatMap(({ id, text }): Asked[] => [
    { prompt: solving(text), n: 2, seed: deriveSeed(seed, 'sampled', id), options },
    { prompt: solving(text), n: 1, seed: 0, options: { ...options, temperature: 0 } },
    {
      prompt: solving(text, arithmetic.work.prefix),
      n: 2,
      seed: deriveSeed(seed, 'forced', id),
      options,
    },
  ]);
  const order = new Random(deriveSeed('order of questions', 'amc23')).shuffle(PROBLEMS.map((_, at) => at));
  const greedy = { maxTokens: 8, temperature: 0, topP: 1, topK: 0, minP: 0 };
  return [
    ...own,
    ...order.map((at) => ({ prompt: solving(PROBLEMS[at]), n: 1, seed: 0, options: greedy })),
    ...order.map((at) => ({
      prompt: solving(PROBLEMS[at]),
      n: 32,
      seed: deriveSeed(deriveSeed(SEED, 'tasks'), 'task', 'amc23', `amc-${at}`, 0),
      options,
    })),
  ];
}

const TABLE: [stage: Stage, iteration: number, asks: (run: Recorded, iteration: number) => Asked[]][] = [
  ['baseline', 0, evaluate],
  ...[1, 2].flatMap((iteration): typeof TABLE => [
    ['train-challenger', iteration, trainChallenger],
    ['propose', iteration, propose],
    ['vote', iteration, vote],
    ['train-solver', iteration, trainSolver],
    ['evaluate', iteration, evaluate],
  ]),
];

describe('a run requests', () => {
  let run: Recorded;
  beforeAll(async () => {
    run = await record({
      ...SETTINGS,
      audit: { planted: PLANTED },
      evaluation: { ...SETTINGS.evaluation, tasks: ['amc23'], dataDir: root },
    });
  });

  it.each(TABLE)('the seeds of %s, iteration %i', (stage, iteration, asks) => {
    const expected = asks(run, iteration);
    expect(expected.length).toBeGreaterThan(5);
    expect(askedIn(run, iteration, stage)).toEqual(expected);
  });

  it('nothing outside these stages', () => {
    const known = new Set(TABLE.map(([stage, iteration]) => `${stage} ${iteration}`));
    const sampled = run.calls.filter(({ verb }) => verb === 'sample');
    expect([...new Set(sampled.map(({ at }) => `${at.stage} ${at.iteration}`))]).toEqual([...known]);
  });

  it('the same seeds in every evaluation, so that scores can be paired by question', () => {
    const baseline = askedIn(run, 0, 'baseline');
    expect(askedIn(run, 1, 'evaluate')).toEqual(baseline);
    expect(askedIn(run, 2, 'evaluate')).toEqual(baseline);
  });

  it('a different seed for every group of the Challenger, every pool question and every group of the Solver', () => {
    for (const [stage, prompts] of [
      ['train-challenger', 2 * 3],
      ['propose', 16],
      ['train-solver', 3 * 4],
    ] as const) {
      const isGroup = ({ prompt }: Asked): boolean => stage === 'train-solver' || prompt === posing();
      const seeds = [1, 2].flatMap((iteration) =>
        askedIn(run, iteration, stage)
          .filter(isGroup)
          .map(({ seed }) => seed),
      );
      expect(seeds, stage).toHaveLength(2 * prompts);
      expect(new Set(seeds).size, stage).toBe(2 * prompts);
    }
  });

  it('a different seed for the votes on every question', () => {
    const votes = [1, 2].flatMap((iteration) =>
      (['train-challenger', 'vote'] as const).flatMap((stage) =>
        askedIn(run, iteration, stage).filter(({ prompt }) => prompt !== posing()),
      ),
    );
    // The planted questions are the same ones in both iterations, and so are their seeds.
    expect(new Set(votes.map(({ seed }) => seed)).size).toBe(votes.length - PLANTED);
  });
});

describe('a domain that draws its Challenger’s prompt', () => {
  it('gets the seed of every group and of every pool question, and the run records what it wrote', async () => {
    const words = ['Pose a question.', 'Pose a question. ', ' Pose a question.'];
    const varied = {
      ...arithmetic,
      version: '1',
      challengerMessages: (seed: number): ChatMessage[] => [{ role: 'user', content: words[seed % 3] }],
    };
    const run = await record({ ...SETTINGS, iterations: 1 }, undefined, varied);
    const posed = ['train-challenger', 'propose'] as const;
    for (const stage of posed) {
      const asked = askedIn(run, 1, stage).filter(({ prompt }) => words.some((text) => prompt === posingIn(text)));
      expect(asked).toHaveLength(stage === 'propose' ? 16 : 2 * 3);
      for (const { prompt, seed } of asked) expect(prompt).toBe(posingIn(words[seed % 3]));
      expect(new Set(asked.map(({ prompt }) => prompt)).size).toBeGreaterThan(1);
    }
    const groups = run.store.rollouts({ role: 'challenger', iteration: 1 });
    const seeds = [0, 1].flatMap((step) => [0, 1, 2].map((group) => deriveSeed(SEED, 1, 'pose', step, group)));
    expect(groups.map(({ prompt }) => prompt)).toEqual(seeds.map((seed) => words[seed % 3]));
  });
});

describe('a run with adapters', () => {
  it('initializes each role’s adapter from its own seed, in every iteration', async () => {
    const { calls } = await record({ ...SETTINGS, adapt: { method: 'lora', rank: 2, alpha: 4 } });
    const seeds = calls.flatMap((call) =>
      call.verb === 'openPolicy' && call.adapt?.kind === 'lora' ? [call.adapt.seed] : [],
    );
    const [challenger, solver] = [deriveSeed(SEED, 'adapter', 'challenger'), deriveSeed(SEED, 'adapter', 'solver')];
    expect(seeds).toEqual([challenger, solver, challenger, solver]);
  });
});

describe('a judge', () => {
  it('gets a sample that depends on the iteration, with a seed for every label', async () => {
    const judge = scriptedJudge();
    const requests: GenerateRequest[] = [];
    const { store } = await record(
      { ...SETTINGS, audit: { judge: { questions: 4 } } },
      {
        ...judge,
        generate(asked, ctl) {
          requests.push(...asked);
          return judge.generate(asked, ctl);
        },
      },
    );
    const drawn = [1, 2].flatMap((iteration) => {
      const kept = store.labels(iteration).filter(({ dropped }) => dropped === null);
      return new Random(deriveSeed(SEED, iteration, 'judge')).shuffle(kept).slice(0, 4);
    });
    expect(judge.asked.map(({ question }) => question)).toEqual(drawn.map(({ question }) => question.text));
    expect(requests.map(({ seed }) => seed)).toEqual(
      drawn.map(({ question }) => deriveSeed(SEED, 'judge', question.id)),
    );
  });
});

describe('supervised training', () => {
  it('draws its data and the held-out rows from separate seeds', async () => {
    const run = await record({ ...SETTINGS, iterations: 1, finetune: { data: 20, heldOut: 6 } });
    const data = questionsWithAnswers(20, deriveSeed(SEED, 'data'));
    const order = new Random(deriveSeed(SEED, 'data-held-out')).shuffle(data.map((_, at) => at));
    const aside = order.slice(0, 6).toSorted((a, b) => a - b);
    const trained = data.filter((_, at) => !aside.includes(at)).map(({ text }) => text);
    expect(run.store.labels(1).map(({ question }) => question.text)).toEqual(trained);

    const seed = deriveSeed(SEED, 'evaluate');
    const sampled = askedIn(run, 1, 'evaluate')
      .slice(6 * 3)
      .filter((_, at) => at % 3 === 0);
    expect(sampled.map((asked) => [asked.prompt, asked.seed])).toEqual(
      aside.map((row, at) => [solving(data[row].text), deriveSeed(seed, 'sampled', `data-${at + 1}`)]),
    );
  });
});
