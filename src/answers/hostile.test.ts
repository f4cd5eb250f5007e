import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONVENTIONS, extractAnswer } from './read/conventions.ts';
import { lastBoxed } from './read/extract.ts';
import { createGrader } from './grader.ts';

const listed: string[] = JSON.parse(readFileSync(new URL('./hostile.json', import.meta.url), 'utf8'));

function nested(open: string, core: string, close: string, depth: number): string {
  return open.repeat(depth) + core + close.repeat(depth);
}

/** Answers too long for the fixture: sizes at, below and far above every limit. */
function grown(): string[] {
  const out: string[] = [];
  for (const depth of [31, 64, 65, 500, 5000]) {
    out.push(nested('{', '1', '}', depth), nested('(', '1', ')', depth), nested('[', '1', ']', depth));
    out.push(
      nested('\\{', 'x', '\\}', depth),
      nested('\\sqrt{', '2', '}', depth),
      nested('\\frac{1}{', '2', '}', depth),
    );
    out.push(nested('9^{', '9', '}', depth), nested('\\sin(', 'x', ')', depth), nested('\\text{', 'a', '}', depth));
    out.push(nested('|', 'x', '|', depth), nested('-(', '1', ')', depth), nested('((x+1)', '', ')^2', depth));
    out.push(nested('\\begin{pmatrix}', '1', '\\end{pmatrix}', depth), nested('(1,', '2', ')', depth));
  }
  for (const unit of [
    '9',
    'x',
    ' ',
    '-',
    '1,',
    '1+',
    '{',
    '\\',
    '\\\\',
    '$',
    '\\left',
    '\\frac',
    '1/',
    '\\boxed{',
    '\u202e',
    'é',
    '\u0000',
    '!',
    '^',
    '&',
    '=',
    '1:',
    'or ',
    '\\pm',
    '. ',
    '* ',
  ]) {
    out.push(unit.repeat(255), unit.repeat(4000), unit.repeat(1_000_000 / unit.length));
  }
  const letters = Array.from('abcdefghjklmnopqrstuvwxyz');
  out.push(
    `(${letters.join('+')})^{9999}`,
    `(${letters.join('+')})^{100}`,
    `(${letters.join('+')})^{2}(${letters.join('-')})^2`,
  );
  out.push(
    '(x+1)^{500}',
    '(x+1)^{512}',
    '\\frac{(x+1)^{99}}{(x-1)^{99}}',
    '(\\sqrt{2}+\\sqrt{3}+\\sqrt{5}+\\sqrt{7}+\\sqrt{11})^{99}',
  );
  out.push(
    `\\{${Array.from({ length: 240 }, (_, k) => `x^{${k}}`).join(',')}\\}`,
    Array.from({ length: 250 }, (_, k) => `${k}`).join(','),
  );
  out.push(
    `\\sqrt{${'7'.repeat(255)}}`,
    `0.\\overline{${'7'.repeat(256)}}`,
    `${'9'.repeat(256)}!`,
    `${'9'.repeat(128)}^{9999}`,
    '2^{9999}'.repeat(50),
  );
  out.push(
    Array.from({ length: 60 }, (_, k) => `\\sin(${k}x)`).join('+'),
    Array.from({ length: 40 }, (_, k) => `\\sqrt[3]{${k + 2}}`).join('+'),
  );
  out.push(
    Array.from({ length: 20 }, (_, k) => `e^{${k}x}`).join(''),
    Array.from({ length: 16 }, (_, k) => `(x+\\sqrt{${k + 2}})`).join(''),
  );
  return out;
}

const hostile = [...new Set([...listed, ...grown()])];
const DEADLINE_MS = 3000;
/** Detects hangs only: a loaded machine may be slow, but a hang takes longer than this. */
const HANG_MS = DEADLINE_MS + 20_000;

const ONE = /^(?:[\s1１𝟏/.,+\-−–()[\]{}$°\u200b\ufeff\u061c]|\\approx|\\[$\\])+$/u;

describe('hostile answers', { timeout: 300_000 }, () => {
  const grader = createGrader({ deadlineMs: DEADLINE_MS });
  beforeAll(async () => {
    // Starts the workers first, so that their start is not measured.
    await grader.equal('\\cos(2x)', '2\\cos^2 x-1');
  });
  afterAll(() => grader.close());

  it('are at least 200', () => {
    expect(hostile.length).toBeGreaterThanOrEqual(200);
  });

  it('get a verdict with a reason, within the deadline and with little memory', async () => {
    const before = process.memoryUsage().rss;
    const ones: string[] = [];
    const slow: string[] = [];
    for (const answer of hostile) {
      for (const other of ['1', '\\sin(x)+\\sqrt[3]{5}']) {
        const start = performance.now();
        const { verdict, reason } = await grader.equal(answer, other);
        if (performance.now() - start > HANG_MS) slow.push(answer.slice(0, 60));
        expect(reason).toMatch(/^[a-z-]+$/);
        if (verdict === 'equal') ones.push(answer);
      }
    }
    expect(slow).toEqual([]);
    // Any answer equal to 1 must consist of ones, signs, brackets and blanks only.
    expect(ones.filter((answer) => !ONE.test(answer))).toEqual([]);
    expect(process.memoryUsage().rss - before).toBeLessThan(800 * 2 ** 20);
  });

  it('are tallied without a crash, each equal to itself', async () => {
    for (let first = 0; first < hostile.length; first += 50) {
      const votes = hostile.slice(first, first + 50);
      const { groups, unanswered, attempts } = await grader.tally([...votes, ...votes]);
      expect(groups.reduce((sum, { count }) => sum + count, unanswered)).toBe(attempts);
      expect(groups.filter(({ count }) => count % 2 === 1)).toEqual([]);
    }
  });

  it('are searched for answers in one pass', () => {
    const start = performance.now();
    for (const text of hostile) {
      lastBoxed(text);
      for (const convention of [...CONVENTIONS, 'last-number'] as const) extractAnswer(`Answer: ${text}`, [convention]);
    }
    expect(performance.now() - start).toBeLessThan(HANG_MS);
    expect(lastBoxed('\\boxed{'.repeat(1 << 17))).toBeNull();
    expect(lastBoxed('\\boxed ' + ' '.repeat(1 << 20))).toBeNull();
  });
});
