/** Steps on one integer. */

import { modulo, type StepMaker } from './step.ts';

/** Values stay below this, so that every result is an exact integer. */
const MODULUS = 997;

export const NUMBER_STEPS: readonly StepMaker<number>[] = [
  (random, n) => {
    const [a, b] = [random.integer(2, 9), random.integer(1, 20)];
    return {
      code: `${n} = (${n} * ${a} + ${b}) % ${MODULUS};`,
      run: (value) => (value * a + b) % MODULUS,
      words: `multiplies by ${a} and adds ${b} (modulo ${MODULUS})`,
    };
  },
  (random, n) => {
    const [divisor, a, b] = [random.integer(2, 5), random.integer(1, 30), random.integer(1, 30)];
    return {
      code: `if (${n} % ${divisor} === 0) ${n} += ${a}; else ${n} -= ${b};`,
      run: (value) => (value % divisor === 0 ? value + a : value - b),
      words: `adds ${a} to a multiple of ${divisor} and takes ${b} from any other number`,
    };
  },
  (random, n) => {
    const limit = random.integer(5, 40);
    return {
      code: `${n} = Math.abs(${n} - ${limit});`,
      run: (value) => Math.abs(value - limit),
      words: `takes the distance to ${limit}`,
    };
  },
  (random, n) => {
    const [low, width] = [random.integer(-10, 10), random.integer(5, 50)];
    return {
      code: `${n} = Math.min(Math.max(${n}, ${low}), ${low + width});`,
      run: (value) => Math.min(Math.max(value, low), low + width),
      words: `limits the number to ${low} to ${low + width}`,
    };
  },
  (random, n) => {
    const divisor = random.integer(3, 12);
    return {
      code: `${n} = ((${n} % ${divisor}) + ${divisor}) % ${divisor};`,
      run: (value) => modulo(value, divisor),
      words: `takes the remainder by ${divisor}`,
    };
  },
  (random, n) => {
    const [count, by] = [random.integer(2, 6), random.integer(1, 7)];
    return {
      code: `for (let i = 1; i <= ${count}; i++) ${n} += i * ${by};`,
      run: (value) => value + (by * count * (count + 1)) / 2,
      words: `adds ${by} times each number from 1 to ${count}`,
    };
  },
];
