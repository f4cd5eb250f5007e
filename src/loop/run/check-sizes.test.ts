import { describe, expect, it } from 'vitest';
import { flagsOf } from '../../config/dials/check-dials.ts';
import { resolveConfig } from '../../config/load.ts';
import type { Domain } from '../../domains/domain.ts';
import { loadDomain } from '../../domains/open-domain.ts';
import { ConfigError } from '../../errors.ts';
import { loadTokenizer } from '../../models/tokenizer/tokenizer.ts';
import type { ChatMessage } from '../../types.ts';
import {
  checkSizes,
  exampleLengths,
  excesses,
  longestPrompt,
  type ModelSizes,
  sharedBeginning,
} from './check-sizes.ts';

const tokenizer = await loadTokenizer('models/arith-base');
const MODEL: ModelSizes = { tokenizer, domain: loadDomain('arithmetic'), maxContext: 512, vocabulary: 184 };

function refusal(set: readonly string[], model = MODEL): ConfigError {
  try {
    checkSizes(resolveConfig({ set }), model);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error(`accepted: ${set.join(' ')}`);
}

/** The settings that an error names, in the form of `--set`. */
function fixOf({ advice }: ConfigError): string[] {
  return Array.from(advice.matchAll(/--set ([^\s,]+)/g), (match) => match[1]);
}

describe('checkSizes', () => {
  it.each(['tiny', 'small'])('accepts the shipped base at the scale %s', (scale) => {
    expect(() => checkSizes(resolveConfig({ set: [`scale=${scale}`] }), MODEL)).not.toThrow();
  });

  it('leaves room for the prompt of the Verifier around an attempt, and for its verdict or check', () => {
    expect(() => checkSizes(resolveConfig({ set: ['votes.maxTokens=400'] }), MODEL)).not.toThrow();
    const token = ['verifier.kind=token', 'votes.maxTokens=460'];
    const error = refusal(token);
    expect(error.message).toContain("the Verifier's prompt around it");
    expect(() => checkSizes(resolveConfig({ set: [...token, ...fixOf(error)] }), MODEL)).not.toThrow();
    const generative = ['verifier.kind=generative', 'verifier.maxTokens=200', 'votes.maxTokens=300'];
    expect(() =>
      checkSizes(resolveConfig({ set: [...generative, ...fixOf(refusal(generative))] }), MODEL),
    ).not.toThrow();
  });

  it.each([
    [
      ['challenger.maxTokens=501'],
      ['challenger.maxTokens = 501', "Challenger's prompt of 12 tokens"],
      ['challenger.maxTokens=500'],
    ],
    [['pool.maxTokens=512'], ['pool.maxTokens = 512'], ['pool.maxTokens=500']],
    [['solver.maxTokens=512'], ['solver.maxTokens = 512', 'context of 512'], ['solver.maxTokens=408']],
    [['votes.maxTokens=480'], ['votes.maxTokens = 480'], ['votes.maxTokens=408']],
    [
      ['evaluation.maxTokens=460'],
      ['evaluation.maxTokens = 460', 'a held-out question of 65 tokens'],
      ['evaluation.maxTokens=447'],
    ],
    [
      ['scale=paper'],
      ['challenger.maxTokens = 4096', 'solver.maxTokens = 4096', 'evaluation.maxTokens = 4096'],
      [
        'challenger.maxTokens=500',
        'pool.maxTokens=500',
        'votes.maxTokens=252',
        'solver.maxTokens=252',
        'evaluation.maxTokens=447',
      ],
    ],
  ])('refuses %j with settings that fit', (set, named, fix) => {
    const error = refusal(set);
    for (const text of named) expect(error.message).toContain(text);
    expect(fixOf(error)).toEqual(fix);
    expect(() => checkSizes(resolveConfig({ set: [...set, ...fix] }), MODEL)).not.toThrow();
  });

  it('does not ask for what the run does not do', () => {
    const accepted = (...set: string[]): void => checkSizes(resolveConfig({ set }), MODEL);
    expect(() => accepted('challenger.train=false', 'challenger.maxTokens=512')).not.toThrow();
    expect(() => accepted('evaluation.questions=0', 'evaluation.maxTokens=512')).not.toThrow();
    expect(() => accepted('finetune.data=10', 'pool.maxTokens=512', 'votes.maxTokens=512')).not.toThrow();
  });

  it('proposes limits that fit for every context that is long enough', () => {
    for (const maxContext of [80, 100, 150, 300, 600]) {
      const model = { ...MODEL, maxContext };
      const set = ['scale=paper'];
      const fix = fixOf(refusal(set, model));
      expect(fix.length).toBeGreaterThan(0);
      expect(excesses(resolveConfig({ set: [...set, ...fix] }), model)).toEqual([]);
    }
  });

  it('asks for another model if no limit fits', () => {
    expect(refusal([], { ...MODEL, maxContext: 12 }).advice).toMatch(
      /^No limit fits: use a model with a longer context/,
    );
  });

  it('measures a typical problem in a domain without questions of its own', () => {
    const math = { ...MODEL, domain: loadDomain('math') };
    const config = resolveConfig({ set: ['domain=math', 'evaluation.questions=0'] });
    expect(longestPrompt(config, math)).toBeGreaterThan(tokenizer.encode('Reason step by step').length);
    expect(() => checkSizes(config, { ...math, maxContext: 100_000 })).not.toThrow();
  });

  it('counts the tokens before the first one that depends on the question', () => {
    const { domain } = MODEL;
    const example = 'What is 1 + 2? 3.\n';
    const withExample = { ...domain, solverMessages: (asked: string) => domain.solverMessages(example + asked) };
    const bare = sharedBeginning(MODEL);
    expect(sharedBeginning({ tokenizer, domain: withExample })).toBe(bare + tokenizer.encode(example).length);
    const math = loadDomain('math');
    const before = tokenizer.renderChat(math.solverMessages('?')).split('?')[0];
    expect(sharedBeginning({ tokenizer, domain: math })).toBe(tokenizer.encode(before).length);
  });

  it('refuses prompts with tokens that the model does not know', () => {
    const error = refusal([], { ...MODEL, vocabulary: 20 });
    expect(error.message).toMatch(/writes the token \d+, but the model's vocabulary has 20 tokens/);
  });
});

it('flags are written as for the command line', () => {
  expect(flagsOf({ 'a.b': 1, c: 'x' })).toBe('--set a.b=1 --set c=x');
});

describe('exampleLengths', () => {
  const shown = (content: string): ChatMessage[] => [
    { role: 'user', content: 'Compute 1 + 1.' },
    { role: 'assistant', content },
  ];

  it('is the mean length of the examples in the prompts, each with the end of its turn', () => {
    const { domain } = MODEL;
    const withExamples: Domain = {
      ...domain,
      challengerMessages: (seed) => [...shown(seed % 2 === 0 ? '12' : '1234'), ...domain.challengerMessages(seed)],
      solverMessages: (text) => [...shown('\\boxed{2}'), ...domain.solverMessages(text)],
    };
    const answer = tokenizer.encode('\\boxed{2}').length + 1;
    expect(exampleLengths({ tokenizer, domain: withExamples })).toEqual({ question: 4, answer });
  });

  it('is unknown without examples', () => {
    expect(exampleLengths(MODEL)).toEqual({ question: null, answer: null });
  });
});
