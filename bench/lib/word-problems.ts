/**
 * Generates competition-style questions of about 60 words for measuring text comparison: sentences that recur
 * with other names and numbers, as in a Challenger's output. The questions are not meant to be solvable.
 * Deterministic by seed.
 */

import { Random } from '../../src/random.ts';

const NAMES = 'Ada Bao Chidi Dina Emil Farah Goran Hana Ivo Jun Kofi Lena Mira Nils Olga Pavel'.split(' ');
const THINGS = 'tiles marbles coins cards candles ribbons stamps bricks seeds beads plates keys'.split(' ');
const SHAPES = 'triangle square rectangle pentagon hexagon trapezoid rhombus circle cube prism'.split(' ');

const OPENINGS = [
  'Let N be the smallest positive integer greater than # such that N leaves a remainder of # when it is divided by #.',
  '@ and @ share # % so that the number of % that @ holds is always a multiple of #.',
  'Consider a ^ whose longest side has length # and whose area is equal to # times its perimeter.',
  'A sequence begins with the numbers # and # and every later term is the sum of the two terms before it plus #.',
  'In a school with # students every student joins exactly # clubs and no club has more than # members.',
  'Suppose that f is a polynomial of degree # with integer coefficients such that f takes the value # at the point #.',
  'On each day of the week @ paints # % red and # % blue, then gives half of the rest to @.',
  'A ^ is inscribed in a ^ in such a way that # of its corners lie on the boundary.',
];
const MIDDLES = [
  'It is known that the sum of all of its digits is at most # and that none of them is repeated.',
  'After that @ removes # of them at random, one after the other, without looking at the colour.',
  'Every pair of neighbouring numbers in the list differs by a prime number that is smaller than #.',
  'Each of the % is numbered from 1 to # and exactly # of these numbers are divisible by #.',
  'The distance from the centre of the ^ to its nearest side is # units and the angle there is # degrees.',
  'For every positive integer k that is less than # the value at k is a perfect square or a multiple of #.',
  'Two arrangements count as the same if one of them can be turned into the other by a rotation.',
  '@ then adds # to the result, multiplies by # and writes the last # digits on the board.',
  'No three of the points lie on one line, and no # of them lie on a common circle of radius #.',
  'The price of # % rises by # percent in the first month and falls by # percent in the second.',
];
const ENDS = [
  'Find the remainder when the total number of such ways is divided by #.',
  'What is the largest possible value of the sum of the # smallest ones?',
  'How many % does @ have left at the end of day #?',
  'Compute the probability that the # chosen % all have the same colour, as a fraction in lowest terms.',
  'Determine the area of the ^ and give m + n if it equals m over n in lowest terms.',
  'Find the sum of all possible values of the number with at most # digits.',
];

/** Generates `count` questions; equal seeds give equal questions. */
export function wordProblems(count: number, seed: number): string[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const middles = random.shuffle(MIDDLES).slice(0, random.integer(1, 2));
    return [random.pick(OPENINGS), ...middles, random.pick(ENDS)].map((sentence) => fill(sentence, random)).join(' ');
  });
}

function fill(sentence: string, random: Random): string {
  return sentence.replaceAll(/[@%^#]/g, (slot) => {
    if (slot === '#') return String(random.integer(2, 999));
    return random.pick(slot === '@' ? NAMES : slot === '%' ? THINGS : SHAPES);
  });
}
