/**
 * Decides whether two answers are equal, exactly and without tolerance. Pure and synchronous.
 *
 * There are three verdicts, because a wrong "equal" would reward a wrong answer. A pair that cannot be proved
 * either way is `undecided`; `grader.ts` may then pass it to the evaluators in their workers. Equality is
 * intentionally not transitive: 3 equals 3 cm and 3 equals 3 m, because one side omits the unit. This file
 * covers keys, shapes and single values; groups are in `groups.ts`, the rules per mode in `mode.ts`.
 */
import type { Comparer, Context } from './context.ts';
import { compareGroups, compareMatrices, isTime } from './groups.ts';
import { compareRelations } from './relations.ts';
import { compareWordings } from './wordings.ts';
import { parseRational } from '../evaluate/rational.ts';
import { exceedsLimits } from '../limits.ts';
import { countsSolutions, nounsFit } from '../measures/nouns.ts';
import { rulesOf, type Rules } from '../mode.ts';
import { type Answer, type Choice, type Group, plainScalar, type Scalar } from '../read/answer.ts';
import type { Multiple } from '../read/multiple.ts';
import { isLongName, isWordName } from '../read/names.ts';
import { answerKey, LABEL, parseAnswer } from '../read/parse.ts';
import { wordingOf } from '../read/wording.ts';
import { different, equal, undecided, under, type Verdict } from '../verdict.ts';

export type { Comparer } from './context.ts';

const LATER: Comparer = {
  scalars: () => undecided('needs-evaluation'),
  equations: () => undecided('needs-evaluation'),
  inequalities: () => undecided('needs-evaluation'),
};

const VOTING = rulesOf('voting');

/**
 * Returns a key for grouping equal answers. Equal keys mean equal answers, in both modes. Null for a blank or
 * oversized text, which is not an answer.
 */
export function canonicalKey(text: string): string | null {
  // Fast path: most votes are whole numbers.
  if (/^(?:0|-?[1-9]\d{0,14})$/.test(text)) return `${text}/1`;
  return readAnswer(text).key;
}

/**
 * Compares two answers as models wrote them.
 *
 * @param comparer decides parts that are neither the same text nor both rational. The default returns
 * undecided with reason `needs-evaluation`.
 */
export function compareAnswers(a: string, b: string, rules: Rules = VOTING, comparer: Comparer = LATER): Verdict {
  const [left, right] = [readAnswer(a), readAnswer(b)];
  if (left.key === null || right.key === null)
    return different([left, right].some(({ key, oversized }) => key === null && !oversized) ? 'blank' : 'limit');
  if (left.key === right.key) return equal('same');
  if (left.answer === null || right.answer === null) return undecided('limit');
  const context: Context = { rules, comparer, compare: (one, other) => compareParsed(one, other, context) };
  return context.compare(left.answer, right.answer);
}

interface Reading {
  key: string | null;
  /** Null if the text exceeds a limit. */
  answer: Answer | null;
  /** True if the text has too many characters. */
  oversized: boolean;
}

/** Size of the cache of parsed answers: each vote is compared with every class of its question. */
const REMEMBERED = 2048;
const readings = new Map<string, Reading>();

function readAnswer(text: string): Reading {
  if (text.length > 256) return newReading(text);
  const known = readings.get(text);
  if (known !== undefined) return known;
  if (readings.size >= REMEMBERED) readings.clear();
  const reading = newReading(text);
  readings.set(text, reading);
  return reading;
}

function newReading(text: string): Reading {
  const limit = exceedsLimits(text);
  if (limit !== null) {
    const oversized = limit === 'characters';
    return { key: oversized ? null : `raw:${text.trim()}`, answer: null, oversized };
  }
  const answer = parseAnswer(text);
  const key = answerKey(answer);
  return { key: key === 't' ? null : key, answer, oversized: false };
}

/** Compares two parsed answers, or two parts of answers. */
function compareParsed(a: Answer, b: Answer, context: Context): Verdict {
  if (answerKey(a) === answerKey(b)) return equal('same');
  if (a.kind === 'choice' || b.kind === 'choice') return compareChoices(a, b, context);
  if (a.name !== null && b.name !== null && a.name !== b.name) {
    const solved = isFormula(a) && isFormula(b) && mentions(a, b.name) && mentions(b, a.name);
    return solved ? compareRelations(a, b, context) : compareNames(a, b, context);
  }
  if (a.kind === 'relation' || b.kind === 'relation') return compareRelations(a, b, context);
  const name = a.name ?? b.name;
  const isPlain = name === null || (!isLongName(name) && !isFormula(a.name === null ? b : a));
  if (a.name === b.name || isPlain) return compareShapes(a, b, context);
  return under(context.rules.nameLeftOut, 'missing-name', compareShapes(a, b, context));
}

/** Returns whether the names are y and a function of x: y=2x and f(x)=2x draw the same graph. */
function isGraph(...names: readonly (string | null)[]): boolean {
  return names.includes('y') && names.some((name) => name !== null && /^[a-z]\(x\)$/.test(name));
}

/** Different letters name different things; words may be another name of the same: Area=12 and A=12. */
function compareNames(a: Answer, b: Answer, context: Context): Verdict {
  if (compareShapes(a, b, context).verdict === 'equal' && isGraph(a.name, b.name))
    return under(context.rules.nameLeftOut, 'missing-name', equal('same-parts'));
  const inWords = [a.name, b.name].some((name) => name !== null && isWordName(name));
  return inWords && compareShapes(a, b, context).verdict !== 'different'
    ? undecided('different-name')
    : different('different-name');
}

/**
 * Returns whether the value is a formula, as in y=2x+3. There a name carries meaning, unless it is a
 * function's name.
 */
function isFormula(answer: Answer): boolean {
  if (answer.kind !== 'scalar' || answer.value !== null || answer.name?.endsWith(')') === true) return false;
  return /(?<![\\A-Za-z])(?![ei](?![A-Za-z]))[A-Za-z]/.test(answer.text);
}

function mentions(formula: Answer, name: string): boolean {
  return formula.kind === 'scalar' && formula.text.includes(name);
}

function compareShapes(a: Answer, b: Answer, context: Context): Verdict {
  if (a.kind === 'scalar' && b.kind === 'scalar') return compareScalars(a, b, context);
  if (a.kind === 'group' && b.kind === 'group') return compareGroups(a, b, context);
  if (a.kind === 'matrix' || b.kind === 'matrix') return compareMatrices(a, b, context);
  const [one, other] = a.kind === 'scalar' ? [a, b] : [b, a];
  if (one.kind !== 'scalar' || other.kind !== 'group') return different('different-shape');
  if (other.open === ':' && other.items.length === 2) return compareRatio(one, other, context);
  if (other.open === '{' && other.items.length === 0) return compareScalars(one, EMPTY_SET, context);
  if (LABEL.test(one.text) && isLabels(other)) return different('different-shape');
  const set = wordingOf(one.text)?.set ?? one.text;
  if (set === '\\SetR' && answerKey(other) === REALS)
    return under(set === one.text || context.rules.wordsForSets, 'wording', equal('same'));
  if (other.open === '{' && other.items.length === 1 && set !== '\\emptyset') {
    const value = compareParsed(one, other.items[0], context);
    return under(context.rules.looseBrackets, 'brackets', value);
  }
  const comma = compareDecimalComma(one, other, context.rules);
  if (comma !== null) return comma;
  // Words may describe a tuple; a number cannot be one.
  return one.value !== null ? different('different-shape') : undecided('not-evaluable');
}

/** Returns whether a list or set holds several choices: "I and III". */
function isLabels({ open, items }: Group): boolean {
  const all = items.every((item) => item.kind === 'scalar' && LABEL.test(item.text));
  return items.length > 1 && (open === '' || open === '{') && all;
}

const REALS = answerKey(parseAnswer('(-\\infty,\\infty)'));

const EMPTY_SET = plainScalar('\\emptyset');

/** Compares 0.125 with 0,125: a list of 0 and 125, or a decimal comma. Null unless the digits are the same. */
function compareDecimalComma(one: Scalar, { open, items }: Group, rules: Rules): Verdict | null {
  const [whole, fraction] = items.map((item) => (item.kind === 'scalar' ? item.text : ''));
  if (open !== '' || items.length !== 2 || !/^-?\d+$/.test(whole) || !/^\d+$/.test(fraction)) return null;
  const value = parseRational(`${whole}.${fraction}`);
  if (one.value === null || value?.p !== one.value.p || value.q !== one.value.q) return null;
  return /^-?0$/.test(whole) ? under(rules.decimalComma, 'decimal-comma', equal('same')) : undecided('decimal-comma');
}

function compareRatio(one: Scalar, ratio: Group, { rules, compare }: Context): Verdict {
  const [top, bottom] = ratio.items;
  if (top.kind !== 'scalar' || bottom.kind !== 'scalar') return undecided('not-evaluable');
  const text = `\\frac{${top.text}}{${bottom.text}}`;
  const fraction = parseAnswer(text);
  const verdict = under(rules.ratioAsFraction, 'ratio-or-fraction', compare(one, fraction));
  return verdict.verdict === 'equal' && isTime(ratio) ? undecided('ratio-or-time') : verdict;
}

function compareChoices(a: Answer, b: Answer, context: Context): Verdict {
  if (a.kind === 'choice' && b.kind === 'choice') {
    if (a.letter !== b.letter) return different('different-value');
    const content = compareParsed(a.content, b.content, context);
    return content.verdict === 'different' ? undecided('choice-or-content') : equal('same-parts');
  }
  const [choice, other] = a.kind === 'choice' ? [a, b] : [b as Choice, a];
  if (other.kind === 'scalar' && /^[A-J]$/.test(other.text) && other.name === null)
    return other.text === choice.letter ? equal('same-parts') : different('different-value');
  return under(context.rules.choiceContent, 'choice-or-content', compareParsed(choice.content, other, context));
}

function compareScalars(a: Scalar, b: Scalar, context: Context): Verdict {
  if (a.text === '' || b.text === '') return different('blank');
  if (a.approximate !== b.approximate)
    return under(context.rules.approximate, 'approximate', compareMeasured(a, b, context));
  return compareMeasured(a, b, context);
}

function compareMeasured(a: Scalar, b: Scalar, context: Context): Verdict {
  const [one, other] = [a.unit, b.unit];
  const isCount = (a.name !== null && countsSolutions(b.noun)) || (b.name !== null && countsSolutions(a.noun));
  if (isCount || !nounsFit(a.noun, b.noun) || measures(a, b) || measures(b, a)) {
    const value = compareValues(a, b, context);
    return value.verdict === 'equal' ? undecided('different-unit') : value;
  }
  // The % sign counts as a unit.
  if ((one === null && a.percent && other !== null) || (other === null && b.percent && one !== null))
    return different('different-unit');
  if (one === null || other === null) return compareValues(a, b, context);
  if (one.dimension !== other.dimension) {
    const value = compareValues(a, b, context);
    return value.verdict === 'undecided' ? value : different('different-unit');
  }
  if (one.factor.p === other.factor.p && one.factor.q === other.factor.q) return compareValues(a, b, context);
  if (a.value === null || b.value === null) return undecided('different-unit');
  const [x, y] = [
    a.value.p * one.factor.p * b.value.q * other.factor.q,
    b.value.p * other.factor.p * a.value.q * one.factor.q,
  ];
  return x === y ? equal('same-parts') : different('different-value');
}

/** Returns whether `a` has a unit or a percent sign, and `b` counts something without one: 3 m, 3 apples. */
function measures(a: Scalar, b: Scalar): boolean {
  return (a.unit !== null || a.percent) && b.unit === null && !b.percent && b.noun !== null && b.noun !== a.noun;
}

function compareValues(a: Scalar, b: Scalar, { rules, comparer }: Context): Verdict {
  if (a.value !== null && b.value !== null) return compareNumbers(a, b, rules);
  if (a.text === b.text) return equal('same');
  const [left, right] = [multipleOf(a), multipleOf(b)];
  if (left !== null && right !== null) {
    const same = left.of === right.of && left.value.p * right.value.q === right.value.p * left.value.q;
    return same ? equal('same') : different('different-value');
  }
  const words = compareWordings(a.text, b.text, rules);
  if (words !== null) return words;
  if (/^[A-Z]$/.test(a.text) && /^[A-Z]$/.test(b.text)) return different('different-value');
  // Case that `normalize.ts` did not fold is part of a name: abc is not Abc.
  if (/^[A-Za-z]+$/.test(a.text) && a.text.toLowerCase() === b.text.toLowerCase()) return different('different-value');
  return comparer.scalars(a.text, b.text);
}

function multipleOf({ value, multiple }: Scalar): Multiple | null {
  return value === null ? multiple : { value, of: '1' };
}

function compareNumbers(a: Scalar, b: Scalar, { percentAsUnit }: Rules): Verdict {
  if (a.value === null || b.value === null) return undecided('not-evaluable');
  const [x, y] = [a.value.p * b.value.q, b.value.p * a.value.q];
  if (x === y) return equal('same');
  const hundredfold = a.percent !== b.percent && (a.percent ? x * 100n === y : x === y * 100n);
  return hundredfold ? under(percentAsUnit, 'percent', equal('same')) : different('different-value');
}
