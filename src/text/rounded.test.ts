import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { expRounded, logRounded } from './rounded.ts';

interface Case {
  x: number;
  log: number;
  /** exp(−8x). */
  exp: number;
}
const cases: Case[] = JSON.parse(
  readFileSync(new URL('../../test/fixtures/text/rounded.json', import.meta.url), 'utf8'),
);

it('matches 60-digit arithmetic for logarithm and exponential, bit by bit', () => {
  expect(cases.length).toBeGreaterThan(80);
  for (const { x, log, exp } of cases) {
    expect(logRounded(x), `ln ${x}`).toBe(log);
    expect(expRounded(-8 * x), `exp ${-8 * x}`).toBe(exp);
  }
});

it('returns exact results where they exist', () => {
  expect(logRounded(1)).toBe(0);
  expect(expRounded(0)).toBe(1);
  expect(expRounded(logRounded(0.5))).toBe(0.5);
});

it('delegates arguments outside its range to Math', () => {
  expect([expRounded(-745), expRounded(-1000), expRounded(2), expRounded(-Infinity)]).toEqual(
    [-745, -1000, 2, -Infinity].map(Math.exp),
  );
  expect(expRounded(Number.NaN)).toBeNaN();
});
