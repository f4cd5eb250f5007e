/**
 * Scores a sampler on held-out questions: sampled attempts (mean@k, majority@k), one greedy attempt, and sampled
 * attempts with forced worked steps. Independent of stages, stores and reports. Scores are per question, so that
 * callers can store them in chunks and compare runs by question; `statistics.ts` computes estimates with intervals.
 */

import type { Grader } from '../answers/grader.ts';
import type { Domain, Executor, HeldOutQuestion } from '../domains/domain.ts';
import { readVote, readVotes } from '../domains/vote.ts';
import { completionText } from '../engine/stop-strings.ts';
import type { Completion, Ctl, Sampler, SampleRequest, SamplingOptions } from '../engine/engine.ts';
import { createFlow, type Flow } from '../engine/flow/flow.ts';
import { samplingOptions } from '../engine/sampling-options.ts';
import { encodePrompt } from '../models/tokenizer/encode-prompt.ts';
import type { Tokenizer } from '../models/tokenizer/tokenizer.ts';
import { deriveSeed, Random } from '../random.ts';
import type { EvalResult } from '../types.ts';
import { mean, meanEstimate, sum, wilson } from './statistics.ts';

export interface EvalTools {
  sampler: Sampler;
  /** How completions are sampled and graded; default: all sampled in one call, then graded in order. */
  flow?: Flow;
  tokenizer: Tokenizer;
  domain: Domain;
  /** Runs the programs of the domain; absent for a domain that runs none. */
  executor?: Executor;
  /** A grader in evaluation mode. */
  grader: Grader;
}

export interface EvalDials extends SamplingOptions {
  /** Number of sampled attempts per question. */
  samples: number;
  /** Also sample with forced worked steps, if the domain has a prefix for them. */
  forced: boolean;
  /**
   * Count an attempt without an answer as a random letter if the right answer is a letter (FIDELITY.md, 10). Default:
   * wrong.
   */
  guessLetters?: boolean;
}

/** Results of the attempts at one question; scores are 1 (right) or 0. Serialisable as JSON. */
export interface QuestionScore {
  id: string;
  sampled: number[];
  /** Final answers of the sampled attempts. */
  votes: (string | null)[];
  majority: number;
  greedy: number;
  forced: number[] | null;
  /** Number of sampled attempts with worked steps; null if the domain cannot recognise them. */
  worked: number | null;
  /** Number of new tokens of all sampled attempts. */
  tokens: number;
  /** Number of sampled attempts cut off at the token limit. */
  truncated: number;
  /** Number of sampled attempts that go on after the chat template's end of a turn; absent if none does. */
  pastEnd?: number;
}

/**
 * Scores `questions`, in order; each as soon as its attempts arrive, if `tools.flow` allows it. Attempts at a question
 * depend only on (`seed`, its id). Throws when `ctl.signal` is aborted.
 */
export async function scoreQuestions(
  tools: EvalTools,
  questions: readonly HeldOutQuestion[],
  dials: EvalDials,
  { seed, ctl }: { seed: number; ctl?: Ctl },
): Promise<QuestionScore[]> {
  const { domain, sampler, flow = createFlow({ slots: Infinity }) } = tools;
  const prefix = dials.forced ? (domain.work?.prefix ?? null) : null;
  const sampling = { ...samplingOptions(dials), ...tools.tokenizer.ends };
  const requestsOf = (question: HeldOutQuestion): SampleRequest[] => {
    const messages = domain.solverMessages(question.text);
    const prompt = encodePrompt(tools, messages);
    const requests: SampleRequest[] = [
      { prompt, n: dials.samples, seed: deriveSeed(seed, 'sampled', question.id), ...sampling },
      { prompt, n: 1, seed: 0, ...sampling, temperature: 0 },
    ];
    if (prefix !== null) {
      requests.push({
        prompt: encodePrompt(tools, messages, prefix),
        n: dials.samples,
        seed: deriveSeed(seed, 'forced', question.id),
        ...sampling,
      });
    }
    return requests;
  };
  return flow.groups(sampler, questions.map(requestsOf), ctl, ([sampled, greedy, forced], at) =>
    scoreOne(tools, questions[at], dials.guessLetters === true ? seed : null, {
      sampled,
      greedy: greedy[0],
      forced: prefix === null ? null : { prefix, completions: forced },
    }),
  );
}

/** Summarises the scores of all questions. Without questions, all values are 0. */
export function summarizeScores(
  about: { iteration: number; task: string; samples: number },
  scores: readonly QuestionScore[],
): EvalResult {
  if (scores.length === 0) return { ...about, ...NOTHING };
  const attempts = scores.length * about.samples;
  const perQuestion = scores.map((score) => mean(score.sampled));
  const forced = scores.flatMap((score) => (score.forced === null ? [] : [mean(score.forced)]));
  const worked = scores.flatMap((score) => (score.worked === null ? [] : [score.worked]));
  return {
    ...about,
    questions: scores.length,
    mean: meanEstimate(perQuestion),
    majority: wilson(sum(scores.map((score) => score.majority)), scores.length),
    greedy: wilson(sum(scores.map((score) => score.greedy)), scores.length),
    forced: forced.length === 0 ? null : meanEstimate(forced),
    worked: worked.length === 0 ? null : sum(worked) / (worked.length * about.samples),
    meanTokens: sum(scores.map((score) => score.tokens)) / attempts,
    truncated: sum(scores.map((score) => score.truncated)),
    perQuestion,
    perQuestionForced: forced.length === 0 ? null : forced,
  };
}

const ZERO = { value: 0, low: 0, high: 0 };
const NOTHING = {
  questions: 0,
  mean: ZERO,
  majority: ZERO,
  greedy: ZERO,
  forced: null,
  worked: null,
  meanTokens: 0,
  truncated: 0,
  perQuestion: [],
  perQuestionForced: null,
};

interface Attempted {
  sampled: Completion[];
  greedy: Completion;
  forced: { prefix: string; completions: Completion[] } | null;
}

const LETTERS = [...'ABCDEFGHIJ'];

/** Draws the letter that replaces a missing answer to `question`; null if its answer is not a letter. */
function guessedLetter(question: HeldOutQuestion, seed: number, attempt: string): string | null {
  if (!LETTERS.includes(question.answer)) return null;
  return new Random(deriveSeed(seed, 'guess', question.id, attempt)).pick(LETTERS);
}

/** Scores one question. `guessSeed` draws a letter for every attempt without an answer; null counts it as wrong. */
async function scoreOne(
  tools: EvalTools,
  question: HeldOutQuestion,
  guessSeed: number | null,
  attempted: Attempted,
): Promise<QuestionScore> {
  const { domain, grader, tokenizer } = tools;
  const { work } = domain;
  const comparers = [question.answer, ...(question.also ?? [])].map((answer) => grader.comparerTo(answer));
  const score = async (vote: string | null): Promise<number> => {
    for (const isRight of comparers) if (await isRight(vote)) return 1;
    return 0;
  };
  const textOf = (completion: Completion): string => completionText(completion, tokenizer.decode);
  const scoreAttempt = (vote: string | null, kind: string, index: number): Promise<number> =>
    score(vote ?? (guessSeed === null ? null : guessedLetter(question, guessSeed, `${kind} ${index}`)));
  const scoreText = async (text: string, kind: string, index: number): Promise<number> =>
    scoreAttempt(await readVote(tools, question.text, text), kind, index);

  const texts = attempted.sampled.map(textOf);
  const votes = await readVotes(tools, question.text, texts);
  const end = tokenizer.turn?.end ?? null;
  const pastEnd = end === null ? 0 : texts.filter((text) => text.includes(end)).length;
  const sampled = await inOrder(votes, (vote, index) => scoreAttempt(vote, 'sampled', index));
  return {
    id: question.id,
    sampled,
    votes,
    majority: await score((await grader.tally(votes)).label),
    greedy: await scoreText(textOf(attempted.greedy), 'greedy', 0),
    forced:
      attempted.forced &&
      (await inOrder(
        attempted.forced.completions.map((one) => `${attempted.forced?.prefix}${textOf(one)}`),
        (text, index) => scoreText(text, 'forced', index),
      )),
    worked: work === undefined ? null : texts.filter((text) => work.isShown(text)).length,
    tokens: sum(attempted.sampled.map((completion) => completion.tokens.length)),
    truncated: attempted.sampled.filter((completion) => completion.stop === 'length').length,
    ...(pastEnd === 0 ? {} : { pastEnd }),
  };
}

async function inOrder<T, U>(items: readonly T[], each: (item: T, index: number) => Promise<U>): Promise<U[]> {
  const out: U[] = [];
  for (const [index, item] of items.entries()) out.push(await each(item, index));
  return out;
}
