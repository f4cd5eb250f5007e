import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../config/load.ts';
import { defaultSolverReward, hasThinkForm, solverReward, withVerdict } from './correctness.ts';

const THOUGHT = '<think> one and one </think> so \\boxed{2}';

describe('solverReward', () => {
  it('is 1 for the label and 0 for anything else', () => {
    expect(solverReward({ correct: true, text: '' }, { thinkWeight: 0 })).toEqual({ reward: 1, parts: { correct: 1 } });
    expect(solverReward({ correct: false, text: THOUGHT }, { thinkWeight: 0 })).toEqual({
      reward: 0,
      parts: { correct: 0 },
    });
  });

  it('adds the form with its weight', () => {
    const reward = (correct: boolean, text: string): number =>
      solverReward({ correct, text }, { thinkWeight: 0.1 }).reward;
    expect(reward(true, '\\boxed{2}')).toBeCloseTo(0.9, 12);
    expect(reward(true, THOUGHT)).toBeCloseTo(1, 12);
    expect(reward(false, THOUGHT)).toBeCloseTo(0.1, 12);
    expect(reward(false, '')).toBe(0);
    expect(solverReward({ correct: false, text: THOUGHT }, { thinkWeight: 0.1 }).parts).toEqual({
      correct: 0,
      think: 1,
    });
  });
});

describe('defaultSolverReward', () => {
  const thinkOf = (completion: string, opening?: string): number => {
    const item = { group: 0, question: '', label: '2', completion, answer: '2', correct: true, opening };
    const config = resolveConfig({ set: ['solver.thinkWeight=0.1'] });
    return defaultSolverReward({ items: [item], iteration: 1, step: 0, config })[0].parts.think;
  };

  it('counts thinking that the prompt of a chat template opens', () => {
    expect(thinkOf('one and one </think> so \\boxed{2}')).toBe(0);
    expect(thinkOf('one and one </think> so \\boxed{2}', '<think>\n')).toBe(1);
    expect(thinkOf('one and one, so \\boxed{2}', '<think>\n')).toBe(0);
    expect(thinkOf(THOUGHT, '')).toBe(1);
    expect(thinkOf(THOUGHT, '<think>\n')).toBe(1);
  });

  it('does not count thinking that the prompt already closed', () => {
    expect(thinkOf('so \\boxed{2}', '<think>\n\n</think>\n\n')).toBe(0);
    expect(thinkOf(THOUGHT, '<think>\n\n</think>\n\n')).toBe(1);
  });
});

describe('hasThinkForm', () => {
  it.each([
    [THOUGHT, true],
    [' < think > a < / think > \\boxed{2} and more', true],
    ['<think></think>\\boxed{}', true],
    ['so <think> a </think> \\boxed{2}', false],
    ['<think> a \\boxed{2} </think>', false],
    ['<think> a </think> 2', false],
    ['<think> a </think> \\boxed{2', false],
    ['<think> a \\boxed{2}', false],
    ['', false],
  ])('%s', (text, expected) => {
    expect(hasThinkForm(text)).toBe(expected);
  });

  it('accepts the same texts as the pattern of R-Zero’s code', () => {
    const parts = fc.constantFrom('<think>', '</think>', '\\boxed{', '}', ' ', '\n', 'a', '/', '<');
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 9 }), (pieces) => {
        const text = pieces.join('');
        const clean = text.replaceAll(/\s*(<|>|\/)\s*/g, '$1');
        expect(hasThinkForm(text)).toBe(/^<think>.*<\/think>.*\\boxed\{.*\}.*$/s.test(clean));
      }),
      { numRuns: 2000 },
    );
  });

  it('handles a megabyte of text', () => {
    for (const piece of [' ', '<think>', '</think>\\boxed{', '< ']) {
      expect(hasThinkForm(`<think>${piece.repeat(1_000_000 / piece.length)}`)).toBe(false);
    }
  });
});

describe('withVerdict', () => {
  it('gives the verdict its share, and keeps the offset', () => {
    const paid = withVerdict({ reward: 1, parts: { correct: 1 }, offset: -1 }, 0.5, { verifierWeight: 0.4 });
    expect(paid).toEqual({ reward: 0.6 + 0.4 * 0.5, parts: { correct: 1, verdict: 0.5 }, offset: -1 });
  });

  it('changes nothing without a verdict', () => {
    const reward = { reward: 1, parts: { correct: 1 } };
    expect(withVerdict(reward, undefined, { verifierWeight: 0.4 })).toEqual(reward);
  });
});
