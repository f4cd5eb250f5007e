import { expect, test } from 'vitest';
import { z } from 'zod';
import { describeIssue, expectationOf } from './expectation.ts';

const wordsOf = (schema: z.ZodType, value: unknown): string => {
  const [issue] = schema.safeParse(value).error?.issues ?? [];
  return issue === undefined ? 'fits' : expectationOf(issue);
};

test.each<[z.ZodType, unknown, string]>([
  [z.string(), 1, 'text'],
  [z.number().int(), 1.5, 'a whole number'],
  [z.boolean(), 'no', 'true or false'],
  [z.array(z.string()), {}, 'a list'],
  [z.record(z.string(), z.string()), [], 'an object'],
  [z.null(), {}, 'null'],
  [z.literal(false), true, 'false'],
  [z.enum(['silu', 'swish']), 'gelu', '"silu" or "swish"'],
  [z.enum(['a', 'b', 'c']), 'd', '"a", "b" or "c"'],
  [z.number().positive(), 0, 'more than 0'],
  [z.number().max(8), 9, 'at most 8'],
  [z.string().min(1), '', 'at least 1 character'],
  [z.array(z.number()).max(1), [1, 2], 'at most 1 entry'],
  [z.union([z.string(), z.number()]), true, 'text or a number'],
  [z.string().regex(/^a/, 'text that begins with a'), 'b', 'text that begins with a'],
  [z.string().regex(/^a/), 'b', 'another value'],
  [z.number().refine((x) => x % 2 === 0, { message: 'an even number' }), 3, 'an even number'],
])('puts an expectation into words', (schema, value, words) => {
  expect(wordsOf(schema, value)).toBe(words);
});

test('names the place of an issue, or the root', () => {
  const schema = z.object({ seeds: z.array(z.number()) });
  const [inside] = schema.safeParse({ seeds: ['x'] }).error?.issues ?? [];
  const [root] = schema.safeParse(3).error?.issues ?? [];
  expect(describeIssue(inside, 'the plan')).toBe('seeds.0: expected a number');
  expect(describeIssue(root, 'the plan')).toBe('the plan: expected an object');
  const [unknown] = z.strictObject({ a: z.number() }).safeParse({ a: 1, b: 2 }).error?.issues ?? [];
  expect(describeIssue(unknown, 'the plan')).toBe('the plan: unknown key "b"');
  const [own] =
    z
      .number()
      .refine(() => false, { message: 'needs an even number' })
      .safeParse(3).error?.issues ?? [];
  expect(describeIssue(own, 'the plan')).toBe('the plan: needs an even number');
});
