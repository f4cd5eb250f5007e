/**
 * R-Zero in one file: a language model that improves itself without data. It uses the same engine as `rzero evolve`,
 * without store, resuming and command line; every setting is a constant. Read it from top to bottom.
 *
 *   node evolve.mjs [--tiny] [folder or name of a Hugging Face checkpoint]
 *
 * One base model plays two roles. The Challenger poses questions, and is rewarded if the Solver's answers are split.
 * The Solver is rewarded for agreeing with the majority of its earlier answers.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGrader } from 'rzero/answers';
import { arithmetic as domain } from 'rzero/domains';
import { createLocalEngine, deriveSeed, Random } from 'rzero/engine';
import { encodePrompt, loadTokenizer, obtainModel } from 'rzero/models';
import { clusterShares } from 'rzero/rewards';

/** @import { Completion, Sampler, Tokens, WeightsRef } from 'rzero/engine' */

const model = process.argv.slice(2).find((argument) => argument !== '--tiny') ?? 'models/arith-base';
/** Small sizes for a first look: seconds instead of minutes, but too short to learn. */
const TINY = process.argv.includes('--tiny');
const SEED = 1;
const ITERATIONS = TINY ? 1 : 3;
const CHALLENGER = { steps: TINY ? 1 : 5, groups: TINY ? 4 : 32, groupSize: 4, votes: 10, learningRate: 1e-4 };
const POOL = { questions: TINY ? 40 : 800, votes: 10, minAgreement: 0.3, maxAgreement: 0.8 };
const SOLVER = { steps: TINY ? 2 : 20, prompts: TINY ? 4 : 48, groupSize: 8, learningRate: 2e-4 };
const TEST = { questions: TINY ? 12 : 200, samples: 8 };
const SAMPLING = { maxTokens: 96, temperature: 1, topP: 1, topK: 0 };
/** Weight of the KL divergence from the weights at the start of a training phase. */
const KL_WEIGHT = 0.01;

/** Folder of the base model: an existing folder, the shipped model, or a download. */
const MODEL = await obtainModel(model);
const engine = await createLocalEngine({ threads: 0, slots: 256, microBatchTokens: 1024 });
const tokenizer = await loadTokenizer(MODEL);
const grader = createGrader();
const states = await mkdtemp(join(tmpdir(), 'rzero-whole-algorithm-'));

try {
  await evolve();
} finally {
  await grader.close();
  await engine.close();
  await rm(states, { recursive: true, force: true });
}

// ---------------------------------------------------------------------------------------------------------
// The loop.

async function evolve() {
  /** @type {WeightsRef} */
  let challenger = { kind: 'base', path: MODEL };
  /** @type {WeightsRef} */
  let solver = { kind: 'base', path: MODEL };
  console.log(`base: ${await evaluate(solver)}`);

  for (let iteration = 1; iteration <= ITERATIONS; iteration++) {
    challenger = await trainChallenger(iteration, challenger, solver);
    const curriculum = await proposeAndLabel(iteration, challenger, solver);
    solver = await trainSolver(iteration, solver, curriculum);
    console.log(`iteration ${iteration}: ${await evaluate(solver)}`);
  }
}

/**
 * 1. Trains the Challenger to pose questions that split the Solver's votes.
 * @type {(iteration: number, start: WeightsRef, solver: WeightsRef) => Promise<WeightsRef>}
 */
async function trainChallenger(iteration, start, solver) {
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
      // Highest if half of the votes agree; reduced by the share of similar questions in the batch.
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

/** @typedef {{ question: string, label: string }} Labelled */

/**
 * 2. The Challenger fills a pool. 3. The Solver votes on it. 4. Questions that are neither too easy nor too hard are kept.
 * @type {(iteration: number, challenger: WeightsRef, solver: WeightsRef) => Promise<Labelled[]>}
 */
async function proposeAndLabel(iteration, challenger, solver) {
  const poser = await engine.openSampler(challenger);
  const prompt = encode(domain.challengerMessages());
  const seeds = range(POOL.questions).map((at) => deriveSeed(SEED, iteration, 'propose', at));
  const completions = await poser.sample(seeds.map((seed) => ({ prompt, n: 1, seed, ...SAMPLING })));
  await poser.close();

  const valid = completions.flat().flatMap((completion) => {
    const { text, invalid } = domain.parseQuestion(textOf(completion));
    return invalid === null && !domain.heldOut.includes(text) ? [text] : [];
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
      `labels right ${percent(right / curriculum.length)} (never trained on)`,
  );
  if (curriculum.length === 0) throw new Error('No question passed: this base model cannot play.');
  return curriculum;
}

/**
 * 5. Trains the Solver to agree with the majority of its earlier answers.
 * @type {(iteration: number, start: WeightsRef, curriculum: Labelled[]) => Promise<WeightsRef>}
 */
function trainSolver(iteration, start, curriculum) {
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

    /** @type {Group[]} */
    const groups = [];
    for (const [at, { label }] of batch.entries()) {
      const rewards = [];
      for (const completion of completions[at]) {
        rewards.push((await isAnswer(textOf(completion), label)) ? 1 : 0);
      }
      groups.push({ prompt: prompts[at], completions: completions[at], rewards });
    }
    return groups;
  });
}

/**
 * 6. Measures how often the Solver is right on held-out questions.
 * @param {WeightsRef} solver
 */
async function evaluate(solver) {
  const sampler = await engine.openSampler(solver);
  const questions = domain.heldOut.questions(TEST.questions);
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
// GRPO: training on groups of attempts at the same prompt.

/** @typedef {{ prompt: Tokens, completions: Completion[], rewards: number[] }} Group */

/**
 * Trains for some steps from `start` with a fresh optimizer. `rollOut` samples with the current policy and computes
 * rewards.
 * @param {string} name
 * @param {WeightsRef} start
 * @param {{ steps: number, learningRate: number }} dials
 * @param {(sampler: Sampler, step: number) => Promise<Group[]>} rollOut
 */
async function train(name, start, { steps, learningRate }, rollOut) {
  const policy = await engine.openPolicy({ from: start, optimizer: 'fresh' });
  const reference = await engine.openSampler(start);
  for (let step = 0; step < steps; step++) {
    const snapshot = await policy.publish();
    const sampler = await engine.openSampler(snapshot);
    const groups = await rollOut(sampler, step);
    await sampler.close();
    await engine.remove(snapshot);

    // A group whose rewards are all equal has no gradient.
    const rollouts = groups.filter(({ rewards }) => new Set(rewards).size > 1).flatMap(rolloutsOf);
    if (rollouts.length > 0) {
      const examples = rollouts.map(({ example }) => example);
      const before = await reference.score(examples);
      const tokens = rollouts.reduce((sum, { length }) => sum + length, 0);

      // dL/dlogprob of every token: the advantage, and the KL penalty towards the reference (k3 estimate).
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
  const saved = await policy.save({ home: states, name });
  await reference.close();
  await policy.close();
  return saved;
}

/**
 * Computes the advantage of every attempt, in standard deviations of its group, and prepares its tokens for training.
 * @param {Group} group
 */
function rolloutsOf({ prompt, completions, rewards }) {
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
// Helpers.

/** @typedef {{ label: string | null, agreement: number }} Tally */

/**
 * Collects the Solver's votes on questions, in one batch; an empty question gets none.
 * @type {(solver: Sampler, questions: string[], votes: number, seed: number) => Promise<Tally[]>}
 */
async function vote(solver, questions, votes, seed) {
  const asked = questions.flatMap((question, at) => (question === '' ? [] : [at]));
  const completions = await solver.sample(
    asked.map((at) => ({
      prompt: encode(domain.solverMessages(questions[at])),
      n: votes,
      seed: deriveSeed(seed, at),
      ...SAMPLING,
    })),
  );
  /** @type {Tally[]} */
  const tallies = questions.map(() => ({ label: null, agreement: 0 }));
  for (const [index, at] of asked.entries()) {
    tallies[at] = await grader.tally(completions[index].map((one) => domain.extractAnswer(textOf(one))));
  }
  return tallies;
}

/** @type {(text: string, expected: string) => Promise<boolean>} */
async function isAnswer(text, expected) {
  const answer = domain.extractAnswer(text);
  return answer !== null && (await grader.equal(answer, expected)).verdict === 'equal';
}

/** @param {Parameters<typeof encodePrompt>[1]} messages */
function encode(messages) {
  return encodePrompt({ tokenizer }, messages);
}

/** @param {Completion} completion */
function textOf({ tokens, stop }) {
  return tokenizer.decode(stop === 'stop' ? tokens.subarray(0, -1) : tokens);
}

/** @param {number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** @param {number} count */
function range(count) {
  return Array.from({ length: count }, (_, at) => at);
}

/** @param {number} share */
function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
