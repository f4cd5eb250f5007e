/**
 * Folds equivalent characters and commands: typographic characters become plain LaTeX, and variant spellings
 * become one. Used by `normalize.ts`.
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
  ['。．｡', '.'],
  ['、', ','],
  ['′’‘', "'"],
  ['º˚', '°'],
  ['≈', '\\approx '],
  ['≡', '\\equiv '],
  ['∓', '\\mp '],
  ['⌊', '\\lfloor '],
  ['⌋', '\\rfloor '],
  ['⌈', '\\lceil '],
  ['⌉', '\\rceil '],
  ['ℝ', '\\mathbb{R}'],
  ['ℤ', '\\mathbb{Z}'],
  ['ℚ', '\\mathbb{Q}'],
  ['ℕ', '\\mathbb{N}'],
  ['∖', '\\setminus '],
  ['α', '\\alpha '],
  ['β', '\\beta '],
  ['γ', '\\gamma '],
  ['λ', '\\lambda '],
  ['ω', '\\omega '],
  ['δ', '\\delta '],
  ['ε', '\\epsilon '],
  ['φ', '\\phi '],
  ['ρ', '\\rho '],
  ['σ', '\\sigma '],
  ['τ', '\\tau '],
  ['ψ', '\\psi '],
  ['Δ', '\\Delta '],
  ['μ', 'µ'],
  ['㎝', 'cm'],
  ['“”', '"'],
  ['½', '\\frac{1}{2}'],
  ['⅓', '\\frac{1}{3}'],
  ['⅔', '\\frac{2}{3}'],
  ['¼', '\\frac{1}{4}'],
  ['¾', '\\frac{3}{4}'],
  ['⅕', '\\frac{1}{5}'],
  ['⅛', '\\frac{1}{8}'],
];

/** Degrees of the root signs, as LaTeX options. */
const ROOTS: Record<string, string> = { '√': '', '∛': '[3]', '∜': '[4]' };
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹⁻';
const SUBSCRIPTS = '₀₁₂₃₄₅₆₇₈₉';

const FOLDED = new Map<string, string>([
  ...SIGNS.flatMap(([signs, plain]) => Array.from(signs, (sign): [string, string] => [sign, plain])),
  // Full-width forms of the printable characters: １, （, ％, Ａ.
  ...Array.from({ length: 94 }, (_, at): [string, string] => [
    String.fromCharCode(0xff01 + at),
    String.fromCharCode(0x21 + at),
  ]),
]);

const SUPERSCRIPT = new RegExp(`[${SUPERSCRIPTS}]+`, 'g');
const SUBSCRIPT = new RegExp(`[${SUBSCRIPTS}]+`, 'g');

/** Zero-width, bidirectional and byte-order marks. They are invisible and carry no meaning. */
const INVISIBLE = /[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
const NON_ASCII = /\P{ASCII}/u;

/** Replaces typographic characters by their LaTeX spelling and removes invisible ones. */
export function foldCharacters(text: string): string {
  if (!NON_ASCII.test(text)) return text;
  return (
    text
      .normalize('NFC')
      .replace(INVISIBLE, '')
      // A dash between two numbers is a range: 3–5.
      .replace(/^(\d[\d.,]{0,20}) ?[–—] ?(\d[\d.,]{0,20})$/, '$1\\textendash $2')
      .replace(/(?<=\d)[\u2009\u202f\u00a0](?=\d{3}(?!\d))/g, '')
      .replace(/[！!]$/, (mark) => (mark === '！' ? '' : mark))
      .replace(/[𝐀-𝟿]/gu, (letter) => letter.normalize('NFKC'))
      .replace(/([√∛∜]) ?(\d+)/g, (_, sign: string, digits: string) => `\\sqrt${ROOTS[sign]}{${digits}}`)
      .replace(/[µμ](?![A-Za-z])/g, '\\mu ')
      .replace(SUPERSCRIPT, (digits) => `^{${spell(digits, SUPERSCRIPTS)}}`)
      .replace(SUBSCRIPT, (digits) => `_{${spell(digits, SUBSCRIPTS)}}`)
      .replace(/[^\x20-\x7e]/g, (char) => FOLDED.get(char) ?? char)
  );
}

function spell(raised: string, alphabet: string): string {
  return Array.from(raised, (digit) => '0123456789-'[alphabet.indexOf(digit)]).join('');
}

/** Set names and other double-struck letters stay distinct from variables. */
const SPELLINGS: [RegExp, string][] = [
  [/\\m?(?:left|right)(?![A-Za-z])\.?/g, ''],
  [/\\(?:bigg?|Bigg?)[lrm]?(?![A-Za-z])/g, ''],
  [/\\(?:displaystyle|textstyle|scriptstyle|limits|nolimits)(?![A-Za-z])/g, ' '],
  [/\\[dtc]frac(?![A-Za-z])/g, '\\frac'],
  [/\\[dt]binom(?![A-Za-z])/g, '\\binom'],
  [/\\(?:leq|leqq|leqslant)(?![A-Za-z])/g, '\\le'],
  [/\\(?:geq|geqq|geqslant)(?![A-Za-z])/g, '\\ge'],
  [/\\lt(?![A-Za-z])/g, '<'],
  [/\\gt(?![A-Za-z])/g, '>'],
  [/\\neq(?![A-Za-z])/g, '\\ne'],
  [/\\infin(?![A-Za-z])/g, '\\infty'],
  [/\\varnothing(?![A-Za-z])/g, '\\emptyset'],
  [/\\mathbb ?(?:\{ ?([RZQNC]) ?\}|([RZQNC])(?![A-Za-z]))/g, '\\Set$1$2 '],
  [/\\(?:setminus|smallsetminus|backslash)(?![A-Za-z])/g, '\\setminus'],
  [/\\(?:thickapprox|approxeq|simeq|doteq)(?![A-Za-z])/g, '\\approx'],
  [/\\mid(?![A-Za-z])/g, '|'],
  [/\\[lr]?vert(?![A-Za-z])/g, '|'],
  [/<=/g, '\\le '],
  [/>=/g, '\\ge '],
  [/!=/g, '\\ne '],
  [/(?<![A-Za-z\\])infinity(?![A-Za-z])/gi, '\\infty '],
  [/(?<![A-Za-z\\])sqrt ?\(([\dA-Za-z+\-*/^. ]{1,64})\)/g, '\\sqrt{$1}'],
  [
    /(?<![A-Za-z\\])(?:arc)?(?:sin|cos|tan)h?(?= ?[({\dx\\])|(?<![A-Za-z\\])cis(?= ?[({\d\\])|(?<![A-Za-z\\])(?:sqrt|ln|log|exp)(?= ?[({\d_\\])/g,
    '\\$&',
  ],
  [/(?<![A-Za-z\\])pi(?![A-Za-z])/g, '\\pi '],
  [/\\operatorname\*?\{(arc(?:sin|cos|tan)|sinh|cosh|tanh|lcm|gcd|exp|ln|log|cis)\}/g, '\\$1 '],
  [/\\(?:mathrm|text) ?\{ ?([eid]) ?\}/g, '$1'],
  [/\\(?:mathrm|text|operatorname) ?\{ ?cis ?\}/g, '\\cis '],
  [/\^ ?\{ ?\\prime ?\\prime ?\}/g, "''"],
  [/\^ ?\{ ?\\prime ?\}|\^ ?\\prime(?![A-Za-z])/g, "'"],
  // Units set with commands: 5\,\text{k}\Omega, 3\,\mu\text{m}, 2\,\AA.
  [
    /(?<=[\d}])(?:(?:[ ~]|\\[,;: ])+|(?=\\(?:text|mathrm)))(?:\\(?:text|mathrm) ?\{ ?([kMGm]?) ?\} ?)?\\Omega(?![A-Za-z])/g,
    ' \\text{$1Ω}',
  ],
  [/\\(?:text|mathrm) ?\{ ?([kMGm]?) ?\\Omega ?\}/g, ' \\text{$1Ω}'],
  [
    /\\mu ?\\(?:text|mathrm) ?\{ ?([A-Za-z]{1,3}) ?\}|\\(?:text|mathrm) ?\{ ?\\mu ?([A-Za-z]{1,3}) ?\}/g,
    '\\text{µ$1$2}',
  ],
  [/(?<=[\d}])(?:[ ~]|\\[,;: ])*(?:\\AA(?![A-Za-z])|\\(?:text|mathrm) ?\{ ?\\AA ?\})/g, ' \\text{Å}'],
  [/\\lbrace(?![A-Za-z])/g, '\\{'],
  [/\\rbrace(?![A-Za-z])/g, '\\}'],
  [/\^ ?\{ ?(?:\\circ|\\degree|°) ?\}|\^ ?(?:\\circ|\\degree|°)|\\degree(?![A-Za-z])|°/g, ' degree '],
  [
    /(\\(?:sin|cos|tan|cot|sec|csc)(?:\^(?:\d|\{\d\}))?) ?(?:\( ?(-?[\d.]{1,20}) ?degree ?\)|\{ ?(-?[\d.]{1,20}) ?degree ?\}|([\d.]{1,20}) ?degree)/g,
    '$1(\\frac{$2$3$4\\pi}{180})',
  ],
  // Boxes side by side hold the items of a list.
  [/(?<=\\boxed ?\{[^{}]{0,64}\})[\s$]*(?=\\boxed)/g, ', '],
  [/\\langle(?![A-Za-z])/g, '('],
  [/\\rangle(?![A-Za-z])/g, ')'],
  [/(?<![A-Za-z])sq\. ?/g, 'square '],
  [/(?<=degree) {1,2}(?:\\(?:mathrm|text) ?\{ ?([CFK]) ?\}|([CFK])(?![A-Za-z]))/g, '-$1$2 '],
  [/(?<=\d)''$/g, ' arcsecond'],
  [/(?<=\.\d*)\\dot ?\{(\d+)\}/g, '\\overline{$1}'],
  [/(?<=\d) ?[xX] ?(?=10 ?\^)/g, '\\times '],
  [/\\%/g, '%'],
  [/\\[$]|[$€£]|\\[()[\]]/g, ' '],
  // Decimal commas: 0{,}125 and 2{,}5, but not 2{,}500.
  [/(?<![\d.,}])(?:(0\d*|\d{4,})\{,\}(?=\d+(?![\d{]))|(\d+)\{,\}(?=(?:\d{1,2}|\d{4,})(?![\d{])))/g, '$1$2.'],
  // Digit groups: 1\,000 and 1{,}000 and 1,\!000.
  [/(\d)\\,(?=\d{3}(?!\d))/g, '$1'],
  [/ ?\{ ?, ?\}|(?<=\d),\\! ?/g, ','],
  [/\\!/g, ''],
  // ~5 is about 5, and ~~5~~ is struck out; other ties are spaces.
  [/^~(?=-?[\d.])/, '\\approx '],
  [/\\[,;: ]|(?<!~)~(?!~)|\\q?quad(?![A-Za-z]{2})/g, ' '],
];

/** Unifies LaTeX spellings that look the same, and removes layout commands. */
export function foldCommands(text: string): string {
  if (!/[\\$€£°~{]|[a-z]{2}|[<>!]=|x ?10/i.test(text)) return text;
  return SPELLINGS.reduce((folded, [pattern, spelling]) => folded.replace(pattern, spelling), text);
}
