// @ts-check
/**
 * Word problems from templates, with their answers. They serve as examples in the Challenger's prompt, and as planted
 * questions that audit the labels. Everything is drawn from a seed.
 */

/** @import { Random } from 'rzero/engine' */

const NAMES = [
  'Mia', 'Tom', 'Ana', 'Ben', 'Lea', 'Sam', 'Eva', 'Max', 'Zoe', 'Omar', 'Nina', 'Paul',
  'Ravi', 'Yuki', 'Carl', 'Ines', 'Amir', 'Lucy', 'Hugo', 'Sara', 'Noah', 'Rosa', 'Ivan', 'Kim',
]; // prettier-ignore
const THINGS = [
  'apples',
  'books',
  'pencils',
  'stickers',
  'marbles',
  'cookies',
  'stamps',
  'cards',
  'shells',
  'flowers',
  'eggs',
  'balloons',
  'coins',
  'buttons',
  'tickets',
  'toy cars',
  'cupcakes',
  'photos',
  'beads',
  'oranges',
];
const HOLDERS = ['boxes', 'bags', 'baskets', 'jars', 'trays', 'packs'];

/** @typedef {{ text: string, answer: string }} Problem */
/** @typedef {{ name: string, friend: string, things: string, holders: string, number: (low: number, high: number) => number }} Draw */

/** Each template writes a problem and computes its answer. */
const TEMPLATES = {
  /** @param {Draw} d */
  more(d) {
    const [a, b] = [d.number(3, 20), d.number(2, 9)];
    return [`${d.name} has ${a} ${d.things} and buys ${b} more. How many ${d.things} does ${d.name} have now?`, a + b];
  },
  /** @param {Draw} d */
  less(d) {
    const b = d.number(2, 9);
    const a = b + d.number(1, 12);
    return [`${d.name} has ${a} ${d.things} and gives ${b} to ${d.friend}. How many ${d.things} are left?`, a - b];
  },
  /** @param {Draw} d */
  groups(d) {
    const [a, b] = [d.number(2, 6), d.number(2, 6)];
    return [`${d.name} has ${a} ${d.holders} of ${b} ${d.things} each. How many ${d.things} is that in all?`, a * b];
  },
  /** @param {Draw} d */
  share(d) {
    const [a, b] = [d.number(2, 5), d.number(2, 6)];
    return [
      `${d.name} shares ${a * b} ${d.things} equally among ${a} friends. How many ${d.things} does each friend get?`,
      b,
    ];
  },
  /** @param {Draw} d */
  difference(d) {
    const b = d.number(2, 9);
    const a = b + d.number(1, 12);
    return [
      `${d.name} has ${a} ${d.things}. ${d.friend} has ${b} ${d.things}. How many more ${d.things} does ${d.name} have than ${d.friend}?`,
      a - b,
    ];
  },
  /** @param {Draw} d */
  together(d) {
    const [a, b] = [d.number(2, 20), d.number(2, 12)];
    return [
      `${d.name} has ${a} ${d.things}. ${d.friend} has ${b} ${d.things}. How many ${d.things} do they have together?`,
      a + b,
    ];
  },
  /** @param {Draw} d */
  twice(d) {
    const [a, b] = [d.number(2, 10), d.number(2, 9)];
    return [
      `${d.name} finds ${a} ${d.things}, then ${b} more, and then loses 1. How many ${d.things} does ${d.name} have now?`,
      a + b - 1,
    ];
  },
  /** @param {Draw} d */
  cost(d) {
    const [a, b] = [d.number(2, 6), d.number(2, 5)];
    return [`One ticket costs $${b}. ${d.name} buys ${a} tickets. How many dollars does ${d.name} pay?`, a * b];
  },
};

/** @type {((d: Draw) => (string | number)[])[]} */
const ALL = Object.values(TEMPLATES);
/** Number of templates. */
export const KINDS = ALL.length;

/**
 * Draws the persons, things and numbers of one problem.
 * @param {Random} random
 * @returns {Draw}
 */
function draw(random) {
  const [name, friend] = random.shuffle(NAMES);
  return {
    name,
    friend,
    things: random.pick(THINGS),
    holders: random.pick(HOLDERS),
    number: (low, high) => random.integer(low, high),
  };
}

/**
 * Writes problem number `at` of a list: the templates take turns.
 * @param {Random} random
 * @param {number} at
 * @returns {Problem}
 */
export function writeProblem(random, at) {
  const [text, answer] = ALL[at % ALL.length](draw(random));
  return { text: String(text), answer: String(answer) };
}

/**
 * Writes `count` distinct problems.
 * @param {Random} random
 * @param {number} count
 * @param {(text: string) => boolean} isForbidden
 * @returns {Problem[]}
 */
export function writeProblems(random, count, isForbidden) {
  /** @type {Map<string, Problem>} */
  const problems = new Map();
  while (problems.size < count) {
    const problem = writeProblem(random, problems.size);
    if (!isForbidden(problem.text)) problems.set(problem.text, problem);
  }
  return [...problems.values()];
}
