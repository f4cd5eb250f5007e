/**
 * Generates votes as a mathematics Solver gives them: numbers, fractions and short LaTeX, each in several
 * spellings.
 */

import { Random } from '../../src/random.ts';

/** The votes on one question. */
export type Votes = string[];

type Spellings = (random: Random) => string[];

/** Spellings of one value; the first is the plainest. */
const KINDS: [share: number, spellings: Spellings][] = [
  [0.5, (random) => integer(random.integer(-999, 99_999))],
  [0.1, (random) => decimal(random.integer(1, 9999))],
  [0.2, (random) => fraction(random.integer(1, 97), random.integer(2, 60))],
  [0.08, (random) => root(random.integer(2, 9), random.integer(2, 30))],
  [0.06, (random) => multipleOfPi(random.integer(2, 40), random.integer(2, 12))],
  [0.06, (random) => point(random.integer(-20, 20), random.integer(1, 9))],
];

/**
 * Generates `each` votes for each of `questions`: about two thirds for one value, the rest for three others
 * of its kind.
 */
export function typicalVotes(questions: number, each: number, seed: number): Votes[] {
  const random = new Random(seed);
  return Array.from({ length: questions }, () => {
    const make = pickKind(random);
    const values = Array.from({ length: 4 }, () => make(random));
    return Array.from({ length: each }, () => {
      const spellings = values[random.next() < 0.65 ? 0 : random.integer(1, 3)];
      return spellings[random.integer(0, spellings.length - 1)];
    });
  });
}

function pickKind(random: Random): Spellings {
  let left = random.next();
  for (const [share, spellings] of KINDS) {
    left -= share;
    if (left < 0) return spellings;
  }
  return KINDS[0][1];
}

function integer(n: number): string[] {
  const grouped = Math.abs(n) < 1000 ? String(n) : n.toLocaleString('en-US');
  return [`${n}`, `${n}`, `${n}`, grouped, `$${n}$`, ` ${n}.`, `x = ${n}`];
}

function decimal(hundredths: number): string[] {
  const text = (hundredths / 100).toFixed(2);
  return [text, String(hundredths / 100), `\\frac{${hundredths}}{100}`, `${text}0`];
}

function fraction(p: number, q: number): string[] {
  return [`${p}/${q}`, `\\frac{${p}}{${q}}`, `\\dfrac{${p}}{${q}}`, `\\frac{${3 * p}}{${3 * q}}`];
}

function root(k: number, n: number): string[] {
  return [`${k}\\sqrt{${n}}`, `\\sqrt{${k * k * n}}`, `${k} \\sqrt{${n}}`];
}

function multipleOfPi(p: number, q: number): string[] {
  return [`\\frac{${p}\\pi}{${q}}`, `${p}\\pi/${q}`, `\\frac{${p}}{${q}}\\pi`];
}

function point(x: number, y: number): string[] {
  return [`(${x},${y})`, `\\left(${x}, ${y}\\right)`, `( ${x} , ${y} )`];
}
