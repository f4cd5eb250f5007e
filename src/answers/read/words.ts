/**
 * Normalizes words in answers: lead-ins, number words, multipliers, and words that stand for sets. Textual
 * only; used by `normalize.ts` and `../compare/equal.ts`.
 */

const LEAD_IN =
  /^(?:(?:so|thus|hence|therefore),? )?(?:the )?(?:final |correct )?(?:answer|result|solution)(?: is|:| ?=) ?:? ?/i;
const CHOICE_WORD = /^(?:option|choice|answer) ?\(?([A-J])\)?\.?$/i;

const NUMBERS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'.split(
    ' ',
  );
const NUMBER_WORD = new RegExp(`^(?:minus |negative )?(?:${NUMBERS.join('|')})(?= |$)`, 'i');

/** The half of the day after a time. */
const CLOCK = /(?<=\d) ?([ap])(?:\.m\.|\.m|m)(?![A-Za-z])/gi;

/** Words for the sets that `equal.ts` supports. */
const NOTHING =
  /^(?:there (?:is|are) )?no (?:(?:real|integer|such|possible) )?(?:solutions?|values?|numbers?|integers?|roots?)(?: exists?)?$|^(?:the )?empty set$/;
const EVERYTHING = /^(?:a(?:ll|ny)|every) real(?: number)?s?$|^(?:the )?(?:set of )?(?:all )?real numbers$/;

/** Removes "the answer is", and writes `5` for "five", `%` for "percent" and 3000000 for "3 million". */
export function foldWords(written: string): string {
  const text = written.replace(CLOCK, (_, half: string) => ` ${half.toLowerCase()}m`);
  if (!/[A-Za-z]{3}/.test(text)) return text;
  let s = text.replace(LEAD_IN, '').replace(/(?<=\d) ?(?:percent|per cent)(?![A-Za-z])/i, '%');
  s = s.replace(CHOICE_WORD, (_, letter: string) => letter.toUpperCase());
  s = s.replace(NUMBER_WORD, (words) => {
    const word = words.split(' ').at(-1)?.toLowerCase() ?? '';
    return `${words.includes(' ') ? '-' : ''}${NUMBERS.indexOf(word)}`;
  });
  return foldMultiplier(s);
}

/** Expands 3 million, 1.5 million: only after a plain number, and only if nothing but a unit follows. */
function foldMultiplier(text: string): string {
  const found = /^(-?\d{1,12})(?:\.(\d{1,9}))? ?(hundred|thousand|million|billion)(?= |$)/i.exec(text);
  if (found === null) return text;
  const zeros = { hundred: 2, thousand: 3, million: 6, billion: 9 }[found[3].toLowerCase()] ?? 0;
  const fraction = found[2] ?? '';
  const padded = fraction.padEnd(zeros, '0');
  const point = padded.length > zeros ? `.${padded.slice(zeros)}` : '';
  return `${found[1]}${padded.slice(0, zeros)}${point}${text.slice(found[0].length)}`;
}

/**
 * Words compare without case, article and quotation marks (`Yes`, `The East`). Letters and short products
 * (`A`, `AB`) keep their case.
 */
export function foldCase(text: string): string {
  const s = text.replace(/^(["'])([^"']*)\1$/, '$2');
  if (/^[A-Z]?[a-z]+(?:[ -][A-Za-z][A-Za-z']*)*$/.test(s) && /[a-z]{3}|^[A-Z][a-z]{2}/.test(s))
    return s.toLowerCase().replace(/^the (?=[a-z])/, '');
  return /^(?:NO|No|YES|TRUE|FALSE|NONE)$/.test(s) ? s.toLowerCase() : s;
}

/** Returns the set that a normalized answer in words means: `\emptyset` or `\SetR`. Null for other words. */
export function setOfWords(text: string): string | null {
  if (NOTHING.test(text)) return '\\emptyset';
  return EVERYTHING.test(text) ? '\\SetR' : null;
}
