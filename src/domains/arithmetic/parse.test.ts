import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { arithmetic } from './domain.ts';
import { operationsOf, valueOf, type Sum } from './expression.ts';
import { MAX_OPERATIONS, MAX_QUESTION_CHARACTERS, parseArithmetic } from './parse.ts';
import { plainText, storyText } from './wording.ts';

/** Independent of the parser: operator precedence with two stacks (shunting yard), on the text alone. */
function shuntingYard(text: string): bigint {
  const precedence: Record<string, number> = { '+': 1, '-': 1, '*': 2 };
  const values: bigint[] = [];
  const operators: string[] = [];
  const reduce = (): void => {
    const operator = operators.pop() ?? '';
    const right = values.pop() ?? 0n;
    const left = values.pop() ?? 0n;
    values.push(operator === '+' ? left + right : operator === '-' ? left - right : left * right);
  };
  for (const piece of text.split(' ')) {
    if (!(piece in precedence)) {
      values.push(BigInt(piece));
      continue;
    }
    while (operators.length > 0 && precedence[operators[operators.length - 1]] >= precedence[piece]) reduce();
    operators.push(piece);
  }
  while (operators.length > 0) reduce();
  return values[0];
}

/** Independent of the parser: adds and subtracts by the verbs only. */
function bookkeeper(story: string): bigint {
  let total = 0n;
  for (const sentence of story.split(/(?<=\.) /).slice(0, -1)) {
    const numbers = (sentence.match(/\d+/g) ?? []).map(BigInt);
    const amount = numbers.reduce((product, value) => product * value, 1n);
    total += /\b(gives|loses|sells|uses|leave)\b/.test(sentence) ? -amount : amount;
  }
  return total;
}

const literal = fc.integer({ min: 0, max: 999_999 });
const sums = (factor: fc.Arbitrary<number>, most: number): fc.Arbitrary<Sum> =>
  fc
    .array(
      fc.record({
        sign: fc.constantFrom<1 | -1>(1, -1),
        factors: fc.array(factor, { minLength: 1, maxLength: most }),
      }),
      { minLength: 1, maxLength: 9 },
    )
    .map((terms): Sum => terms.map((term, at) => (at === 0 ? { ...term, sign: 1 } : term)))
    .filter((sum) => operationsOf(sum) >= 1 && operationsOf(sum) <= MAX_OPERATIONS);
const seeds = fc.integer({ min: 0, max: 0xffffffff });

describe('parseArithmetic', () => {
  it('matches a shunting yard on plain questions', () => {
    const signed = fc.oneof(
      literal,
      literal.map((value) => (value === 0 ? 0 : -value)),
    );
    fc.assert(
      fc.property(sums(signed, 4), seeds, (sum, seed) => {
        const text = plainText(new Random(seed), sum);
        const expression = text.replace(/^(Compute|What is) /, '').replace(/[.?]$/, '');
        expect(arithmetic.truth(text)).toBe(String(shuntingYard(expression)));
        expect(arithmetic.difficulty(text)).toBe(operationsOf(sum));
      }),
    );
  });

  it('matches plain bookkeeping on stories', () => {
    fc.assert(
      fc.property(sums(literal, 2), seeds, (sum, seed) => {
        const text = storyText(new Random(seed), sum);
        const parsed = parseArithmetic(text);
        expect(parsed?.form).toBe('story');
        expect(parsed?.sum).toEqual(sum);
        expect(arithmetic.truth(text)).toBe(String(bookkeeper(text)));
        expect(valueOf(sum)).toBe(bookkeeper(text));
      }),
    );
  });

  it.each([
    ['Compute 25 + 28 + 5 * 2 + 4.', '67'],
    ['What is 3 - -4 * 2?', '11'],
    ['Compute -5 - 5.', '-10'],
    ['Compute 2*3-10.', '-4'],
    ['Mia has 12 coins. She loses 20. How many coins does Mia have?', '-8'],
    ['Mia has 3 boxes of 4 coins. He gets 5. She gives 1 bags of 2 to Tom. How many coins does Mia have?', '15'],
    ['There are 12 birds in the park. 3 groups of 2 leave. 4 come. How many birds are in the park?', '10'],
  ])('computes %s', (text, truth) => {
    expect(arithmetic.truth(text)).toBe(truth);
  });

  it.each([
    ['no operation', 'Compute 7.'],
    ['no operand', 'Compute 7 +.'],
    ['two signs', 'Compute 7 - - - 4.'],
    ['brackets', 'Compute (7 + 4) * 2.'],
    ['division', 'Compute 8 / 2.'],
    ['a fraction', 'Compute 1.5 + 2.'],
    ['the wrong end', 'Compute 7 + 4?'],
    ['no end', 'Compute 7 + 4'],
    ['more after the end', 'Compute 7 + 4. 5'],
    ['two questions', 'Compute 7 + 4. Compute 1 + 1.'],
    ['code', 'Compute process.exit(1) + 4.'],
    ['another thing', 'Mia has 12 coins. She buys 7 more. How many pens does Mia have?'],
    ['another name', 'Mia has 12 coins. She buys 7 more. How many coins does Tom have?'],
    ['a gift to oneself', 'Mia has 12 coins. She gives 7 to Mia. How many coins does Mia have?'],
    ['another place', 'There are 4 cats in the yard. 3 more come. How many cats are in the park?'],
    ['more that leave', 'There are 4 cats in the yard. 3 more leave. How many cats are in the yard?'],
    ['an unknown verb', 'Mia has 12 coins. She eats 7. How many coins does Mia have?'],
    ['a story without an event', 'Mia has 12 coins. How many coins does Mia have?'],
    ['no question', 'Mia has 12 coins. She buys 7 more.'],
    ['nothing', ''],
    ['a plain word', 'constructor'],
  ])('returns null for %s', (_, text) => {
    expect(arithmetic.truth(text)).toBeNull();
    expect(arithmetic.difficulty(text)).toBeNull();
  });

  it.each([
    ['long numbers', 'Compute 1000000 + 1.'],
    ['huge numbers', `Compute ${'9'.repeat(1000)} + 1.`],
    ['too many operations', `Compute 1${' + 1'.repeat(MAX_OPERATIONS + 1)}.`],
    ['a huge text', `Compute 1${' + 1'.repeat(1_000_000)}.`],
    ['white space without end', `Compute ${' '.repeat(MAX_QUESTION_CHARACTERS)}1 + 1.`],
    ['deep nesting', `Compute ${'('.repeat(500)}1${')'.repeat(500)} + 1.`],
    ['a wall of signs', `Compute ${'-'.repeat(500)}1 + 1.`],
    ['full-width digits', 'Compute \uff12 + \uff13.'],
    ['arabic digits', 'Compute \u0662 + \u0663.'],
    ['a zero-width joiner', 'Compute 2\u200d5 + 3.'],
    ['half a surrogate pair', 'Compute 2 + 3\ud83d.'],
    ['a null character', 'Compute 2 + 3.\u0000'],
    ['endless stories', `Mia has 1 coins.${' She buys 1.'.repeat(100_000)} How many coins does Mia have?`],
  ])('returns null for %s', (_, text) => {
    expect(parseArithmetic(text)).toBeNull();
  });

  it('accepts any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(parseArithmetic(`Compute ${text}`)?.form ?? 'plain').toBe('plain');
        expect(parseArithmetic(`Mia has ${text}`)?.form ?? 'story').toBe('story');
      }),
    );
  });
});
