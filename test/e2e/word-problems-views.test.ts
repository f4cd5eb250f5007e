/** The views of examples/word-problems: other words, the same answer. */

import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { QuestionView } from '../../src/domains/domain.ts';
import { openDomain } from '../../src/domains/open-domain.ts';
import { ROOT } from '../fixtures/program.ts';

const { domain } = await openDomain(join(ROOT, 'examples/word-problems/word-problems.mjs'));
const viewsOf = (question: string, count = 10, seed = 1): QuestionView[] => domain.views?.(question, count, seed) ?? [];
const templates = fc
  .tuple(fc.nat(1000), fc.nat(15))
  .map(([seed, at]) => (domain.generate?.(16, seed) ?? [])[at])
  .filter((problem) => problem !== undefined);

const numbersOf = (text: string): string[] => text.match(/\d+/g) ?? [];
const wordsOf = (text: string): string[] => text.match(/[A-Za-z]+|\d+/g) ?? [];

/** Solves a template problem by its words, whatever its names and things are. */
function solve(text: string): number {
  const [a, b] = numbersOf(text).map(Number);
  const owned = new Map(
    [...text.matchAll(/([A-Z][a-z]+) has (\d+)/g)].map(([, name, number]) => [name, Number(number)]),
  );
  const compared = /more .* does ([A-Z][a-z]+) have than ([A-Z][a-z]+)\?/.exec(text);
  if (compared !== null) return (owned.get(compared[1]) ?? NaN) - (owned.get(compared[2]) ?? NaN);
  if (/ equally among /.test(text)) return a / b;
  if (/ of \d+ .* each\./.test(text) || / costs \$/.test(text)) return a * b;
  if (/ and then loses 1\./.test(text)) return a + b - 1;
  if (/ gives \d+ to /.test(text)) return a - b;
  return / together\?| buys \d+ more\./.test(text) ? a + b : NaN;
}

it('keeps the answer and the numbers of template problems, and differs from the problem and from one another', () => {
  fc.assert(
    fc.property(templates, fc.nat(), ({ text, answer }, seed) => {
      const views = viewsOf(text, 6, seed);
      expect(views).toHaveLength(6);
      expect(viewsOf(text, 6, seed)).toEqual(views);
      expect(new Set([text, ...views.map((view) => view.text)]).size).toBe(7);
      for (const view of views) {
        expect(String(solve(view.text))).toBe(answer);
        expect(domain.parseQuestion(view.text).invalid).toBeNull();
        const [own, original] = [numbersOf(view.text), numbersOf(text)];
        if (view.kind.includes('order')) expect(own.toSorted()).toEqual(original.toSorted());
        else expect(own).toEqual(original);
      }
    }),
  );
});

it('renames persons and things everywhere alike, and never two of them the same', () => {
  fc.assert(
    fc.property(templates, fc.nat(), ({ text }, seed) => {
      for (const view of viewsOf(text, 8, seed).filter(({ kind }) => !/order|frame/.test(kind))) {
        const pairs = wordsOf(text).map((word, at) => [word, wordsOf(view.text)[at]]);
        expect(wordsOf(view.text)).toHaveLength(pairs.length);
        const [forth, back] = [new Map<string, string>(), new Map<string, string>()];
        for (const [word, other] of pairs) {
          expect(forth.get(word) ?? other).toBe(other);
          expect(back.get(other) ?? word).toBe(word);
          forth.set(word, other);
          back.set(other, word);
        }
        expect([...forth].filter(([word, other]) => word !== other).length).toBeGreaterThan(0);
      }
    }),
  );
});

const SHE = 'Emily has 15 apples. She gives 3 apples to John, who eats an apple. How many apples does she have left?';
const FRUITS = 'Tom has 4 pears and 5 plums. How many fruits does Tom have?';

it('keeps pronouns, articles and kinds of things right', () => {
  for (const { kind, text } of viewsOf(SHE, 12)) {
    if (kind.includes('names')) expect(text).not.toMatch(/Emily|John/);
    if (kind.includes('things')) expect(text).toMatch(/an (?:apricot|avocado)\. .*(?:apricots|avocados)/);
  }
  const renamed = viewsOf(FRUITS, 40).filter(({ kind }) => kind === 'things');
  expect(renamed.length).toBeGreaterThan(1);
  for (const { text } of renamed) {
    expect(text).toMatch(/^Tom has 4 (?:peaches|lemons|bananas|mangoes) and 5 .*\. How many fruits/);
  }
});

it.each([
  'Tom has 5 kites. Mia has 3 more kites than Tom. How many kites does Mia have?',
  'Tom has 5 kites. Mia has 3 kites. He loses 2. How many kites does Tom have?',
  'Tom has 5 kites. Mia has 3 kites. The first one loses 2. How many kites are there?',
  'Tom has 5 kites. Tom has 3 dolls. How many toys does Tom have?',
  'Tom has 5 kites. They sell 2 kites. Mia has 3 kites. How many kites do they have?',
])('leaves the order of %j', (question) => {
  const kinds = viewsOf(question, 30).map(({ kind }) => kind);
  expect(kinds.length).toBeGreaterThan(10);
  expect(kinds.filter((kind) => kind.includes('order'))).toEqual([]);
});

it.each([
  'Tom has 5 kites. Mia has 3 kites. How many kites do they have together?',
  'One kite costs $4. Mia has 20 coins. How many kites can Mia buy?',
  'There are 7 birds in the park. Tom has 3 kites. How many more birds than kites are there?',
])('changes the order of %j', (question) => {
  const kinds = viewsOf(question, 30).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind.includes('order')).length).toBeGreaterThan(0);
});

it.each([
  'How many letters has the name Tom, if it has 2 more than 1?',
  'Tom buys 2 dozen apples and 3 pears. How many apples does he have?',
  'If a train travels 60 miles in 2 hours, how many miles does it travel in 5 hours?',
  'Tom has 5 kites.\nHow many kites are 2 times as many?',
  'Tom has 5 kites and 3 dolls.',
])('has no views of %j', (question) => {
  expect(viewsOf(question)).toEqual([]);
});
