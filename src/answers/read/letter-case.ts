/**
 * Folds the case of words: `Yes` is `yes` and `The East` is `east`. Letters that may be names or products keep
 * theirs: `A`, `AB`, `Abc`, the A of "Set A". Textual only; used by `normalize.ts`.
 */

/** Words of two or three letters. All other runs of up to three letters are names or products. */
const SHORT = new Set(
  (
    'no of in is on to at by or be yes not odd one two six ten all any none the and red tan cat dog pig hen cow man men boy mon tue wed thu fri sat sun ' +
    'jan feb mar apr may jun jul aug sep oct nov dec amy ann ava ben bob dan don eva eve guy ian ida jay jim joe jon ' +
    'kay ken kim lee leo liz max meg mia pat ray rob ron roy sam sue ted tim tom zoe'
  ).split(' '),
);
const PHRASE = /^[A-Za-z][A-Za-z']*(?:[ -][A-Za-z][A-Za-z']*)*$/;
const CAPITALIZED = /^[A-Z]?[a-z]+(?:'[a-z]+)?$/;

/** Folds the case of words, and removes quotation marks and an article around them. */
export function foldCase(text: string): string {
  const s = text.replace(/^(["'])([^"']*)\1$/, '$2');
  if (/^(?:NO|YES|TRUE|FALSE|NONE)$/.test(s)) return s.toLowerCase();
  if (!PHRASE.test(s) || !/[a-z]/.test(s)) return s;
  return s.replace(/[A-Za-z']+/g, foldWord).replace(/^the (?=[a-z])/, '');
}

function foldWord(word: string): string {
  return CAPITALIZED.test(word) && isWord(word.toLowerCase()) ? word.toLowerCase() : word;
}

/** Returns whether a run of lower-case letters is a word rather than a product such as `abcd` or `pqrs`. */
function isWord(letters: string): boolean {
  if (letters.length < 4) return SHORT.has(letters);
  if (!/[aeiouy]/.test(letters)) return false;
  let neighbours = 0;
  for (let at = 1; at < letters.length; at++)
    if (letters.charCodeAt(at) - letters.charCodeAt(at - 1) === 1) neighbours++;
  return neighbours * 2 < letters.length;
}
