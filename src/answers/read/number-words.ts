/**
 * Reads numbers written in English words: `twenty-one`, `three hundred and five`, `two thirds`, `half`, `third`.
 * Only at the start of an answer, and only if nothing but words follows. Used by `words.ts`.
 */

const UNITS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen';
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety';
const ORDINALS =
  'zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth';
const TENTHS = 'twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth';

/** Number words below 100. */
const SMALL = new Map<string, number>([
  ...UNITS.split(' ').map((word, value): [string, number] => [word, value]),
  ...TENS.split(' ').map((word, at): [string, number] => [word, 20 + 10 * at]),
]);
const LARGE = new Map<string, number>([
  ['hundred', 100],
  ['thousand', 1000],
  ['million', 1_000_000],
  ['billion', 1_000_000_000],
  ['trillion', 1_000_000_000_000],
]);
const ORDINAL = new Map<string, number>([
  ...ORDINALS.split(' ').map((word, value): [string, number] => [word, value]),
  ...TENTHS.split(' ').map((word, at): [string, number] => [word, 20 + 10 * at]),
  ['hundredth', 100],
  ['thousandth', 1000],
]);
/** Denominators: the ordinals from `third` on, and their own words for 2 and 4. */
const PARTS = new Map<string, number>([
  ...[...ORDINAL].filter(([, value]) => value > 2),
  ['half', 2],
  ['halve', 2],
  ['quarter', 4],
]);

const MAX_WORDS = 12;

interface Taken {
  text: string;
  words: number;
}

/** Replaces a number in words at the start of `text` by digits; any other text is returned unchanged. */
export function foldNumberWords(text: string): string {
  const sign = /^(?:minus|negative) (?=[a-z])/i.exec(text)?.[0] ?? '';
  const rest = text.slice(sign.length);
  if (!/^[A-Za-z]+(?:[ -][A-Za-z]+)*$/.test(rest)) return text;
  const words = rest.toLowerCase().split(/[ -]/, MAX_WORDS);
  const found = fraction(words) ?? ordinal(words) ?? cardinal(words);
  if (found === null) return text;
  const left = rest
    .split(/(?<=[ -])/)
    .slice(found.words)
    .join('');
  // "two-digit" is no number.
  if (rest[rest.length - left.length - 1] === '-' && left !== '') return text;
  return `${sign === '' ? '' : '-'}${found.text}${left === '' ? '' : ` ${left}`}`;
}

/** Reads `half`, `a third`, `two thirds`; a third word must not follow ("two thirds of them" is no number). */
function fraction(words: readonly string[]): Taken | null {
  if (words.length === 1 && words[0] === 'half') return { text: '1/2', words: 1 };
  if (words.length !== 2) return null;
  const top = words[0] === 'a' || words[0] === 'an' ? 1 : SMALL.get(words[0]);
  const bottom = PARTS.get(words[1].replace(/s$/, ''));
  // "two third" is no fraction, and "twenty third" is an ordinal.
  if (top === undefined || top === 0 || bottom === undefined || (top === 1) === words[1].endsWith('s')) return null;
  return { text: `${top}/${bottom}`, words: 2 };
}

/** Reads `third` as `3rd`, `twenty-first` as `21st`. */
function ordinal(words: readonly string[]): Taken | null {
  const last = ORDINAL.get(words[words.length - 1]);
  if (last === undefined) return null;
  const tens = words.length === 2 ? SMALL.get(words[0]) : 0;
  if (words.length > 2 || tens === undefined || (words.length === 2 && (tens < 20 || last > 9 || last === 0)))
    return null;
  return { text: withSuffix(tens + last), words: words.length };
}

function withSuffix(value: number): string {
  const teen = value % 100 > 10 && value % 100 < 14;
  return `${value}${teen ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th')}`;
}

/** Reads the longest number at the start: `three hundred and five apples`. */
function cardinal(words: readonly string[]): Taken | null {
  let [total, group, used] = [0, 0, 0];
  let before = Infinity;
  for (const [at, word] of words.entries()) {
    if (word === 'and' && (used > 0 || at === 0)) continue;
    const small = SMALL.get(word);
    const large = LARGE.get(word);
    if (small !== undefined && small < before) {
      group += small;
      // After `twenty` a digit may follow; after a digit nothing below a hundred.
      before = small >= 20 ? 10 : 1;
    } else if (large !== undefined && group > 0 && large <= 100 && group < 100) {
      [group, before] = [group * 100, 100];
    } else if (large !== undefined && large > 100 && (group > 0 || total > 0)) {
      [total, group, before] = [total + group * large, 0, Infinity];
    } else break;
    used = at + 1;
  }
  return used === 0 || !SMALL.has(words[0]) ? null : { text: String(total + group), words: used };
}
