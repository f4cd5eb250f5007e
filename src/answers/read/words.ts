/**
 * Normalizes words in answers: lead-ins, number words and multipliers. Textual only; used by `normalize.ts`.
 * Case is in `letter-case.ts`, words that stand for sets are in `wording.ts`.
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
