import { afterAll, describe, expect, it } from 'vitest';
import type { EvalItem, Reference } from '../task.ts';
import { bbehAnswer, bbehScorer, matchRule } from './bbeh.ts';
import { finalBoxes } from './boxes.ts';
import { findLetter, letterScorer } from './letters.ts';
import { evaluationGrader, mathScorer } from './math.ts';

function item(reference: Reference, choices: string[] | null = null): EvalItem {
  return { id: '1', question: 'q', choices, reference, category: null };
}

describe('letter grading', () => {
  const choices = ['red', 'green', 'blue', 'A or B'];
  const cases: [completion: string, letter: string | null][] = [
    ['so \\boxed{C}', 'C'],
    ['\\boxed{\\text{(B)}}', 'B'],
    ['\\boxed{\\mathbf{A}.}', 'A'],
    ['\\boxed{C. blue}', 'C'],
    ['\\boxed{Option B}', 'B'],
    ['\\boxed{green}', 'B'],
    ['\\boxed{A} no, \\boxed{B}', 'B'],
    ['The answer is (C).', 'C'],
    ['the answer is C because it is blue', 'C'],
    ['**Answer: B**', 'B'],
    ['The correct answer is: **D**', 'D'],
    ['The answer is \\text{A}', 'A'],
    ['Final Answer: C', 'C'],
    ['The answer is A, because it is red.', 'A'],
    ['I first thought the answer is A. But the answer is B.', 'B'],
    ['\\boxed{42} and the answer is (B)', 'B'],
    [' (D) ', 'D'],
    ['B.', 'B'],
    ['The answer is A large number of things', null],
    ['The answer is A or B', null],
    ['\\boxed{A, B}', null],
    ['\\boxed{A and C}', null],
    ['\\boxed{E}', null],
    ['\\boxed{e}', null],
    ['\\boxed{a}', null],
    ['The answer is 4', null],
    ['Both A and B are plausible, hard to say', null],
    ['', null],
    ['Bananas', null],
  ];
  it.each(cases)('grades %j as %s', (completion, letter) => {
    expect(findLetter(completion, choices)?.letter ?? null).toBe(letter);
  });

  it('never guesses: no letter is unparsable, another letter is wrong', async () => {
    const question = item({ answers: ['C'] }, choices);
    expect(await letterScorer.grade('no idea', question)).toEqual({
      extracted: null,
      verdict: 'unparsable',
      reason: 'no letter',
    });
    expect(await letterScorer.grade('\\boxed{B}', question)).toMatchObject({ verdict: 'wrong' });
    expect(await letterScorer.grade('\\boxed{C}', question)).toMatchObject({ verdict: 'right', reason: 'box' });
    const tally = await letterScorer.tally(['B', null, 'C', 'C']);
    expect(tally).toMatchObject({ label: 'C', agreement: 0.5, unanswered: 1 });
  });

  it('rejects a text that two choices share', () => {
    expect(findLetter('\\boxed{same}', ['same', 'same', 'other'])).toBeNull();
  });

  it('reads hostile completions to the end', () => {
    const texts = ['answer is '.repeat(50_000), '\\boxed{'.repeat(50_000), `answer${' '.repeat(200_000)}`];
    expect(texts.map((text) => findLetter(text, choices))).toEqual([null, null, null]);
  });
});

describe('BBEH grading', () => {
  const cases: [completion: string, target: string, right: boolean][] = [
    ['Long thought.\nThe answer is: (B)', '(B)', true],
    ['The answer is B.', '(B)', true],
    ['\\boxed{(b)}', 'B', true],
    ['The final answer is: 26.10', '26.1', true],
    ['The answer is: 418', '418.0', true],
    ['The answer is yes, no, yes.', 'yes, no, yes', true],
    ['The answer is: **Proved**', 'proved', true],
    ["The answer is: it's", 'its', true],
    ['The answer is: [1,2]', '1, 2', true],
    ['The answer is: why?', 'why', true],
    ['\\boxed{\\text{unknown}}', 'unknown', true],
    ['The answer is $\\boxed{7}$', '7', true],
    ['unknown', 'unknown', true],
    ['The answer is: no\nbut wait', 'no', true],
    ['The answer is: (C)', '(B)', false],
    ['The answer is: 5', '6', false],
    ['The answer is: yes no', 'yes, no', false],
    ['The answer is: a', '0xa', false],
  ];
  it.each(cases)('%j against %s: %s', async (completion, target, right) => {
    const { verdict } = await bbehScorer.grade(completion, item({ answers: [target] }));
    expect(verdict).toBe(right ? 'right' : 'wrong');
  });

  it('returns unparsable for a long text without an announced answer', async () => {
    expect(bbehAnswer('word '.repeat(200))).toBeNull();
    expect(await bbehScorer.grade(' \n', item({ answers: ['x'] }))).toMatchObject({ verdict: 'unparsable' });
  });

  it('returns the name of the rule', () => {
    expect([matchRule('(a)', 'a'), matchRule('1e1', '10'), matchRule('x', 'y')]).toEqual([
      'parentheses',
      'number',
      null,
    ]);
  });
});

describe('math grading', () => {
  const grader = evaluationGrader();
  afterAll(() => grader.close());
  const scorer = mathScorer(grader);
  const cases: [completion: string, reference: Reference, verdict: string][] = [
    ['so \\boxed{\\frac{1}{2}}', { answers: ['0.5'] }, 'right'],
    ['so \\boxed{1,200}', { answers: ['1200'] }, 'right'],
    ['so \\boxed{3}', { answers: ['4'] }, 'wrong'],
    ['2 and 2. The answer is 4.', { answers: ['4'] }, 'right'],
    ['2 + 2 = 4\n#### 4', { answers: ['4'] }, 'right'],
    ['<answer>5</answer>', { answers: ['4'] }, 'wrong'],
    ['The answer is 5, no: \\boxed{4}', { answers: ['4'] }, 'right'],
    ['I would say 4', { answers: ['4'] }, 'unparsable'],
    ['\\boxed{}', { answers: ['4'] }, 'unparsable'],
    ['\\boxed{4}', { answers: ['5', '4'] }, 'right'],
    ['\\boxed{2, 1}', { answers: ['$1$,$2$'], unordered: true }, 'right'],
    ['\\boxed{1 \\text{ and } 2}', { answers: ['1,2'], unordered: true }, 'right'],
    ['x is \\boxed{2} or \\boxed{1}.', { answers: ['1,2'], unordered: true }, 'right'],
    ['\\boxed{\\{2,1\\}}', { answers: ['1,2'], unordered: true }, 'right'],
    ['\\boxed{1, 2, 3}', { answers: ['1,2'], unordered: true }, 'wrong'],
    ['\\boxed{(2,1)}', { answers: ['(1,2)'] }, 'wrong'],
    ['\\boxed{45\\text{ minutes}}', { answers: ['45'], unit: 'minute' }, 'right'],
    ['\\boxed{45}', { answers: ['45'], unit: 'minute' }, 'right'],
    ['\\boxed{4.25}', { answers: ['4.2'], tolerance: 0.1, unit: '%' }, 'right'],
    ['\\boxed{4.2\\%}', { answers: ['4.2'], tolerance: 0.1, unit: '%' }, 'right'],
    ['\\boxed{4.4}', { answers: ['4.2'], tolerance: 0.1, unit: '%' }, 'wrong'],
    ['\\boxed{4.25}', { answers: ['4.2'] }, 'wrong'],
    ['\\boxed{3} or \\boxed{5}', { answers: ['5'] }, 'wrong'],
    ['\\boxed{3} and \\boxed{5}', { answers: ['5'] }, 'right'],
    ['Not \\boxed{1}, so \\boxed{2}', { answers: ['1,2'], unordered: true }, 'wrong'],
    ['<think>\\boxed{4}</think> The answer is 5.', { answers: ['4'] }, 'wrong'],
    ['<think>\\boxed{4}</think> It is five.', { answers: ['4'] }, 'unparsable'],
    ['\\boxed{4} so \\boxed{5', { answers: ['4'] }, 'unparsable'],
    ['\\boxed{4}. Wait, the answer is 5.', { answers: ['4'] }, 'wrong'],
  ];
  it.each(cases)('%j against %j: %s', async (completion, reference, verdict) => {
    expect((await scorer.grade(completion, item(reference))).verdict).toBe(verdict);
  });

  it('counts equal answers as one vote', async () => {
    expect(await scorer.tally(['1/2', '0.5', null, '3'])).toMatchObject({
      label: '1/2',
      agreement: 0.5,
      unanswered: 1,
    });
  });

  it.each([
    ['\\boxed{1} then \\boxed{a{b}} and \\fbox{} end', ['a{b}'], false],
    ['\\boxed{\\boxed{1}}, \\boxed{2} and $x_3=\\boxed{3}$.', ['1', '2', '3'], false],
    ['- $\\boxed{1}$\n- $\\boxed{2}$', ['1', '2'], false],
    ['\\boxed{1} or x is \\boxed{2}', ['1', '2'], true],
    ['\\boxed{1} is wrong, so \\boxed{2}', ['2'], false],
    ['<think>\\boxed{1},</think> \\boxed{2}', ['2'], false],
    ['\\boxed{1} or \\boxed{2', [], false],
    ['none', [], false],
  ])('finds the boxes of a final answer in %j', (completion, contents, alternatives) => {
    expect(finalBoxes(completion)).toEqual({ contents, alternatives });
  });
});
