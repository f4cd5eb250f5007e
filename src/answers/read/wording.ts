/**
 * Words that stand for a set: "no real roots" and "all real numbers". Textual only; compared in
 * `../compare/wordings.ts`.
 */

/** The set that words stand for. */
export interface Wording {
  set: '\\emptyset' | '\\SetR';
  /** The numbers that the words speak of: `integer`, `integer positive`, `real`. Null if they name none. */
  among: string | null;
}

const KINDS =
  'real integer integral whole rational irrational natural complex imaginary positive negative nonnegative nonzero prime odd even distinct';
const NOTHING = new RegExp(
  String.raw`^(?:there (?:is|are) )?no ((?:(?:such|possible|${KINDS.replaceAll(' ', '|')}) ){0,3})(solution|value|number|integer|root|zero)s?(?: exists?)?$|^(?:the )?empty set$`,
);
const EVERYTHING = /^(?:a(?:ll|ny)|every) real(?: number)?s?$|^(?:the )?(?:set of )?(?:all )?real numbers$/;
/** Adjectives that name no numbers. */
const EMPTY = new Set(['such', 'possible', '']);

/** Returns what a normalized answer in words stands for. Null for other words. */
export function wordingOf(text: string): Wording | null {
  const nothing = NOTHING.exec(text);
  if (nothing !== null) return { set: '\\emptyset', among: amongOf(nothing[1] ?? '', nothing[2] ?? '') };
  return EVERYTHING.test(text) ? { set: '\\SetR', among: null } : null;
}

function amongOf(adjectives: string, noun: string): string | null {
  const kinds = new Set(adjectives.replace('integral', 'integer').split(' '));
  if (noun === 'integer') kinds.add(noun);
  const named = [...kinds].filter((kind) => !EMPTY.has(kind));
  return named.length === 0 ? null : named.toSorted().join(' ');
}
