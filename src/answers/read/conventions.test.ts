import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONVENTIONS, extractAnswer } from './conventions.ts';

describe('extractAnswer', () => {
  it.each([
    ['Adding up, \\boxed{12}.', '12', 'boxed'],
    ['\\fbox{7} is it', '7', 'boxed'],
    ['so $\\framebox{204}$ minutes', '204', 'boxed'],
    ['She pays 3 * 4 = 12\n#### 12', '12', 'hash'],
    ['#### 5\nwait\n#### 1,450,000', '1,450,000', 'hash'],
    ['<think>3?</think><answer> 4 </answer>', '4', 'answer-tag'],
    ['Final Answer: The final answer is $\\frac{1}{2}$. I hope it is correct.', '\\frac{1}{2}', 'final-answer'],
    ['**Final Answer:** 3.14', '3.14', 'final-answer'],
    ['Final answer:\n\n  42 apples', '42 apples', 'final-answer'],
    ['We add both.\n\n**Final Answer**\n46', '46', 'final-answer'],
    ['## Final Answer\n\n$\\frac{7}{8}$', '\\frac{7}{8}', 'final-answer'],
    ['因此，最终答案是 $46$。', '46', 'final-answer'],
    ['**最终答案**\n46', '46', 'final-answer'],
    ['所以答案是46。', '46', 'answer-is'],
    ['**答案：** 46', '46', 'answer-is'],
    ['Thus the answer is 3.5. Done.', '3.5', 'answer-is'],
    ['The answer is (B), since 3 > 2.', '(B)', 'answer-is'],
    ['Answer: x = 5\nCheck: 5', 'x = 5', 'answer-is'],
    ['The answer is **12**.', '12', 'answer-is'],
    ['The answer is $x=5$, which is odd.', 'x=5', 'answer-is'],
    ['the answer is 1. No, the answer is 2.', '2', 'answer-is'],
    ['The answer is 7, but \\boxed{8}', '8', 'boxed'],
    ['#### 9\n\\boxed{}', '9', 'hash'],
    ['\\boxed{7}. Wait, the answer is 8.', '8', 'answer-is'],
    ['\\boxed{7}\n\n**Final Answer:** $x=8$', 'x=8', 'final-answer'],
    ['\\boxed{7}\n#### 8', '8', 'hash'],
    ['\\boxed{7}. The answer is positive.', '7', 'boxed'],
    ['\\boxed{7}, although for odd n the answer is 8.', '7', 'boxed'],
    ['\\boxed{7}. The answer is 8 for odd n.', '7', 'boxed'],
    ['\\boxed{7}. The answer is \\boxed{8}.', '8', 'boxed'],
    ['<think>\\boxed{7}</think> The answer is 8.', '8', 'answer-is'],
    ['<think>The answer is 7.</think> #### 8', '8', 'hash'],
    ['#### 8 <think>The answer is 7.', '8', 'hash'],
  ])('%s', (text, answer, convention) => {
    expect(extractAnswer(text)).toEqual({ answer, convention });
  });

  it.each([
    ['the total comes to 12', null, 'none'],
    ['', null, 'none'],
    ['\\boxed{}', 'boxed', 'empty'],
    ['####', 'hash', 'empty'],
    [`<answer>${'9'.repeat(5000)}</answer>`, 'answer-tag', 'oversized'],
    ['<answer>4', null, 'none'],
    ['<think>\\boxed{7}</think> It is eight.', null, 'none'],
    ['\\boxed{7} or rather \\boxed{8', null, 'none'],
  ])('returns a reason if nothing is found: %.30s', (text, convention, reason) => {
    expect(extractAnswer(text)).toEqual({ answer: null, convention, reason });
  });

  it('reads the last number only on request', () => {
    const conventions = [...CONVENTIONS, 'last-number'] as const;
    expect(extractAnswer('12 eggs and 3,400.5 more', conventions)).toEqual({
      answer: '3,400.5',
      convention: 'last-number',
    });
    expect(extractAnswer('about 25%, then -3/4.', conventions)).toEqual({ answer: '-3/4', convention: 'last-number' });
    expect(extractAnswer('no digits', conventions)).toMatchObject({ answer: null, reason: 'none' });
  });

  it('never throws, and finds the content of a box at the end', () => {
    const piece = fc.constantFrom(
      '\\boxed{',
      '}',
      '####',
      'the answer is',
      'Final Answer:',
      '$',
      '1.5',
      '\n',
      '<answer>',
      ' ',
      '**',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string())), fc.integer(), (pieces, n) => {
        const text = pieces.join('');
        expect(extractAnswer(text, [...CONVENTIONS, 'last-number'])).toHaveProperty('answer');
        expect(extractAnswer(`${text.replaceAll('\\', '')} \\boxed{${n}}`)).toEqual({
          answer: String(n),
          convention: 'boxed',
        });
      }),
    );
  });
});
