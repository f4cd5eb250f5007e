/**
 * The part of the sandbox that runs inside it: it writes a value as text. It runs before the program and keeps every
 * built-in function that it uses, so that a program that replaces built-ins changes nothing here. It reads own data
 * properties only: it calls no getter and no method of the value. The host parses the text again (`literal.ts`).
 */

/** Nesting and number of values in a result. */
const MOST_DEPTH = 32;
const MOST_VALUES = 1000;

/**
 * Script whose value is a function from a value to its text; the text is empty if the value is no plain data. It also
 * replaces `Math.random` by a generator that starts at `SEED`, which differs between the two runs of a program.
 */
export function serializerScript(seed: number, mostCharacters: number): string {
  return `(function () {
'use strict';
const ownKeys = Reflect.ownKeys, describe = Reflect.getOwnPropertyDescriptor, protoOf = Reflect.getPrototypeOf;
const isArray = Array.isArray, has = Object.hasOwn, quote = JSON.stringify;
const plain = Object.prototype, list = Array.prototype, huge = 10n ** 300n;
let state = ${seed};
Math.random = function random() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 4294967296;
};
const NONE = {};
return function write(value) {
  let out = '', count = 0;
  function add(text) {
    if (out.length + text.length > ${mostCharacters}) throw NONE;
    out += text;
  }
  function read(owner, key) {
    const found = describe(owner, key);
    if (found === undefined) return undefined;
    if (!has(found, 'value') || found.enumerable !== true) throw NONE;
    return found.value;
  }
  function putList(value, depth) {
    const { length } = value;
    if (protoOf(value) !== list || length > ${MOST_VALUES}) throw NONE;
    const keys = ownKeys(value);
    let present = 0;
    add('[');
    for (let at = 0; at < length; at++) {
      if (has(value, at)) present++;
      put(read(value, at), depth);
      add(',');
    }
    if (keys.length !== present + 1) throw NONE;
    add(']');
  }
  function putRecord(value, depth) {
    const proto = protoOf(value);
    if (proto !== null && proto !== plain) throw NONE;
    const keys = ownKeys(value);
    if (keys.length > ${MOST_VALUES}) throw NONE;
    add('{');
    for (let at = 0; at < keys.length; at++) {
      const key = keys[at];
      if (typeof key !== 'string' || key.length > ${mostCharacters}) throw NONE;
      add('[' + quote(key) + ']:');
      put(read(value, key), depth);
      add(',');
    }
    add('}');
  }
  function put(value, depth) {
    if (++count > ${MOST_VALUES} || depth > ${MOST_DEPTH}) throw NONE;
    switch (typeof value) {
      case 'undefined':
      case 'boolean':
        return add('' + value);
      case 'number':
        return add('' + (value === 0 ? 0 : value));
      case 'bigint':
        if (value > huge || value < -huge) throw NONE;
        return add(value + 'n');
      case 'string':
        if (value.length > ${mostCharacters}) throw NONE;
        return add(quote(value));
      case 'object':
        if (value === null) return add('null');
        return isArray(value) ? putList(value, depth + 1) : putRecord(value, depth + 1);
      default:
        throw NONE;
    }
  }
  try {
    put(value, 0);
    return out;
  } catch (error) {
    if (error === NONE) return '';
    throw error;
  }
};
})()`;
}
