import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { expRounded, logRounded } from './rounded.ts';

interface Case {
  x: number;
  log: number;
  /** Of −8x. */
  exp: number;
}
const cases: Case[] = JSON.parse(
  readFileSync(new URL('../../test/fixtures/text/rounded.json', import.meta.url), 'utf8'),
);

it('rounds logarithm and exponential as arithmetic with 60 digits does, bit by bit', () => {
  expect(cases.length).toBeGreaterThan(80);
  for (const { x, log, exp } of cases) {
    expect(logRounded(x), `ln ${x}`).toBe(log);
    expect(expRounded(-8 * x), `exp ${-8 * x}`).toBe(exp);
  }
});

it('is exact where the result is', () => {
  expect(logRounded(1)).toBe(0);
  expect(expRounded(0)).toBe(1);
  expect(expRounded(logRounded(0.5))).toBe(0.5);
});

it('leaves what lies outside its range to the engine', () => {
  expect([expRounded(-745), expRounded(-1000), expRounded(2), expRounded(-Infinity)]).toEqual(
    [-745, -1000, 2, -Infinity].map(Math.exp),
  );
  expect(expRounded(Number.NaN)).toBeNaN();
});
