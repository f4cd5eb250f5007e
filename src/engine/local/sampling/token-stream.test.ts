import { expect, it } from 'vitest';
import type { DrawnTokens } from '../../engine.ts';
import { TokenStream } from './token-stream.ts';

const END = { stop: 'length' as const, policyVersion: 3 };

it('sends the first token at once, then what came within 30 ms together', () => {
  const sent: DrawnTokens[][] = [];
  let now = 0;
  const stream = new TokenStream(
    (drawn) => sent.push(drawn),
    () => now,
  );
  const one = (completion: number, tokens: number[], end: DrawnTokens['end'] = null): DrawnTokens => ({
    request: 0,
    completion,
    tokens,
    logprobs: tokens.map(() => -0.5),
    end,
  });
  stream.drawn({ request: 0, sample: 0 }, 1, -0.5);
  expect(sent).toEqual([[one(0, [1])]]);
  now = 29;
  stream.drawn({ request: 0, sample: 1 }, 2, -0.5);
  stream.drawn({ request: 0, sample: 0 }, 3, -0.5);
  const whole = { ...END, tokens: Int32Array.of(1, 3), logprobs: new Float32Array(2) };
  stream.ended({ request: 0, sample: 0 }, whole);
  expect(sent).toHaveLength(1);
  now = 30;
  stream.drawn({ request: 0, sample: 1 }, 4, -0.5);
  expect(sent[1]).toEqual([one(1, [2, 4]), one(0, [3], END)]);
  stream.flush();
  expect(sent).toHaveLength(2);
  stream.drawn({ request: 0, sample: 1 }, 5, -0.5);
  stream.flush();
  expect(sent[2]).toEqual([one(1, [5])]);
});
