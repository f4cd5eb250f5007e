import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createComparer } from './compare/comparer.ts';
import { compareAnswers } from './compare/equal.ts';
import { createGrader, type Grader } from './grader.ts';
import { type Mode, rulesOf } from './mode.ts';

/**
 * Two answers, and whether they are equal: in both modes (true), in neither (false), or only in the lenient
 * reading of voting.
 */
interface Case {
  a: string;
  b: string;
  same: boolean | 'voting';
}
const FOLDER = new URL('./cases/', import.meta.url);
const cases: Case[] = readdirSync(FOLDER).flatMap((file) => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')));

function isSame({ same }: Case, mode: Mode): boolean {
  return same === true || (same === 'voting' && mode === 'voting');
}

/**
 * Compares all pairs both ways. Lists each pair with its verdict: `FALSE` is a wrong equality, `missed` a
 * missed one.
 */
async function failures(grader: Grader, mode: Mode): Promise<{ wrong: string[]; missed: string[]; wanted: number }> {
  const [wrong, missed]: string[][] = [[], []];
  let wanted = 0;
  for (const pair of cases) {
    const there = await grader.equal(pair.a, pair.b);
    const back = await grader.equal(pair.b, pair.a);
    const line = `${JSON.stringify([pair.a, pair.b])} ${there.verdict}/${there.reason} ${back.verdict}/${back.reason}`;
    const found = [there, back].filter(({ verdict }) => verdict === 'equal').length;
    if (!isSame(pair, mode) && found > 0) wrong.push(line);
    if (!isSame(pair, mode)) continue;
    wanted++;
    if (found < 2) missed.push(line);
  }
  return { wrong, missed, wanted };
}

describe('case table', { timeout: 300_000 }, () => {
  it('has at least 500 pairs, at least 200 of them not equal, without duplicates', () => {
    expect(cases.length).toBeGreaterThanOrEqual(500);
    expect(cases.filter(({ same }) => same === false).length).toBeGreaterThanOrEqual(200);
    expect(new Set(cases.map(({ a, b }) => JSON.stringify([a, b].toSorted()))).size).toBe(cases.length);
  });

  it('has no pair that stays equal when a digit is changed', () => {
    const rules = rulesOf('voting');
    const comparer = createComparer(rules, null);
    const mutants = cases
      .filter(({ same }) => same !== false)
      .flatMap(({ a, b }) =>
        [...b.matchAll(/[0-9]/g)].map(({ 0: digit, index }) => ({
          a,
          b: `${b.slice(0, index)}${(Number(digit) + 1) % 10}${b.slice(index + 1)}`,
        })),
      );
    expect(mutants.length).toBeGreaterThan(1000);
    expect(mutants.filter(({ a, b }) => compareAnswers(a, b, rules, comparer).verdict === 'equal')).toEqual([]);
  });

  describe.each<Mode>(['voting', 'evaluation'])('in %s mode', (mode) => {
    // Long deadline: a loaded machine must not turn a verdict into `timeout`.
    const grader = createGrader({ mode, deadlineMs: 50_000 });
    afterAll(() => grader.close());

    it('makes no false equality, and gets at least 97 % of the others right', async () => {
      const { wrong, missed, wanted } = await failures(grader, mode);
      expect(wrong).toEqual([]);
      expect(wanted).toBeGreaterThan(300);
      expect(missed.length / wanted, missed.join('\n')).toBeLessThanOrEqual(0.03);
    });

    it('gives a reason with every verdict', () => {
      const reasons = Object.keys(grader.counts());
      expect(reasons.length).toBeGreaterThan(10);
      expect(reasons.filter((reason) => !/^(?:equal|different|undecided)\/[a-z-]+$/.test(reason))).toEqual([]);
      expect(reasons.filter((reason) => /needs-|timeout|died/.test(reason))).toEqual([]);
    });
  });
});
