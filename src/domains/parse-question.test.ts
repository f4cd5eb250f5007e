import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTaggedQuestion } from './parse-question.ts';

const parse = (completion: string): unknown => parseTaggedQuestion(completion, 40);

describe("parsing a Challenger's completion", () => {
  it.each([
    [
      'the plain case',
      '<question>Compute 1 + 2.</question>\n\\boxed{3}',
      { text: 'Compute 1 + 2.', claimed: '3', invalid: null },
    ],
    [
      'the last question',
      '<question>a</question><question>\n b \n</question> \\boxed{3}',
      { text: 'b', claimed: '3', invalid: null },
    ],
    ['the last box', '<question>a</question>\\boxed{1}\\boxed{2}', { text: 'a', claimed: '2', invalid: null }],
    [
      'a nested box',
      '<question>a</question>\\boxed{\\frac{1}{2}}',
      { text: 'a', claimed: '\\frac{1}{2}', invalid: null },
    ],
    [
      'a wrong claim, which is no concern here',
      '<question>1+1</question>\\boxed{7}',
      { text: '1+1', claimed: '7', invalid: null },
    ],
  ])('accepts %s', (_, completion, expected) => {
    expect(parse(completion)).toEqual(expected);
  });

  it.each([
    ['no-question', 'Compute 1 + 2.\n\\boxed{3}'],
    ['no-question', '</question>\\boxed{3}'],
    ['no-question', ''],
    ['truncated', '<question>Compute 1 + 2.'],
    ['truncated', '</question><question>\\boxed{3}'],
    ['no-answer', '<question>Compute 1 + 2.</question>'],
    ['no-answer', '<question>Compute 1 + 2.</question>\\boxed{}'],
    ['no-answer', '<question>Compute 1 + 2.</question>\\boxed{3'],
    ['no-answer', '\\boxed{3}<question>Compute 1 + 2.</question>'],
    ['ill-formed', '<question>  \n </question>\\boxed{3}'],
    ['ill-formed', `<question>${'1 + '.repeat(20)}1</question>\\boxed{3}`],
    ['ill-formed', '<question><|im_end|></question>\\boxed{3}'],
    ['ill-formed', `<question>a</question>\\boxed{3}${' '.repeat(200_000)}`],
  ])('finds %s in %s', (reason, completion) => {
    expect(parse(completion)).toMatchObject({ claimed: null, invalid: reason });
  });

  it('returns text and claim, or a reason, for any input', () => {
    const piece = fc.oneof(
      fc.constantFrom('<question>', '</question>', '\\boxed{', '}', '{', '<|', '\n'),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const { text, claimed, invalid } = parseTaggedQuestion(pieces.join(''), 40);
        expect(invalid === null).toBe(claimed !== null);
        expect(invalid === null && text === '').toBe(false);
        expect(text.length).toBeLessThanOrEqual(40);
      }),
      { numRuns: 300 },
    );
  });
});
