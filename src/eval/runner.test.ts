import { afterAll, expect, it } from 'vitest';
import { createGrader } from '../answers/grader.ts';
import type { Domain } from '../domains/domain.ts';
import { arithmetic } from '../domains/arithmetic/domain.ts';
import type { Completion, SampleRequest, Sampler } from '../engine/engine.ts';
import type { Tokenizer } from '../models/tokenizer/tokenizer.ts';
import { deriveSeed, Random } from '../random.ts';
import { type EvalDials, scoreQuestions, summarizeScores } from './runner.ts';

const grader = createGrader();
afterAll(() => grader.close());

const END = 0;
/** Characters are tokens; the end token is 0. */
const tokenizer: Tokenizer = {
  encode: (text) => Int32Array.from(text, (char) => char.codePointAt(0) ?? END),
  decode: (tokens) => String.fromCodePoint(...Array.from(tokens)),
  eosIds: [END],
  padId: END,
  size: 256,
  renderChat: (messages, { continueWith = '' } = {}) =>
    `${messages.map((message) => message.content).join('')}\n${continueWith}`,
};

const dials: EvalDials = { samples: 4, forced: true, maxTokens: 20, temperature: 1, topP: 1, topK: 0 };
const questions = [
  { id: 'one', text: 'Compute 1 + 1.', answer: '2' },
  { id: 'two', text: 'Compute 2 + 2.', answer: '4' },
];

/** A sampler that answers from a script and records its requests. */
function scripted(
  answer: (prompt: string, index: number, greedy: boolean) => string,
): Sampler & { requests: SampleRequest[] } {
  const requests: SampleRequest[] = [];
  const completion = (text: string): Completion => {
    const cut = text.endsWith('…');
    const tokens = tokenizer.encode(cut ? text.slice(0, -1) : `${text}\0`);
    return { tokens, logprobs: new Float32Array(tokens.length), stop: cut ? 'length' : 'stop', policyVersion: 0 };
  };
  return {
    requests,
    ref: { kind: 'base', path: '' },
    version: 0,
    async sample(asked) {
      requests.push(...asked);
      return asked.map((one) =>
        Array.from({ length: one.n }, (_, index) =>
          completion(answer(tokenizer.decode(one.prompt), index, one.temperature === 0)),
        ),
      );
    },
    score: async () => [],
    close: async () => {},
  };
}

const tools = (sampler: Sampler, domain: Domain = arithmetic): Parameters<typeof scoreQuestions>[0] => ({
  sampler,
  tokenizer,
  domain,
  grader,
});

it('scores sampled, majority, greedy and forced attempts separately', async () => {
  const sampler = scripted((prompt, index, greedy) => {
    if (prompt.endsWith('Steps:\n')) return '1+1=2\n\\boxed{2}';
    if (greedy) return '\\boxed{4}';
    return ['\\boxed{2}', '\\boxed{2}', 'Steps:\n1+1=3\n\\boxed{3}', 'no box…'][index];
  });
  const [one, two] = await scoreQuestions(tools(sampler), questions, dials, { seed: 1 });
  expect(one).toMatchObject({
    id: 'one',
    sampled: [1, 1, 0, 0],
    votes: ['2', '2', '3', null],
    majority: 1,
    greedy: 0,
    forced: [1, 1, 1, 1],
    worked: 1,
    truncated: 1,
  });
  expect(two).toMatchObject({ id: 'two', sampled: [0, 0, 0, 0], majority: 0, greedy: 1, forced: [0, 0, 0, 0] });

  const result = summarizeScores({ iteration: 2, task: 'arithmetic', samples: 4 }, [one, two]);
  expect(result).toMatchObject({
    iteration: 2,
    task: 'arithmetic',
    questions: 2,
    samples: 4,
    worked: 0.25,
    truncated: 2,
    perQuestion: [0.5, 0],
    perQuestionForced: [1, 0],
  });
  expect([result.mean, result.majority, result.greedy, result.forced].map((estimate) => estimate?.value)).toEqual([
    0.25, 0.5, 0.5, 0.5,
  ]);
});

it('reads the forced prefix as part of the reply', async () => {
  const domain: Domain = { ...arithmetic, work: { ...arithmetic.work, prefix: 'so \\boxed{' } };
  const sampler = scripted(() => '2}');
  const [one] = await scoreQuestions(tools(sampler, domain), questions.slice(0, 1), dials, { seed: 1 });
  expect(one.forced).toEqual([1, 1, 1, 1]);
  expect(one.sampled).toEqual([0, 0, 0, 0]);
});

it('omits the forced attempts if they are disabled or not possible', async () => {
  const sampler = scripted(() => '\\boxed{2}');
  const [unwanted] = await scoreQuestions(tools(sampler), questions, { ...dials, forced: false }, { seed: 1 });
  expect(unwanted.forced).toBeNull();
  const [impossible] = await scoreQuestions(tools(sampler, { ...arithmetic, work: undefined }), questions, dials, {
    seed: 1,
  });
  expect(impossible).toMatchObject({ forced: null, worked: null });
  expect(summarizeScores({ iteration: 0, task: 't', samples: 4 }, [impossible])).toMatchObject({
    forced: null,
    worked: null,
    perQuestionForced: null,
  });
});

it('draws only from the seed and the question, so that chunks do not matter', async () => {
  const whole = scripted(() => '');
  await scoreQuestions(tools(whole), questions, dials, { seed: 9 });
  const parts = scripted(() => '');
  for (const question of questions) await scoreQuestions(tools(parts), [question], dials, { seed: 9 });
  expect(parts.requests).toEqual(whole.requests);
  for (const seed of [9, 10]) {
    const asked = scripted(() => '');
    await scoreQuestions(tools(asked), questions, dials, { seed });
    expect(asked.requests.map((request) => request.seed)).toEqual(
      questions.flatMap(({ id }) => [deriveSeed(seed, 'sampled', id), 0, deriveSeed(seed, 'forced', id)]),
    );
  }
});

it('returns nothing without questions', () => {
  expect(summarizeScores({ iteration: 0, task: 't', samples: 4 }, [])).toMatchObject({
    questions: 0,
    mean: { value: 0 },
    perQuestion: [],
  });
});

it('counts a missing answer as wrong, or as a random letter if that is enabled for letter answers', async () => {
  const choices = Array.from({ length: 40 }, (_, i) => ({ id: `choice-${i}`, text: 'Which?', answer: 'C' }));
  const sampler = scripted((_, index) => (index === 0 ? '\\boxed{C}' : 'no box'));
  const right = async (over: Partial<EvalDials>, asked = choices, seed = 1): Promise<number[]> => {
    const scores = await scoreQuestions(tools(sampler), asked, { ...dials, forced: false, ...over }, { seed });
    return scores.map((score) => score.sampled.reduce((sum, value) => sum + value, 0));
  };
  const total = (values: number[]): number => values.reduce((sum, value) => sum + value, 0);
  expect(await right({})).toEqual(choices.map(() => 1));
  const guessed = await right({ guessLetters: true });
  // About a tenth of the 120 attempts without a box.
  expect(total(guessed) - 40).toBeGreaterThan(2);
  expect(total(guessed) - 40).toBeLessThan(30);
  for (const seed of [1, 2]) {
    const letterOf = (id: string, at: number): string =>
      new Random(deriveSeed(seed, 'guess', id, `sampled ${at}`)).pick([...'ABCDEFGHIJ']);
    const guesses = choices.map(({ id }) => 1 + [1, 2, 3].filter((at) => letterOf(id, at) === 'C').length);
    expect(await right({ guessLetters: true }, choices, seed)).toEqual(guesses);
  }
  const numbers = choices.map((choice) => ({ ...choice, answer: '2' }));
  expect(await right({ guessLetters: true }, numbers)).toEqual(choices.map(() => 0));
  const [score] = await scoreQuestions(tools(sampler), choices, { ...dials, guessLetters: true }, { seed: 1 });
  expect(score.votes).toEqual(['C', null, null, null]);
});
