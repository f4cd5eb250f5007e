/**
 * Units that may follow a number. A closed list on purpose: after a number, "million", "mod 7" or
 * "squared" change the value, so an unknown word is never dropped.
 */

const NAMES: Record<string, string> = {
  mm: 'millimeter millimetre',
  cm: 'centimeter centimetre',
  meter: 'm metre',
  km: 'kilometer kilometre',
  inch: 'inches',
  ft: 'foot feet',
  yd: 'yard',
  mile: 'mi',
  mg: 'milligram',
  gram: 'g',
  kg: 'kilogram',
  lb: 'lbs pound',
  oz: 'ounce',
  ml: 'milliliter millilitre mL',
  liter: 'l L litre',
  gallon: '',
  second: 'sec s',
  minute: 'min',
  hour: 'hr hrs h',
  day: '',
  week: '',
  month: '',
  year: 'yr',
  degree: '°',
  radian: 'rad',
  dollar: 'USD usd',
  cent: '',
  euro: '€',
  '£': 'GBP',
  unit: '',
  mph: '',
  kmh: 'kph',
  joule: 'J',
  newton: 'N',
  watt: 'W',
  hz: 'Hz hertz',
  way: '',
  person: 'people',
  student: '',
  point: 'pt pts',
  digit: '',
};

const UNITS = new Map(
  Object.entries(NAMES).flatMap(([unit, names]) =>
    [unit, ...names.split(' ').filter((name) => name !== '')].flatMap((name): [string, string][] => [
      [name, unit],
      [`${name}s`, unit],
    ]),
  ),
);

const POWERS = new Map([
  ['square', '^2'],
  ['sq', '^2'],
  ['cubic', '^3'],
]);

const SHAPE = /^(?:(square|sq|cubic)\.? )?([A-Za-z°€£]{1,12})\.?(\^[23])?$/;

/** The unit's canonical name (`cm^2`, `km/hour`), or null when `text` is not wholly a known unit. */
export function canonicalUnit(text: string): string | null {
  const parts = text.split(/\/| per /);
  if (parts.length > 2) return null;
  const units = parts.map(singleUnit);
  return units.every((unit) => unit !== null) ? units.join('/') : null;
}

/** Names of a single letter could be variables, unless they were set as text (`normalize.ts` spells those out). */
export function isAmbiguousUnit(text: string): boolean {
  return /^[A-Za-z]$|^[A-Za-z][\^/]/.test(text);
}

function singleUnit(text: string): string | null {
  const shape = SHAPE.exec(text.trim());
  if (shape === null) return null;
  const unit = UNITS.get(shape[2]) ?? (shape[2].length > 2 ? UNITS.get(shape[2].toLowerCase()) : undefined);
  if (unit === undefined) return null;
  if (shape[1] !== undefined && shape[3] !== undefined) return null;
  return unit + (POWERS.get(shape[1]) ?? shape[3] ?? '');
}
