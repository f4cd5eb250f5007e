/**
 * R-Zero in one file: a language model that teaches itself, from no data. The same engine as the product,
 * but no store, no resuming, no command line, and every dial a constant. Read it from top to bottom.
 *
 *   npx tsx examples/evolve-minimal.ts [folder of a Hugging Face checkpoint]
 *
 * One base model plays two roles. The Challenger poses questions and is rewarded when the Solver is split
 * over the answer; the Solver is rewarded for agreeing with the majority of its own earlier answers.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createGrader } from '../src/answers/grader.ts';
import { loadDomain } from '../src/domains/index.ts';
import type { Completion, Engine, Example, Sampler, Tokens, WeightsRef } from '../src/engine/engine.ts';
import { createLocalEngine } from '../src/engine/local/index.ts';
import { loadTokenizer } from '../src/models/tokenizer/tokenizer.ts';
import { deriveSeed, Random } from '../src/random.ts';
import { clusterShares } from '../src/text/repetition.ts';

const MODEL = resolve(process.argv[2] ?? 'models/arith-base');
const SEED = 1;
const ITERATIONS = 3;
const CHALLENGER = { steps: 5, groups: 32, groupSize: 4, votes: 10, learningRate: 1e-4 };
const POOL = { questions: 800, votes: 10, minAgreement: 0.3, maxAgreement: 0.8 };
const SOLVER = { steps: 20, prompts: 48, groupSize: 8, learningRate: 2e-4 };
const TEST = { questions: 200, samples: 8 };
const SAMPLING = { maxTokens: 96, temperature: 1, topP: 1, topK: 0 };
/** Weight of the KL divergence from the weights that a training phase started with. */
const KL_WEIGHT = 0.01;

const engine: Engine = await createLocalEngine({ threads: 0, slots: 256, microBatchTokens: 1024 });
const tokenizer = await loadTokenizer(MODEL);
const domain = loadDomain('arithmetic');
const grader = createGrader();
const folder = await mkdtemp(join(tmpdir(), 'rzero-minimal-'));

try {
  await evolve();
} finally {
  await grader.close();
  await engine.close();
  await rm(folder, { recursive: true, force: true });
}

// ---------------------------------------------------------------------------------------------------------
// The loop.

async function evolve(): Promise<void> {
  let challenger: WeightsRef = { kind: 'base', path: MODEL };
  let solver: WeightsRef = { kind: 'base', path: MODEL };
  console.log(`base: ${await evaluate(solver)}`);

  for (let iteration = 1; iteration <= ITERATIONS; iteration++) {
    challenger = await trainChallenger(iteration, challenger, solver);
    const curriculum = await proposeAndLabel(iteration, challenger, solver);
    solver = await trainSolver(iteration, solver, curriculum);
    console.log(`iteration ${iteration}: ${await evaluate(solver)}`);
  }
}

/** 1. The Challenger learns to split the Solver's vote. */
async function trainChallenger(iteration: number, start: WeightsRef, solver: WeightsRef): Promise<WeightsRef> {
  const voters = await engine.openSampler(solver);
  const prompt = encode(domain.challengerMessages());
  const { groups, groupSize, votes } = CHALLENGER;

  const trained = await train(`challenger-${iteration}`, start, CHALLENGER, async (sampler, step) => {
    const seeds = range(groups).map((group) => deriveSeed(SEED, iteration, 'pose', step, group));
    const completions = await sampler.sample(seeds.map((seed) => ({ prompt, n: groupSize, seed, ...SAMPLING })));

    const questions = completions.flat().map((completion) => domain.parseQuestion(textOf(completion)));
    const texts = questions.map((question) => (question.invalid === null ? question.text : ''));
    const tallies = await vote(voters, texts, votes, deriveSeed(SEED, iteration, 'judge', step));
    const { shares } = clusterShares(texts, 0.5);
    const rewards = texts.map((text, at) => {
      if (text === '') return 0;
      // Highest where half the votes agree; less the share of the batch that asks about the same.
      const uncertainty = 1 - Math.abs(2 * tallies[at].agreement - 1);
      return Math.max(0, uncertainty - shares[at]);
    });

    return completions.map((group, at) => ({
      prompt,
      completions: group,
      rewards: rewards.slice(at * groupSize, (at + 1) * groupSize),
    }));
  });
  await voters.close();
  return trained;
}

type Labelled = { question: string; label: string };

/** 2. The Challenger fills a pool. 3. The Solver votes on it. 4. What is neither too easy nor too hard is kept. */
async function proposeAndLabel(iteration: number, challenger: WeightsRef, solver: WeightsRef): Promise<Labelled[]> {
  const poser = await engine.openSampler(challenger);
  const prompt = encode(domain.challengerMessages());
  const seeds = range(POOL.questions).map((at) => deriveSeed(SEED, iteration, 'propose', at));
  const completions = await poser.sample(seeds.map((seed) => ({ prompt, n: 1, seed, ...SAMPLING })));
  await poser.close();

  const valid = completions.flat().flatMap((completion) => {
    const { text, invalid } = domain.parseQuestion(textOf(completion));
    return invalid === null && !domain.isHeldOut(text) ? [text] : [];
  });
  const distinct = [...new Set(valid)];

  const voters = await engine.openSampler(solver);
  const tallies = await vote(voters, distinct, POOL.votes, deriveSeed(SEED, iteration, 'label'));
  await voters.close();

  const curriculum = distinct.flatMap((question, at) => {
    const { label, agreement } = tallies[at];
    const teaches = agreement >= POOL.minAgreement && agreement <= POOL.maxAgreement;
    return label !== null && teaches ? [{ question, label }] : [];
  });
  const right = curriculum.filter(({ question, label }) => domain.truth(question) === label).length;
  console.log(
    `  posed ${POOL.questions} → valid ${valid.length} → distinct ${distinct.length} → in band ${curriculum.length}; ` +
      `labels right ${percent(right / curriculum.length)} (nobody trains on this number)`,
  );
  if (curriculum.length === 0) throw new Error('No question passed: this base model cannot play.');
  return curriculum;
}

/** 5. The Solver learns to agree with the majority of its earlier self. */
function trainSolver(iteration: number, start: WeightsRef, curriculum: Labelled[]): Promise<WeightsRef> {
  const order = new Random(deriveSeed(SEED, iteration, 'curriculum')).shuffle(curriculum);

  return train(`solver-${iteration}`, start, SOLVER, async (sampler, step) => {
    const batch = range(SOLVER.prompts).map((at) => order[(step * SOLVER.prompts + at) % order.length]);
    const prompts = batch.map(({ question }) => encode(domain.solverMessages(question)));
    const completions = await sampler.sample(
      prompts.map((prompt, at) => ({
        prompt,
        n: SOLVER.groupSize,
        seed: deriveSeed(SEED, iteration, 'solve', step, at),
        ...SAMPLING,
      })),
    );

    const groups: Group[] = [];
    for (const [at, { label }] of batch.entries()) {
      const rewards: number[] = [];
      for (const completion of completions[at]) {
        rewards.push((await isAnswer(textOf(completion), label)) ? 1 : 0);
      }
      groups.push({ prompt: prompts[at], completions: completions[at], rewards });
    }
    return groups;
  });
}

/** 6. How often the Solver is right on questions that nobody trained on. */
async function evaluate(solver: WeightsRef): Promise<string> {
  const sampler = await engine.openSampler(solver);
  const questions = domain.heldOut(TEST.questions);
  const completions = await sampler.sample(
    questions.map(({ id, text }) => ({
      prompt: encode(domain.solverMessages(text)),
      n: TEST.samples,
      seed: deriveSeed(SEED, 'test', id),
      ...SAMPLING,
    })),
  );
  await sampler.close();

  let right = 0;
  let majority = 0;
  for (const [at, { answer }] of questions.entries()) {
    const texts = completions[at].map(textOf);
    for (const text of texts) if (await isAnswer(text, answer)) right++;
    const { label } = await grader.tally(texts.map((text) => domain.extractAnswer(text)));
    if (label !== null && (await grader.equal(label, answer)).verdict === 'equal') majority++;
  }
  const { samples } = TEST;
  return `mean@${samples} ${percent(right / questions.length / samples)}, majority@${samples} ${percent(majority / questions.length)}`;
}

// ---------------------------------------------------------------------------------------------------------
// GRPO: learning from groups of attempts at the same prompt.

type Group = { prompt: Tokens; completions: Completion[]; rewards: number[] };

/** Trains for some steps from `start` with a fresh optimizer; `rollOut` samples with the current policy and judges. */
async function train(
  name: string,
  start: WeightsRef,
  { steps, learningRate }: { steps: number; learningRate: number },
  rollOut: (sampler: Sampler, step: number) => Promise<Group[]>,
): Promise<WeightsRef> {
  const policy = await engine.openPolicy({ from: start, optimizer: 'fresh' });
  const reference = await engine.openSampler(start);
  for (let step = 0; step < steps; step++) {
    const snapshot = await policy.publish();
    const sampler = await engine.openSampler(snapshot);
    const groups = await rollOut(sampler, step);
    await sampler.close();
    await engine.remove(snapshot);

    // A group whose rewards are all equal has nothing to compare, and teaches nothing.
    const rollouts = groups.filter(({ rewards }) => new Set(rewards).size > 1).flatMap(rolloutsOf);
    if (rollouts.length > 0) {
      const examples = rollouts.map(({ example }) => example);
      const before = await reference.score(examples);
      const tokens = rollouts.reduce((sum, { length }) => sum + length, 0);

      // dL/dlogprob of every token: the advantage, and the pull back to the reference (k3 estimate).
      await policy.accumulate(examples, (index, logprobs) =>
        logprobs.map((logprob, t) => {
          if (!examples[index].mask[t]) return 0;
          const pull = 1 - Math.exp(before[index][t] - logprob);
          return (-rollouts[index].advantage + KL_WEIGHT * pull) / tokens;
        }),
      );
      await policy.step({ learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, clip: 1 });
    }
    const rewards = groups.flatMap((group) => group.rewards);
    console.log(`  ${name}, step ${step + 1} of ${steps}: reward ${mean(rewards).toFixed(3)}`);
  }
  const saved = await policy.save({ home: folder, name });
  await reference.close();
  await policy.close();
  return saved;
}

/** How much better every attempt did than its siblings, in standard deviations, with its tokens laid out for training. */
function rolloutsOf({
  prompt,
  completions,
  rewards,
}: Group): { example: Example; advantage: number; length: number }[] {
  const centre = mean(rewards);
  const spread = Math.sqrt(rewards.reduce((sum, reward) => sum + (reward - centre) ** 2, 0) / (rewards.length - 1));
  return completions.map((completion, at) => {
    const tokens = Int32Array.from([...prompt, ...completion.tokens]);
    const mask = new Uint8Array(tokens.length - 1).fill(1, prompt.length - 1);
    return {
      example: { input: tokens.slice(0, -1), target: tokens.slice(1), mask },
      advantage: (rewards[at] - centre) / (spread + 1e-6),
      length: completion.tokens.length,
    };
  });
}

// ---------------------------------------------------------------------------------------------------------
// Small things.

/** The Solver's votes on questions, in one batch; an empty question gets none. */
async function vote(solver: Sampler, questions: string[], votes: number, seed: number): Promise<Tally[]> {
  const asked = questions.flatMap((question, at) => (question === '' ? [] : [at]));
  const completions = await solver.sample(
    asked.map((at) => ({
      prompt: encode(domain.solverMessages(questions[at])),
      n: votes,
      seed: deriveSeed(seed, at),
      ...SAMPLING,
    })),
  );
  const tallies: Tally[] = questions.map(() => ({ label: null, agreement: 0 }));
  for (const [index, at] of asked.entries()) {
    tallies[at] = await grader.tally(completions[index].map((one) => domain.extractAnswer(textOf(one))));
  }
  return tallies;
}

type Tally = { label: string | null; agreement: number };

async function isAnswer(text: string, expected: string): Promise<boolean> {
  const answer = domain.extractAnswer(text);
  return answer !== null && (await grader.equal(answer, expected)).verdict === 'equal';
}

function encode(messages: Parameters<typeof tokenizer.renderChat>[0]): Tokens {
  return tokenizer.encode(tokenizer.renderChat(messages));
}

function textOf({ tokens, stop }: Completion): string {
  return tokenizer.decode(stop === 'stop' ? tokens.subarray(0, -1) : tokens);
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
