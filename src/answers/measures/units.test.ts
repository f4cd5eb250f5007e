import { describe, expect, it } from 'vitest';
import { splitMeasure } from './nouns.ts';
import { parseUnit } from './units.ts';

function factorOf(text: string): string {
  const unit = parseUnit(text);
  return unit === null ? 'none' : `${unit.factor.p}/${unit.factor.q} ${unit.dimension}`;
}

describe('parseUnit', () => {
  it.each([
    ['kPa', 'kilopascals'],
    ['MPa', 'N/mm^2'],
    ['kWh', 'kilowatt hours'],
    ['J', 'newton-meters'],
    ['J', 'kg m^2/s^2'],
    ['m/s^2', 'meters per second squared'],
    ['m/s^2', 'meters per second per second'],
    ['cm^3', 'cubic centimeters'],
    ['cm^3', 'milliliter'],
    ['ft^2', 'square feet'],
    ['ft^2', 'sq. ft.'],
    ['J/(mol K)', 'joules per mole per kelvin'],
    ['Ω', 'V/A'],
    ['µs', 'microseconds'],
    ['nautical miles', 'nautical-mile'],
  ])('reads %s as %s', (a, b) => {
    expect(factorOf(a)).not.toBe('none');
    expect(factorOf(a)).toBe(factorOf(b));
  });

  it('has exact factors', () => {
    expect(factorOf('mile')).toBe('201168/125 m^1');
    expect(factorOf('eV')).toBe('801088317/5000000000000000000000000 g^1 m^2 s^-2');
    expect(factorOf('fluid ounces')).toBe('1/128 gallon^1');
  });

  it.each(['eggs', 'per', '', 'square m^2', 'kkg', 'mpa', 'm squared cubed', 'x/s'])('does not read %j', (text) => {
    expect(parseUnit(text)).toBeNull();
  });
});

describe('splitMeasure', () => {
  it.each([
    ['18 eggs', '18', 'none', 'egg'],
    ['2/5 gallons of paint', '2/5', '1/1 gallon^1', 'paint'],
    ['6 red balls', '6', 'none', 'red ball'],
    ['16个', '16', 'none', '个'],
  ])('splits %s', (text, amount, unit, noun) => {
    const found = splitMeasure(text);
    const factor =
      found.unit === null ? 'none' : `${found.unit.factor.p}/${found.unit.factor.q} ${found.unit.dimension}`;
    expect([found.amount, factor, found.noun]).toEqual([amount, unit, noun]);
  });

  it.each(['4 squared', '3 million', '5 m north', '6 xyz', '5th', '16万', 'x is even'])(
    'leaves %s undivided',
    (text) => {
      expect(splitMeasure(text)).toEqual({ amount: text, unit: null, noun: null });
    },
  );
});
