/**
 * The units that may follow a number, as data: SI units with their prefixes, and common other units. `units.ts`
 * parses products and quotients of them.
 *
 * Every unit has one canonical name, spelled out (`kilopascal`), and any number of other spellings (`kPa`). Units
 * whose conversion is a matter of definition (calorie, gallon, degree Celsius) are dimensions of their own, so they
 * are never converted.
 */
import { makeRational, type Rational } from '../evaluate/rational.ts';

export interface Known {
  name: string;
  /** Powers of the base units. */
  bases: [string, number][];
  factor: Rational;
}

/** Name, symbols, other spellings, definition: a factor and powers of base units. */
type Row = readonly [name: string, symbols: string, others: string, definition: string];

/** Units that take SI prefixes. Source: the SI brochure, 9th edition, tables 2, 4, 7 and 8. */
const PREFIXED: readonly Row[] = [
  ['meter', 'm', 'metre', '1 m'],
  ['gram', 'g', 'gramme', '1 g'],
  ['second', 's', '', '1 s'],
  ['ampere', 'A', 'amp', '1 A'],
  ['kelvin', 'K', '', '1 K'],
  ['mole', 'mol', '', '1 mol'],
  ['candela', 'cd', '', '1 cd'],
  ['hertz', 'Hz', '', '1 s^-1'],
  ['newton', 'N', '', '1000 g m s^-2'],
  ['pascal', 'Pa', '', '1000 g m^-1 s^-2'],
  ['joule', 'J', '', '1000 g m^2 s^-2'],
  ['watt', 'W', '', '1000 g m^2 s^-3'],
  ['coulomb', 'C', '', '1 A s'],
  ['volt', 'V', '', '1000 g m^2 s^-3 A^-1'],
  ['farad', 'F', '', '1/1000 g^-1 m^-2 s^4 A^2'],
  ['ohm', 'Ω', '', '1000 g m^2 s^-3 A^-2'],
  ['siemens', 'S', '', '1/1000 g^-1 m^-2 s^3 A^2'],
  ['weber', 'Wb', '', '1000 g m^2 s^-2 A^-1'],
  ['tesla', 'T', '', '1000 g s^-2 A^-1'],
  ['henry', 'H', '', '1000 g m^2 s^-2 A^-2'],
  ['lumen', 'lm', '', '1 lumen'],
  ['lux', 'lx', '', '1 lumen m^-2'],
  ['becquerel', 'Bq', '', '1 becquerel'],
  ['gray', 'Gy', '', '1 gray'],
  ['sievert', 'Sv', '', '1 sievert'],
  ['liter', 'l L', 'litre', '1/1000 m^3'],
  ['electronvolt', 'eV', 'electron-volt', '801088317/5000000000000000000000000 g m^2 s^-2'],
  ['bar', 'bar', '', '100000000 g m^-1 s^-2'],
  ['parsec', 'pc', '', '1 parsec'],
  ['calorie', 'cal', '', '1 calorie'],
  ['molar', 'M', '', '1000 mol m^-3'],
  ['bit', 'bit', '', '1 bit'],
  ['byte', 'B', '', '8 bit'],
  ['watt-hour', 'Wh', '', '3600000 g m^2 s^-2'],
];

/** Prefix, symbols, power of ten. Source: the SI brochure, table 7. */
const PREFIXES: readonly (readonly [name: string, symbols: string, power: number])[] = [
  ['yotta', 'Y', 24],
  ['zetta', 'Z', 21],
  ['exa', 'E', 18],
  ['peta', 'P', 15],
  ['tera', 'T', 12],
  ['giga', 'G', 9],
  ['mega', 'M', 6],
  ['kilo', 'k K', 3],
  ['hecto', 'h', 2],
  ['deca', 'da', 1],
  ['deci', 'd', -1],
  ['centi', 'c', -2],
  ['milli', 'm', -3],
  ['micro', 'µ', -6],
  ['nano', 'n', -9],
  ['pico', 'p', -12],
  ['femto', 'f', -15],
  ['atto', 'a', -18],
  ['zepto', 'z', -21],
  ['yocto', 'y', -24],
];

/** Symbols with a prefix that mean something else (5 pm, 5 am, 3 ft, 4 pt) or are words. */
const NOT_SYMBOLS = new Set('am pm as at ad ah ft pt cd mol min mins dB YB EB PB'.split(' '));

const OTHERS: readonly Row[] = [
  ['inch', 'in', 'inches', '127/5000 m'],
  ['foot', 'ft', 'feet', '381/1250 m'],
  ['yard', 'yd', 'yds', '1143/1250 m'],
  ['mile', 'mi', '', '201168/125 m'],
  ['nautical-mile', 'nmi', '', '1852 m'],
  ['light-year', 'ly', 'lightyear', '9460730472580800 m'],
  ['astronomical-unit', 'au AU', '', '149597870700 m'],
  ['angstrom', 'Å', 'ångström ångstrom', '1/10000000000 m'],
  ['micron', '', '', '1/1000000 m'],
  ['hectare', 'ha', '', '10000 m^2'],
  ['acre', '', '', '316160658/78125 m^2'],
  ['cc', 'cc', 'ccs', '1/1000000 m^3'],
  ['gallon', 'gal', 'gals', '1 gallon'],
  ['quart', 'qt', 'qts', '1/4 gallon'],
  ['pint', '', '', '1/8 gallon'],
  ['cup', '', '', '1/16 gallon'],
  ['fluid-ounce', '', 'fl-oz', '1/128 gallon'],
  ['tablespoon', 'tbsp', '', '1/256 gallon'],
  ['teaspoon', 'tsp', '', '1/768 gallon'],
  ['pound', 'lb', 'lbs', '45359237/100000 g'],
  ['ounce', 'oz', '', '45359237/1600000 g'],
  ['stone', '', '', '317514659/50000 g'],
  ['tonne', 't', 'metric-ton', '1000000 g'],
  ['ton', '', '', '1 ton'],
  ['carat', 'ct', '', '1/5 g'],
  ['dalton', 'Da', 'amu', '1 dalton'],
  ['minute', 'min', 'mins', '60 s'],
  ['hour', 'h', 'hr hrs', '3600 s'],
  ['day', 'd', '', '86400 s'],
  ['week', 'wk', 'wks', '604800 s'],
  ['fortnight', '', '', '1209600 s'],
  ['month', 'mo', '', '1 month'],
  ['year', 'yr', 'yrs', '12 month'],
  ['decade', '', '', '120 month'],
  ['century', '', 'centuries', '1200 month'],
  ['sec', '', 'secs', '1 s'],
  ['degree', '°', 'deg', '1 degree'],
  ['arcminute', 'arcmin', '', '1/60 degree'],
  ['arcsecond', 'arcsec', '', '1/3600 degree'],
  ['radian', 'rad', 'rads', '1 radian'],
  ['steradian', 'sr', '', '1 steradian'],
  ['degree-C', '', 'celsius degree-celsius degrees-celsius', '1 celsius'],
  ['degree-F', '', 'fahrenheit degree-fahrenheit degrees-fahrenheit', '1 fahrenheit'],
  ['degree-K', '', '', '1 K'],
  ['mph', 'mph', '', '1397/3125 m s^-1'],
  ['kilometer-per-hour', 'kmh kph kmph', '', '5/18 m s^-1'],
  ['knot', 'kn', 'kt kts', '463/900 m s^-1'],
  ['rpm', 'rpm', '', '1 rpm'],
  ['dyne', 'dyn', '', '1/100 g m s^-2'],
  ['erg', 'erg', '', '1/10000 g m^2 s^-2'],
  ['foot-pound', '', 'ft-lb ft-lbs', '1 foot-pound'],
  ['pound-force', 'lbf', '', '1 pound-force'],
  ['psi', 'psi', '', '1 psi'],
  ['horsepower', 'hp', '', '1 horsepower'],
  ['btu', 'BTU Btu', '', '1 btu'],
  ['atmosphere', 'atm', '', '101325000 g m^-1 s^-2'],
  ['torr', 'Torr', '', '2533125/19 g m^-1 s^-2'],
  ['mmHg', 'mmHg', '', '1 mmHg'],
  ['gauss', 'G', '', '1/10 g s^-2 A^-1'],
  ['poise', '', '', '1 g m^-1 s^-1'],
  ['decibel', 'dB', '', '1 decibel'],
  ['dollar', '', 'USD usd buck', '1 dollar'],
  ['cent', '¢', '', '1/100 dollar'],
  ['euro', '€', 'EUR', '1 euro'],
  ['pound-sterling', '£', 'GBP', '1 sterling'],
  ['penny', '', 'pence', '1/100 sterling'],
  ['yen', '¥', 'JPY', '1 yen'],
  ['yuan', '', 'RMB CNY', '1 yuan'],
  ['rupee', '₹', 'INR', '1 rupee'],
  ['unit', '', '', '1 unit'],
];

const ONE: Rational = { p: 1n, q: 1n };
const UNITS = new Map<string, Known>();
/** Lower-case spellings; null if several units share one (MPa and mPa). */
const UNCASED = new Map<string, Known | null>();

/** Returns the unit of one spelling; longer spellings in any case (`Joules`, `khz`). */
export function lookUpUnit(word: string): Known | undefined {
  return UNITS.get(word) ?? (word.length > 3 ? (UNCASED.get(word.toLowerCase()) ?? undefined) : undefined);
}

function define(word: string, known: Known): void {
  if (!UNITS.has(word)) UNITS.set(word, known);
  const uncased = word.toLowerCase();
  const other = UNCASED.get(uncased);
  UNCASED.set(uncased, other === undefined || other === known ? known : null);
}

/** Defines the plural too, because only spelled names have one. */
function defineName(word: string, known: Known): void {
  define(word, known);
  if (!word.endsWith('s')) define(word.endsWith('y') ? `${word.slice(0, -1)}ies` : `${word}s`, known);
  if (/[xyz]$/.test(word)) define(`${word}s`, known);
}

function addRow(
  [name, symbols, others, definition]: Row,
  prefix: readonly [string, string, number] = ['', '', 0],
): void {
  const [spelledPrefix, prefixSymbols, power] = prefix;
  const known = { name: `${spelledPrefix}${name}`, ...parsed(definition, power) };
  for (const word of [name, ...words(others)]) defineName(`${spelledPrefix}${word}`, known);
  for (const symbol of words(symbols))
    for (const before of prefixSymbols === '' ? [''] : words(prefixSymbols))
      if (before === '' || !NOT_SYMBOLS.has(`${before}${symbol}`)) define(`${before}${symbol}`, known);
}

function words(list: string): string[] {
  return list.split(' ').filter((word) => word !== '');
}

function parsed(definition: string, power: number): { bases: [string, number][]; factor: Rational } {
  const [count, ...bases] = definition.split(' ');
  const [p, q = '1'] = count.split('/');
  const ten = 10n ** BigInt(Math.abs(power));
  return {
    bases: bases.map((base) => [base.split('^')[0], Number(base.split('^')[1] ?? 1)]),
    factor: makeRational(BigInt(p) * (power > 0 ? ten : 1n), BigInt(q) * (power < 0 ? ten : 1n)) ?? ONE,
  };
}

for (const row of OTHERS) addRow(row);
for (const row of PREFIXED) addRow(row);
for (const prefix of PREFIXES) for (const row of PREFIXED) addRow(row, prefix);
