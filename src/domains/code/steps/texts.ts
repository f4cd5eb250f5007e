/** Steps on a text of small letters and spaces. */

import type { StepMaker } from './step.ts';

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];
/** Letters with others on both sides. */
const MIDDLE = LETTERS.slice(4, 20);

export const TEXT_STEPS: readonly StepMaker<string>[] = [
  (random, text) => {
    const [letter, other] = [random.pick(LETTERS), random.pick(['-', '*', '_', '.'])];
    return {
      code: `${text} = ${text}.split('${letter}').join('${other}');`,
      run: (value) => value.split(letter).join(other),
      words: `replaces every ${letter} by ${other}`,
    };
  },
  (random, text) => {
    const count = random.integer(1, 4);
    return {
      code: `${text} = ${text}.slice(${count}) + ${text}.slice(0, ${count});`,
      run: (value) => value.slice(count) + value.slice(0, count),
      words: `moves the first ${count} characters to the end`,
    };
  },
  (random, text) => {
    const step = random.integer(2, 3);
    return {
      code: `${text} = [...${text}].filter((_, i) => i % ${step} !== 0).join('');`,
      run: (value) => [...value].filter((_, i) => i % step !== 0).join(''),
      words: `drops every character at a multiple of ${step}`,
    };
  },
  (random, text) => {
    const word = random.pick(['in', 'out', 'up', 'off', 'on']);
    return {
      code: `${text} = ${text}.length % 2 === 0 ? '${word}' + ${text} : ${text} + '${word}';`,
      run: (value) => (value.length % 2 === 0 ? word + value : value + word),
      words: `puts "${word}" before a text of even length and after any other`,
    };
  },
  (random, text) => {
    const separator = random.pick([' ', '-', '']);
    return {
      code: `${text} = ${text}.split('${separator}').reverse().join('${separator}');`,
      run: (value) => value.split(separator).toReversed().join(separator),
      words: `reverses the order of the parts between '${separator}'`,
    };
  },
  (random, text) => {
    const limit = random.pick(MIDDLE);
    return {
      code: `${text} = [...${text}].map((c) => (c > '${limit}' ? c.toUpperCase() : c)).join('');`,
      run: (value) => [...value].map((c) => (c > limit ? c.toUpperCase() : c)).join(''),
      words: `writes the letters after ${limit} as capitals`,
    };
  },
  (random, text) => {
    const count = random.integer(1, 3);
    return {
      code: `${text} = ${text}.length + ':' + ${text}.slice(-${count});`,
      run: (value) => `${value.length}:${value.slice(-count)}`,
      words: `gives the length and the last ${count} characters`,
    };
  },
];
