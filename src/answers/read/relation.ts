/**
 * Equations and inequalities: splits them at their signs, reverses them, and converts them to intervals.
 * Textual only; they are compared in `equal.ts`.
 */

const SIGN = /\\(?:le|ge|ne|approx)(?![A-Za-z])|[=<>]/g;
const TURNED: Record<string, string> = { '>': '<', '\\ge': '\\le' };

export interface Sides {
  sides: string[];
  signs: string[];
}

/** Returns whether the text has a relation sign outside all brackets. */
export function isRelation(text: string): boolean {
  return /[=<>]|\\(?:le|ge|ne|approx)(?![A-Za-z])/.test(text) && splitRelation(text) !== null;
}

/** Splits a relation into its sides and signs. Null if there is no sign or a side is empty. */
export function splitRelation(text: string): Sides | null {
  const sides: string[] = [];
  const signs: string[] = [];
  let [start, depth, seen] = [0, 0, 0];
  for (const { 0: sign, index } of text.matchAll(SIGN)) {
    for (; seen < index; seen++) {
      if ('([{'.includes(text[seen])) depth++;
      else if (')]}'.includes(text[seen])) depth--;
    }
    if (depth !== 0) continue;
    sides.push(text.slice(start, index).trim());
    signs.push(sign);
    start = index + sign.length;
  }
  sides.push(text.slice(start).trim());
  return signs.length === 0 || sides.includes('') ? null : { sides, signs };
}

/** Rewrites a relation without `>` and `≥`, by reading the chain from its other end. */
export function upwards({ sides, signs }: Sides): Sides {
  if (!signs.every((sign) => sign in TURNED)) return { sides, signs };
  return { sides: sides.toReversed(), signs: signs.map((sign) => TURNED[sign]).toReversed() };
}

/** A single unknown. */
export const VARIABLE = /^(?:[A-Za-z]|\\(?:theta|alpha|beta|lambda|mu|omega|phi))(?:_\w)?(?:\([a-z]\))?$/;

/**
 * Converts an inequality to an interval: `x\in(a,b]` for a<x≤b, `x\in(-\infty,3)` for x<3, and the union of two
 * for x≠3. Null unless a single variable is in the right place.
 */
export function intervalOf(relation: Sides): string | null {
  const { sides, signs } = upwards(relation);
  if (signs.length === 1 && signs[0] === '\\ne' && VARIABLE.test(sides[0]))
    return `${sides[0]}\\in(-\\infty,${sides[1]})\\cup(${sides[1]},\\infty)`;
  if (!signs.every((sign) => sign === '<' || sign === '\\le')) return null;
  const [first, last] = [signs[0] === '<' ? '(' : '[', signs.at(-1) === '<' ? ')' : ']'];
  if (sides.length === 3 && VARIABLE.test(sides[1])) return `${sides[1]}\\in${first}${sides[0]},${sides[2]}${last}`;
  if (sides.length !== 2) return null;
  if (VARIABLE.test(sides[0])) return `${sides[0]}\\in(-\\infty,${sides[1]}${last}`;
  return VARIABLE.test(sides[1]) ? `${sides[1]}\\in${first}${sides[0]},\\infty)` : null;
}

/** An interval: its brackets and the texts of its ends. */
export interface Ends {
  open: string;
  close: string;
  items: readonly { kind: string; text?: string }[];
  name: string | null;
}

/** Writes an interval as an inequality of the only unknown of `relation`: (−∞,3) is x<3 for 2x<6. */
export function relationOf(relation: Sides, { open, close, items, name }: Ends): Sides | null {
  const letters = new Set(relation.sides.join(' ').match(/(?<![\\A-Za-z])(?![ei](?![A-Za-z]))[A-Za-z](?![A-Za-z])/g));
  const [unknown] = letters;
  if (letters.size !== 1 || (name !== null && name !== unknown) || !/^[([][)\]]$/.test(open + close)) return null;
  const [low, high] = items.map(({ text }) => text);
  if (items.length !== 2 || low === undefined || high === undefined) return null;
  const [first, last] = [open === '(' ? '<' : '\\le', close === ')' ? '<' : '\\le'];
  if (low === '-\\infty') return high === '\\infty' ? null : { sides: [unknown, high], signs: [last] };
  if (high === '\\infty') return { sides: [low, unknown], signs: [first] };
  return { sides: [low, unknown, high], signs: [first, last] };
}
