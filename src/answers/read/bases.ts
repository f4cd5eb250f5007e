/**
 * Gives numerals of another base one spelling, `1101_2`: for `1101_{\text{two}}`, `1101_{(2)}`, `(1101)_2` and
 * `1101 base 2`. Textual only; used by `normalize.ts`.
 */

const BASES =
  'two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'.split(
    ' ',
  );
const NAMED: ReadonlyMap<string, string> = new Map([
  ...BASES.map((word, at): [string, string] => [word, String(at + 2)]),
  ['bin', '2'],
  ['oct', '8'],
  ['dec', '10'],
  ['hex', '16'],
]);

const BASE = String.raw`(${[...NAMED.keys()].join('|')}|\d{1,2})`;
const SUBSCRIPT = new RegExp(
  String.raw`(?<=[\dA-F)}]) ?_ ?(?:\{ ?\(? ?(?:base[ -]?)?${BASE} ?\)? ?\}|\(${BASE}\)|${BASE}(?![A-Za-z\d]))`,
  'gi',
);
const SPOKEN = new RegExp(String.raw`^([\dA-F]{1,64}),? (?:in |to )?base[ -]?${BASE}$`, 'i');
const BRACKETED = /^\(([\dA-F]{1,64})\)(?=_\d{1,2}$)/;

/** Rewrites the bases of all numerals in `text`, in which commands such as `\text{}` are already unwrapped. */
export function foldBases(text: string): string {
  if (!/_|base/i.test(text)) return text;
  return text
    .replace(SUBSCRIPT, (_, ...groups: (string | undefined)[]) => `_${digitsOf(groups.slice(0, 3))}`)
    .replace(SPOKEN, (_, digits: string, base: string) => `${digits}_${digitsOf([base])}`)
    .replace(BRACKETED, '$1')
    .replace(/^(-?\d+)_10$/, '$1');
}

function digitsOf(bases: readonly (string | undefined)[]): string {
  const base = bases.find((one) => one !== undefined) ?? '';
  return NAMED.get(base.toLowerCase()) ?? base;
}
