import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createGrader } from './grader.ts';

/** Pairs with their verdict; `different` and `undecided` both mean "not counted as equal". */
interface Case {
  a: string;
  b: string;
  verdict: 'equal' | 'different' | 'undecided';
}
const cases: Case[] = JSON.parse(readFileSync(new URL('./cases.json', import.meta.url), 'utf8'));

describe('cases.json', () => {
  // No deadline: a loaded machine must not turn a verdict into `timeout`.
  const grader = createGrader({ deadlineMs: 50_000 });
  afterAll(() => grader.close());

  it('holds many pairs, and many that must not be equal', () => {
    expect(cases.length).toBeGreaterThan(150);
    expect(cases.filter(({ verdict }) => verdict !== 'equal').length).toBeGreaterThan(60);
  });

  it.each(cases)('$a ~ $b: $verdict', async ({ a, b, verdict }) => {
    expect(await grader.equal(a, b)).toMatchObject({ verdict });
    expect(await grader.equal(b, a)).toMatchObject({ verdict });
  });
});
