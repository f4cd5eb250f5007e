/**
 * Natural logarithm and exponential, rounded to the nearest double.
 *
 * JavaScript engines differ in the last bit of `Math.log` and `Math.exp`. BLEU often gives equal values on
 * paper (such as matches 6 and 2 instead of 4 and 3), and clustering breaks ties by order, so a last bit can
 * change the clusters. Correct rounding gives the same bits on every machine. They equal those of a good C
 * library except for about one argument in a thousand. Double-double arithmetic (Dekker 1971, Knuth's
 * two-sum). Used only by `bleu.ts`.
 */

/** An unevaluated sum hi + lo, |lo| ≤ half a unit in the last place of hi. */
type Pair = readonly [hi: number, lo: number];

const LN2: Pair = [Math.LN2, 2.3190468138462996e-17];
const SPLITTER = 2 ** 27 + 1;

function twoSum(a: number, b: number): Pair {
  const sum = a + b;
  const part = sum - a;
  return [sum, a - (sum - part) + (b - part)];
}

function twoProduct(a: number, b: number): Pair {
  const product = a * b;
  const aHigh = a * SPLITTER - (a * SPLITTER - a);
  const bHigh = b * SPLITTER - (b * SPLITTER - b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  return [product, aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow)];
}

function add(a: Pair, b: Pair): Pair {
  const [sum, rest] = twoSum(a[0], b[0]);
  return twoSum(sum, rest + a[1] + b[1]);
}

function multiply(a: Pair, b: Pair): Pair {
  const [product, rest] = twoProduct(a[0], b[0]);
  return twoSum(product, rest + a[0] * b[1] + a[1] * b[0]);
}

/** Computes e^x to about 30 digits: reduction by powers of two, Taylor series, repeated squaring. */
function expPair(x: Pair): Pair {
  const power = Math.round(x[0] / LN2[0]);
  const [high, low] = add(x, multiply([-power, 0], LN2));
  const reduced: Pair = [high / 256, low / 256];
  let sum: Pair = [1, 0];
  for (let order = 9; order >= 1; order--) sum = add([1, 0], multiply(sum, divide(reduced, order)));
  for (let squarings = 0; squarings < 8; squarings++) sum = multiply(sum, sum);
  return [sum[0] * 2 ** power, sum[1] * 2 ** power];
}

function divide(a: Pair, by: number): Pair {
  const quotient = a[0] / by;
  const [product, rest] = twoProduct(quotient, by);
  return twoSum(quotient, (a[0] - product - rest + a[1]) / by);
}

/**
 * Computes ln x for finite x > 0 (not subnormal), rounded to the nearest double: one Newton step from
 * `Math.log`.
 */
export function logRounded(x: number): number {
  const near = Math.log(x);
  const [high, low] = expPair([-near, 0]);
  const [product, rest] = twoProduct(x, high);
  const excess = product - 1 + (rest + x * low);
  return near + (excess - (excess * excess) / 2);
}

const CELLS = 128;
/** 2^(j/128). */
const POWERS = Array.from({ length: CELLS }, (_, j) => expPair(multiply([j / CELLS, 0], LN2)));
const POWERS_HIGH = Float64Array.from(POWERS, ([high]) => high);
const POWERS_LOW = Float64Array.from(POWERS, ([, low]) => low);
/** ln 2 / 128 in two parts: 36 bits, so that its multiples by a cell number are exact, and the remainder. */
const CELL_HIGH = Math.fround(LN2[0] / CELLS);
const CELL_LOW = LN2[0] / CELLS - CELL_HIGH + LN2[1] / CELLS;
/** Lower limit: below it, `Math.exp` is used. */
const LOWEST = -64;
const HALVINGS = Float64Array.from({ length: 128 }, (_, k) => 2 ** -k);

/** Computes e^x for x ≤ 0, rounded to the nearest double except for about one argument in a thousand. */
export function expRounded(x: number): number {
  if (!(x > LOWEST && x <= 0)) return Math.exp(x);
  const cell = Math.round(x * (CELLS / LN2[0]));
  const high = x - cell * CELL_HIGH;
  const low = -cell * CELL_LOW;
  const r = high + low;
  const grown = high + (low + r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r / 720)))));
  const j = cell & (CELLS - 1);
  return (POWERS_HIGH[j] + (POWERS_LOW[j] + POWERS_HIGH[j] * grown)) * HALVINGS[-(cell >> 7)];
}
