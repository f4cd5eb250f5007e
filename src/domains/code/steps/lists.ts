/** Steps on a list of integers. */

import { modulo, type StepMaker } from './step.ts';

export const LIST_STEPS: readonly StepMaker<number[]>[] = [
  (random, items) => {
    const [a, b] = [random.integer(2, 6), random.integer(-9, 9)];
    return {
      code: `${items} = ${items}.map((x) => x * ${a} + ${b});`,
      run: (value) => value.map((x) => x * a + b),
      words: `multiplies every number by ${a} and adds ${b}`,
    };
  },
  (random, items) => {
    const [divisor, rest] = [random.integer(2, 4), random.integer(0, 1)];
    return {
      code: `${items} = ${items}.filter((x) => ((x % ${divisor}) + ${divisor}) % ${divisor} !== ${rest});`,
      run: (value) => value.filter((x) => modulo(x, divisor) !== rest),
      words: `drops the numbers with remainder ${rest} by ${divisor}`,
    };
  },
  (random, items) => {
    const limit = random.integer(-5, 12);
    return {
      code: `${items} = ${items}.filter((x) => x > ${limit});`,
      run: (value) => value.filter((x) => x > limit),
      words: `keeps the numbers above ${limit}`,
    };
  },
  (random, items) => {
    const count = random.integer(1, 3);
    return {
      code: `${items} = [...${items}.slice(${count}), ...${items}.slice(0, ${count})];`,
      run: (value) => [...value.slice(count), ...value.slice(0, count)],
      words: `moves the first ${count} to the end`,
    };
  },
  (random, items) => {
    const rising = random.chance(0.5);
    return {
      code: `${items} = [...${items}].sort((x, y) => ${rising ? 'x - y' : 'y - x'});`,
      run: (value) => value.toSorted((x, y) => (rising ? x - y : y - x)),
      words: rising ? 'sorts upwards' : 'sorts downwards',
    };
  },
  (random, items) => {
    const start = random.integer(-9, 9);
    return {
      code: `${items} = ${items}.map(((sum) => (x) => (sum += x))(${start}));`,
      run: (value) => {
        let sum = start;
        return value.map((x) => (sum += x));
      },
      words: `replaces every number by the sum so far, from ${start}`,
    };
  },
  (random, items) => {
    const by = random.integer(1, 9);
    return {
      code: `${items} = ${items}.map((x, i) => x - i * ${by});`,
      run: (value) => value.map((x, i) => x - i * by),
      words: `takes ${by} times its position from every number`,
    };
  },
];
