/**
 * Plain data as text: the values that programs take and return, as JavaScript writes them. The text is parsed, never
 * evaluated. Equal data has one canonical text, so that comparing texts compares values:
 *
 * - numbers by value: `1.0` is `1`, `-0` is `0`, and `NaN` equals itself; `10n` differs from `10`;
 * - `undefined` differs from `null`, and a property that is `undefined` from one that is missing; a hole in a list is
 *   `undefined`;
 * - the order of a record's keys does not matter, the order of a list does.
 *
 * Functions, symbols, dates, maps, sets, instances of classes and cyclic values are no plain data.
 */

import { type Expression, type ObjectExpression, parseExpressionAt, type Property, type SpreadElement } from 'acorn';

/** Limits of a text, in characters and in nested brackets. */
const MOST_CHARACTERS = 4000;
const MOST_DEPTH = 40;

/** Returns the canonical text of one value; null if the text is no plain data. */
export function canonicalData(text: string): string | null {
  const items = itemsOf(text);
  return items?.length === 1 ? items[0] : null;
}

/** Returns the canonical text of an argument list (`3, [1, 2]`); null if one argument is no plain data. May be empty. */
export function canonicalArguments(text: string): string | null {
  return itemsOf(text)?.join(', ') ?? null;
}

/** The text does not write plain data. */
const NONE = Symbol('no plain data');

function itemsOf(text: string): string[] | null {
  const source = `[${text.trim().replace(/;$/, '')}\n]`;
  if (source.length > MOST_CHARACTERS || depthOf(source) > MOST_DEPTH) return null;
  try {
    const list = parseExpressionAt(source, 0, { ecmaVersion: 2023 });
    if (list.type !== 'ArrayExpression' || list.end !== source.length) return null;
    return list.elements.map(write);
  } catch (error) {
    if (error === NONE || error instanceof SyntaxError || error instanceof RangeError) return null;
    throw error;
  }
}

/** Returns an upper bound of the nesting: brackets in strings count too. */
function depthOf(text: string): number {
  let depth = 0;
  let most = 0;
  for (const character of text) {
    if ('[{('.includes(character)) most = Math.max(most, ++depth);
    else if (']})'.includes(character)) depth--;
  }
  return most;
}

function write(node: Expression | SpreadElement | null): string {
  if (node === null) return 'undefined';
  switch (node.type) {
    case 'Literal':
      return writePrimitive(node.regex === undefined ? node.value : undefined, node.bigint);
    case 'Identifier':
      if (['undefined', 'NaN', 'Infinity'].includes(node.name)) return node.name;
      break;
    case 'UnaryExpression':
      return writeSigned(node.operator, write(node.argument));
    case 'TemplateLiteral':
      if (node.expressions.length === 0) return quote(node.quasis[0].value.cooked ?? '');
      break;
    case 'ParenthesizedExpression':
      return write(node.expression);
    case 'ArrayExpression':
      return `[${node.elements.map(write).join(', ')}]`;
    case 'ObjectExpression':
      return writeRecord(node);
  }
  throw NONE;
}

function writePrimitive(value: unknown, bigint: string | null | undefined): string {
  if (typeof bigint === 'string') return `${BigInt(bigint)}n`;
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return String(value === 0 ? 0 : value);
  if (typeof value === 'string') return quote(value);
  throw NONE;
}

/** Only numbers have a sign. */
function writeSigned(operator: string, text: string): string {
  if (!/^(?:\d|NaN$|Infinity$)/.test(text) || (operator !== '-' && operator !== '+')) throw NONE;
  if (operator === '+') {
    if (text.endsWith('n')) throw NONE;
    return text;
  }
  return ['0', '0n', 'NaN'].includes(text) ? text : `-${text}`;
}

function writeRecord({ properties }: ObjectExpression): string {
  const values = new Map(properties.map((property) => [keyOf(property), write(valueOf(property))]));
  const keys = [...values.keys()].toSorted((a, b) => (a < b ? -1 : 1));
  return `{${keys.map((key) => `${writeKey(key)}: ${values.get(key)}`).join(', ')}}`;
}

/** In a literal, the plain key `__proto__` sets the prototype instead of a property. */
function writeKey(key: string): string {
  return key === '__proto__' ? '["__proto__"]' : quote(key);
}

function keyOf(property: Property | SpreadElement): string {
  if (property.type !== 'Property' || property.kind !== 'init' || property.method || property.shorthand) throw NONE;
  const { key, computed } = property;
  if (!computed && key.type === 'Identifier') return plainKey(key.name);
  if (key.type !== 'Literal' || (typeof key.value !== 'string' && typeof key.value !== 'number')) throw NONE;
  return computed ? String(key.value) : plainKey(String(key.value));
}

function plainKey(key: string): string {
  if (key === '__proto__') throw NONE;
  return key;
}

function valueOf(property: Property | SpreadElement): Expression {
  if (property.type !== 'Property') throw NONE;
  return property.value;
}

/** Escapes everything that could end a line. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u0085\u2028\u2029]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
