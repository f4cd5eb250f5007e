/**
 * Characters and commands that mean the same: typographic signs to plain LaTeX, spellings to one spelling.
 */

const SIGNS: [string, string][] = [
  ['−–‐‑‒﹣－', '-'],
  ['×✕⨯', '\\times '],
  ['·⋅∙', '\\cdot '],
  ['÷', '\\div '],
  ['∕⁄', '/'],
  ['π', '\\pi '],
  ['θ', '\\theta '],
  ['∞', '\\infty '],
  ['√', '\\sqrt '],
  ['∪', '\\cup '],
  ['∩', '\\cap '],
  ['∅', '\\emptyset '],
  ['∈', '\\in '],
  ['≤⩽', '\\le '],
  ['≥⩾', '\\ge '],
  ['≠', '\\ne '],
  ['±', '\\pm '],
  ['％', '%'],
  ['，', ','],
  ['（', '('],
  ['）', ')'],
  ['′’‘', "'"],
  ['º˚', '°'],
  ['½', '\\frac{1}{2}'],
  ['⅓', '\\frac{1}{3}'],
  ['⅔', '\\frac{2}{3}'],
  ['¼', '\\frac{1}{4}'],
  ['¾', '\\frac{3}{4}'],
  ['⅕', '\\frac{1}{5}'],
  ['⅛', '\\frac{1}{8}'],
];

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

const FOLDED = new Map<string, string>([
  ...SIGNS.flatMap(([signs, plain]) => Array.from(signs, (sign): [string, string] => [sign, plain])),
  ...Array.from({ length: 10 }, (_, digit): [string, string] => [String.fromCharCode(0xff10 + digit), String(digit)]),
]);

/** Zero-width, bidirectional and byte-order marks: invisible, so they distinguish nothing. */
const INVISIBLE = /[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
// oxlint-disable-next-line no-control-regex
const NON_ASCII = /[^\x00-\x7f]/;

/** `text` with typographic characters in their LaTeX spelling and invisible ones gone. */
export function foldCharacters(text: string): string {
  if (!NON_ASCII.test(text)) return text;
  return text
    .replace(INVISIBLE, '')
    .replace(
      new RegExp(`[${SUPERSCRIPTS}]+`, 'g'),
      (digits) => `^{${Array.from(digits, (digit) => SUPERSCRIPTS.indexOf(digit)).join('')}}`,
    )
    .replace(/[^\x20-\x7e]/g, (char) => FOLDED.get(char) ?? char);
}

const SPELLINGS: [RegExp, string][] = [
  [/\\(?:left|right)(?![A-Za-z])\.?/g, ''],
  [/\\(?:bigg?|Bigg?)[lrm]?(?![A-Za-z])/g, ''],
  [/\\(?:displaystyle|textstyle|scriptstyle|limits|nolimits)(?![A-Za-z])/g, ' '],
  [/\\[dtc]frac(?![A-Za-z])/g, '\\frac'],
  [/\\[dt]binom(?![A-Za-z])/g, '\\binom'],
  [/\\(?:leq|leqslant)(?![A-Za-z])/g, '\\le'],
  [/\\(?:geq|geqslant)(?![A-Za-z])/g, '\\ge'],
  [/\\neq(?![A-Za-z])/g, '\\ne'],
  [/\\infin(?![A-Za-z])/g, '\\infty'],
  [/\\varnothing(?![A-Za-z])/g, '\\emptyset'],
  [/\\lbrace(?![A-Za-z])/g, '\\{'],
  [/\\rbrace(?![A-Za-z])/g, '\\}'],
  [/\^ ?\{ ?(?:\\circ|\\degree|°) ?\}|\^ ?(?:\\circ|\\degree|°)|\\degree(?![A-Za-z])|°/g, ' degree '],
  [/\\%/g, '%'],
  [/\\[$]|[$€£]|\\[()[\]]/g, ' '],
  // Digit groups: 1\,000 and 1{,}000 and 1,\!000.
  [/(\d)\\,(?=\d{3}(?!\d))/g, '$1'],
  [/\{,\}|,\\!/g, ','],
  [/\\!/g, ''],
  [/\\[,;: ]|~|\\q?quad(?![A-Za-z])/g, ' '],
];

/** `text` with LaTeX spellings that look the same made the same, and layout commands gone. */
export function foldCommands(text: string): string {
  if (!/[\\$€£°~{]/.test(text)) return text;
  return SPELLINGS.reduce((folded, [pattern, spelling]) => folded.replace(pattern, spelling), text);
}
