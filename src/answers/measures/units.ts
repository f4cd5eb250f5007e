/**
 * Units that may follow a number, with their dimension. The list is closed on purpose: after a number,
 * "million", "mod 7" or "squared" change the value, so an unknown word is never dropped. Used by `parse.ts`
 * and `normalize.ts`.
 */
import { makeRational, type Rational } from '../evaluate/rational.ts';
import { type Known, lookUpUnit } from './unit-table.ts';

/** A product of powers of units, reduced to a dimension and a factor. */
export interface Unit {
  /** Base units with their powers, sorted: `m^2`, `m^1 s^-1`. Equal dimensions are convertible. */
  dimension: string;
  /** Exact number of base units. */
  factor: Rational;
}

/** Words before and after a unit that raise it to a power. */
const BEFORE: ReadonlyMap<string, number> = new Map([
  ['square', 2],
  ['sq', 2],
  ['sq.', 2],
  ['cubic', 3],
  ['cu', 3],
  ['cu.', 3],
]);
const AFTER: ReadonlyMap<string, number> = new Map([
  ['squared', 2],
  ['cubed', 3],
]);

const LONGEST = 80;
const DIVISION = / ?\/ ?| per /;
const FACTOR = /^([A-Za-zµΩÅ°€£¢¥₹äåö-]{1,24})\.?(?:\^(?:\{(-?\d)\}|(-?\d)))?$/;

interface Power {
  unit: Known;
  power: number;
}

/**
 * Parses a text that is entirely a unit (`cm^2`, `square feet`, `km/h`, `kg meter second^{-2}`, `J/(mol K)`);
 * otherwise null.
 */
export function parseUnit(text: string): Unit | null {
  if (text.length > LONGEST || !/[^\d\s]/.test(text)) return null;
  const powers = new Map<string, number>();
  let factor: Rational | null = { p: 1n, q: 1n };
  for (const [at, side] of text.split(DIVISION).entries()) {
    const found = parseProduct(side);
    if (found === null) return null;
    for (const { unit, power } of found) {
      const signed = at === 0 ? power : -power;
      for (const [base, count] of unit.bases) powers.set(base, (powers.get(base) ?? 0) + count * signed);
      factor = factor === null ? null : scaled(factor, unit.factor, signed);
    }
  }
  if (factor === null) return null;
  const dimension = [...powers].filter(([, power]) => power !== 0).map(([base, power]) => `${base}^${power}`);
  return { dimension: dimension.toSorted().join(' '), factor };
}

/** Parses the units between two division signs, with or without brackets. */
function parseProduct(side: string): Power[] | null {
  const inner = side.trim().replace(/^\((.*)\)$/, '$1');
  const words = inner.split(/ ?\\cdot ?| ?\* ?|\+? /);
  const found: Power[] = [];
  for (let at = 0; at < words.length; at++) {
    const taken = parseFactor(words, at);
    if (taken === null) return null;
    found.push(...taken.powers);
    at += taken.words - 1;
  }
  return found;
}

/** Parses the factor that starts at a word: `square feet`, `seconds squared`, `nautical miles`, `m^2`, `N-m`. */
function parseFactor(words: readonly string[], at: number): { powers: Power[]; words: number } | null {
  const before = BEFORE.get(words[at]);
  const start = before === undefined ? at : at + 1;
  const joined = start + 1 < words.length ? lookUpUnit(`${words[start]}-${words[start + 1]}`) : undefined;
  const single = joined === undefined ? parsePower(words[start]) : [{ unit: joined, power: 1 }];
  if (single === null) return null;
  const end = start + (joined === undefined ? 1 : 2);
  const after = AFTER.get(words[end]);
  const raised = before ?? after ?? 1;
  // "square feet squared" and "square m^2" are no units.
  if (raised !== 1 && ((before !== undefined && after !== undefined) || single.some(({ power }) => power !== 1)))
    return null;
  const last = single.length - 1;
  const powers = single.map(({ unit, power }, index) => ({ unit, power: index === last ? power * raised : power }));
  return { powers, words: end - at + (after === undefined ? 0 : 1) };
}

/** Parses one word: `m^{-2}`, `Joules`, `N-m`. */
function parsePower(word: string | undefined): Power[] | null {
  const shape = FACTOR.exec(word ?? '');
  if (shape === null) return null;
  const power = Number(shape[2] ?? shape[3] ?? 1);
  const unit = lookUpUnit(shape[1]);
  if (unit !== undefined) return [{ unit, power }];
  const parts = shape[1].split('-').map(lookUpUnit);
  if (parts.length === 1 || !parts.every((part) => part !== undefined)) return null;
  return parts.map((part, index) => ({ unit: part, power: index === parts.length - 1 ? power : 1 }));
}

/**
 * Spells out the symbols of a text that is a unit, or starts with one (`m of rope`): letters set as text are not
 * variables. Null if it does not.
 */
export function spellUnits(text: string): string | null {
  if (parseUnit(text) !== null) return spelled(text);
  const words = text.split(' ');
  if (words.length === 1 || !WORDS.test(text) || NOT_LEADING.has(words[0])) return null;
  for (let count = Math.min(words.length - 1, 4); count > 0; count--) {
    const unit = words.slice(0, count).join(' ');
    if (parseUnit(unit) !== null) return [spelled(unit), ...words.slice(count)].join(' ');
  }
  return null;
}

const WORDS = /^[A-Za-z./^\d]+(?: [A-Za-z]+)+$/;
/** Symbols that start a phrase as a word: "in total". */
const NOT_LEADING = new Set(['in', 'a', 'A', 'at', 'as', 'M', 'T']);

function spelled(text: string): string {
  return text.replaceAll(/[A-Za-zµΩÅ°€£¢¥₹-]+/g, (word) => spellWord(word));
}

function spellWord(word: string): string {
  if (word === 'per' || BEFORE.has(word) || AFTER.has(word)) return word;
  return (
    lookUpUnit(word)?.name ??
    word
      .split('-')
      .map((part) => lookUpUnit(part)?.name ?? part)
      .join('-')
  );
}

/** Quotients and products that are read as units although single letters are in them: km/h, kg/m^3, m/s. */
const COMPOUND =
  /^(?=.*[/ *\\])(?:.*(?<![A-Za-z])(?:km|cm|mm|kg|mg|mol|kW|kJ|ft|lb|Pa|kPa|Hz)(?![A-Za-z])|m\/s(?:\^(?:2|\{2\}))?$)/;

/**
 * Returns whether a unit could be a variable: a single letter that was not set as text. (`normalize.ts`
 * spells those out.)
 */
export function isAmbiguousUnit(text: string): boolean {
  return !COMPOUND.test(text) && /(?<![A-Za-z-])[A-Za-z](?![A-Za-z])/.test(text);
}

/** Symbols of one or two letters that a number may touch; others are then a product: 2nm is 2·n·m. */
const TOUCHING = new Set('cm mm km dm kg ft lb oz yd Hz eV kJ kW kV hp'.split(' '));

/** Returns whether a unit written directly after a number reads as a product of variables. */
export function isProduct(text: string): boolean {
  const symbol = /^[A-Za-z]+/.exec(text)?.[0] ?? '';
  return symbol.length <= 2 && symbol !== '' && !TOUCHING.has(symbol);
}

function scaled(value: Rational, by: Rational, power: number): Rational | null {
  const [p, q] = power < 0 ? [by.q, by.p] : [by.p, by.q];
  const times = BigInt(Math.abs(power));
  return makeRational(value.p * p ** times, value.q * q ** times);
}
