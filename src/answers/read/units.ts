/**
 * Units that may follow a number, with their dimension. The list is closed on purpose: after a number,
 * "million", "mod 7" or "squared" change the value, so an unknown word is never dropped. Used by `parse.ts`
 * and `normalize.ts`.
 */
import { makeRational, type Rational } from '../evaluate/rational.ts';

/** A product of powers of units, reduced to a dimension and a factor. */
export interface Unit {
  /** Base units with their powers, sorted: `m^2`, `m^1 s^-1`. Equal dimensions are convertible. */
  dimension: string;
  /** Exact number of base units. */
  factor: Rational;
}

/** Name, base unit(s), number of base units, other names. */
const TABLE: [string, string, string, string][] = [
  ['meter', 'm', '1', 'm metre'],
  ['mm', 'm', '1/1000', 'millimeter millimetre'],
  ['cm', 'm', '1/100', 'centimeter centimetre'],
  ['dm', 'm', '1/10', 'decimeter decimetre'],
  ['km', 'm', '1000', 'kilometer kilometre'],
  ['nanometer', 'm', '1/1000000000', 'nm nanometre'],
  ['inch', 'm', '127/5000', 'inches'],
  ['ft', 'm', '381/1250', 'foot feet'],
  ['yd', 'm', '1143/1250', 'yard'],
  ['mile', 'm', '201168/125', 'mi'],
  ['gram', 'g', '1', 'g'],
  ['milligram', 'g', '1/1000', 'mg'],
  ['kg', 'g', '1000', 'kilogram'],
  ['lb', 'lb', '1', 'lbs pound'],
  ['oz', 'lb', '1/16', 'ounce'],
  ['liter', 'l', '1', 'l L litre'],
  ['milliliter', 'l', '1/1000', 'ml millilitre mL'],
  ['gallon', 'gallon', '1', 'gal'],
  ['quart', 'gallon', '1/4', ''],
  ['pint', 'gallon', '1/8', ''],
  ['second', 's', '1', 'sec s'],
  ['millisecond', 's', '1/1000', 'ms'],
  ['minute', 's', '60', 'min'],
  ['hour', 's', '3600', 'hr hrs h'],
  ['day', 's', '86400', ''],
  ['week', 's', '604800', ''],
  ['month', 'month', '1', ''],
  ['year', 'month', '12', 'yr'],
  ['degree', 'degree', '1', '°'],
  ['radian', 'radian', '1', 'rad'],
  ['degree-C', 'celsius', '1', 'celsius'],
  ['degree-F', 'fahrenheit', '1', 'fahrenheit'],
  ['arcsecond', 'degree', '1/3600', ''],
  ['arcminute', 'degree', '1/60', ''],
  ['dollar', 'dollar', '1', 'USD usd'],
  ['cent', 'dollar', '1/100', ''],
  ['euro', 'euro', '1', '€'],
  ['£', '£', '1', 'GBP'],
  ['unit', 'unit', '1', ''],
  ['mph', 'm s^-1', '1397/3125', ''],
  ['kmh', 'm s^-1', '5/18', 'kph'],
  ['joule', 'joule', '1', 'J'],
  ['kJ', 'joule', '1000', 'kilojoule'],
  ['calorie', 'calorie', '1', 'cal'],
  ['kcal', 'calorie', '1000', ''],
  ['eV', 'eV', '1', ''],
  ['newton', 'newton', '1', 'N'],
  ['watt', 'watt', '1', 'W'],
  ['volt', 'volt', '1', 'V'],
  ['hz', 'hz', '1', 'Hz hertz'],
  ['mole', 'mole', '1', 'mol'],
  ['parsec', 'parsec', '1', 'pc'],
  ['erg', 'erg', '1', ''],
  ['angstrom', 'angstrom', '1', ''],
  ['way', 'way', '1', ''],
  ['person', 'person', '1', 'people'],
  ['student', 'student', '1', ''],
  ['point', 'point', '1', 'pt pts'],
  ['digit', 'digit', '1', ''],
  ['foot-pound', 'foot-pound', '1', ''],
];

/** Symbols with a plural. Others have none: ms is not metres. */
const PLURAL = /^(?:cm|mm|km|kg|lb|yd|hr|pt|ml)$/;

interface Known {
  name: string;
  bases: [string, number][];
  factor: Rational;
}

const UNITS = new Map<string, Known>();
for (const [name, bases, count, others] of TABLE) {
  const [p, q = '1'] = count.split('/');
  const known: Known = {
    name,
    bases: bases.split(' ').map((base) => [base.split('^')[0], Number(base.split('^')[1] ?? 1)]),
    factor: { p: BigInt(p), q: BigInt(q) },
  };
  for (const spelling of [name, ...others.split(' ').filter((other) => other !== '')]) {
    UNITS.set(spelling, known);
    if (spelling.length > 2 || PLURAL.test(spelling)) UNITS.set(`${spelling}s`, known);
  }
}

const MODIFIERS = new Map([
  ['square', 2],
  ['sq', 2],
  ['cubic', 3],
]);

const LONGEST = 80;
const FACTOR = /^(?:(square|sq|cubic)\.? )?([A-Za-z°€£-]{1,12})\.?(?:\^(?:\{(-?\d)\}|(\d)))?$/;

/**
 * Parses a text that is entirely a unit (`cm^2`, `square feet`, `km/h`, `kg meter second^{-2}`); otherwise
 * null.
 */
export function parseUnit(text: string): Unit | null {
  if (text.length > LONGEST) return null;
  const powers = new Map<string, number>();
  let factor: Rational | null = { p: 1n, q: 1n };
  for (const [at, side] of text.split(/ ?\/ ?| per /).entries()) {
    if (at > 1) return null;
    for (const word of side.trim().split(/(?<!square|sq|cubic|sq\.)(?: |\\cdot ?|\*)/)) {
      const found = parseFactor(word);
      if (found === null || factor === null) return null;
      const power = at === 0 ? found.power : -found.power;
      for (const [base, count] of found.unit.bases) powers.set(base, (powers.get(base) ?? 0) + count * power);
      factor = scaled(factor, found.unit.factor, power);
    }
  }
  if (factor === null) return null;
  const dimension = [...powers].filter(([, power]) => power !== 0).map(([base, power]) => `${base}^${power}`);
  return { dimension: dimension.toSorted().join(' '), factor };
}

/** Spells out single-letter units if all of `text` is units: letters set as text are not variables. */
export function spellUnits(text: string): string | null {
  if (parseUnit(text) === null) return null;
  return text.replaceAll(/[A-Za-z°€£-]+/g, (word) =>
    word === 'per' || MODIFIERS.has(word) ? word : (lookUp(word)?.name ?? word),
  );
}

/**
 * Returns whether a unit could be a variable: a single letter that was not set as text. (`normalize.ts`
 * spells those out.)
 */
export function isAmbiguousUnit(text: string): boolean {
  return /(?<![A-Za-z-])[A-Za-z](?![A-Za-z])/.test(text);
}

/**
 * Two-letter units that a number without a space does not make a unit: 2nm is 2·n·m. `normalize.ts` spells out
 * those set as text.
 */
const PRODUCTS = new Set('nm pt mi pc mg ml ms hr'.split(' '));

/** Returns whether a unit written directly after a number reads as a product of variables. */
export function isProduct(text: string): boolean {
  return PRODUCTS.has(/^[A-Za-z]+/.exec(text)?.[0] ?? '');
}

function parseFactor(text: string): { unit: Known; power: number } | null {
  const shape = FACTOR.exec(text.trim());
  if (shape === null) return null;
  const unit = lookUp(shape[2]);
  const written = shape[3] ?? shape[4];
  if (unit === undefined || (shape[1] !== undefined && written !== undefined)) return null;
  return { unit, power: MODIFIERS.get(shape[1]) ?? Number(written ?? 1) };
}

function lookUp(word: string): Known | undefined {
  return UNITS.get(word) ?? (word.length > 3 ? UNITS.get(word.toLowerCase()) : undefined);
}

function scaled(value: Rational, by: Rational, power: number): Rational | null {
  const [p, q] = power < 0 ? [by.q, by.p] : [by.p, by.q];
  const times = BigInt(Math.abs(power));
  return makeRational(value.p * p ** times, value.q * q ** times);
}
