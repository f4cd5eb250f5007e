import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../config/load.ts';
import { math } from '../../domains/math/domain.ts';
import type { Tokenizer } from '../../models/tokenizer/tokenizer.ts';
import type { InvalidReason, Question } from '../../types.ts';
import { readQuestion } from './questions.ts';

const END = 0;
/** Characters are tokens; the end token is 0. */
const tokenizer: Tokenizer = {
  encode: (text: string) => Int32Array.from(text, (char) => char.codePointAt(0) ?? END),
  decode: (tokens) => String.fromCodePoint(...Array.from(tokens)),
  eosIds: [END],
  padId: END,
  size: 256,
  renderChat: (messages) => messages.map(({ content }) => content).join(''),
};

async function read(
  text: string,
  { origin = 'training', answerRequired = true, stop = 'stop', maxContext = 10_000, votes = 96, solver = 96 } = {},
): Promise<{ invalid: InvalidReason | null; claimed: string | null }> {
  const config = resolveConfig({
    flags: {
      domain: 'math',
      challenger: { answerRequired },
      votes: { maxTokens: votes },
      solver: { maxTokens: solver },
    },
  });
  const ctx = { config, domain: math, tokenizer, maxContext };
  const tokens = tokenizer.encode(stop === 'stop' ? `${text}\0` : text);
  const { invalid, claimed } = await readQuestion(
    ctx,
    { tokens, logprobs: new Float32Array(tokens.length), stop: stop as 'stop' | 'length', policyVersion: 0 },
    { iteration: 1, origin: origin as Question['origin'], step: 0, index: 0 },
  );
  return { invalid, claimed };
}

const QUESTION = '<question>How many primes are even?</question>';

describe('readQuestion', () => {
  it('requires a question followed by a box', async () => {
    expect(await read(`${QUESTION} \\boxed{1}`)).toEqual({ invalid: null, claimed: '1' });
    expect((await read('\\boxed{1}')).invalid).toBe('no-question');
    expect((await read(QUESTION)).invalid).toBe('no-answer');
    expect((await read(QUESTION, { stop: 'length' })).invalid).toBe('truncated');
    expect((await read(`${QUESTION} \\boxed{}`)).invalid).toBe('no-answer');
  });

  it('challenger.answerRequired=false: accepts a training question without a box, but not with an empty one', async () => {
    expect(await read(QUESTION, { answerRequired: false })).toEqual({ invalid: null, claimed: null });
    expect((await read(QUESTION, { answerRequired: false, stop: 'length' })).invalid).toBeNull();
    expect((await read(`${QUESTION} \\boxed{}`, { answerRequired: false })).invalid).toBe('no-answer');
    expect((await read('\\boxed{1}', { answerRequired: false })).invalid).toBe('no-question');
    expect((await read(QUESTION, { answerRequired: false, origin: 'pool' })).invalid).toBe('no-answer');
  });

  it('rejects a question that leaves no room for an answer', async () => {
    expect((await read(`${QUESTION} \\boxed{1}`, { maxContext: 150 })).invalid).toBe('ill-formed');
    expect((await read(QUESTION, { answerRequired: false, maxContext: 150 })).invalid).toBe('ill-formed');
  });

  it('reserves exactly the longer of a vote and an attempt', async () => {
    const prompt = math
      .solverMessages('How many primes are even?')
      .map(({ content }) => content)
      .join('');
    const answered = `${QUESTION} \\boxed{1}`;
    for (const [votes, solver] of [
      [40, 60],
      [60, 40],
    ]) {
      expect((await read(answered, { votes, solver, maxContext: prompt.length + 60 })).invalid).toBeNull();
      expect((await read(answered, { votes, solver, maxContext: prompt.length + 59 })).invalid).toBe('ill-formed');
    }
  });
});
