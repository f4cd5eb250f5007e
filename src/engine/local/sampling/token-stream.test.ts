import { expect, it } from 'vitest';
import type { DrawnTokens } from '../../engine.ts';
import { TokenStream } from './token-stream.ts';

it('sends the first token at once, then what came within 30 ms together', () => {
  const sent: DrawnTokens[][] = [];
  let now = 0;
  const stream = new TokenStream(
    (drawn) => sent.push(drawn),
    () => now,
  );
  const one = (completion: number, tokens: number[]): DrawnTokens => ({
    request: 0,
    completion,
    tokens,
    logprobs: tokens.map(() => -0.5),
  });
  stream.add({ request: 0, sample: 0 }, 1, -0.5);
  expect(sent).toEqual([[one(0, [1])]]);
  now = 29;
  stream.add({ request: 0, sample: 1 }, 2, -0.5);
  stream.add({ request: 0, sample: 0 }, 3, -0.5);
  expect(sent).toHaveLength(1);
  now = 30;
  stream.add({ request: 0, sample: 1 }, 4, -0.5);
  expect(sent[1]).toEqual([one(1, [2, 4]), one(0, [3])]);
  stream.flush();
  expect(sent).toHaveLength(2);
  stream.add({ request: 0, sample: 0 }, 5, -0.5);
  stream.flush();
  expect(sent[2]).toEqual([one(0, [5])]);
});
