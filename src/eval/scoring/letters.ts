/**
 * Grades multiple choice by an explicit grammar, in this order: the last box (`\boxed{C}`, `(C)`, `C. text`,
 * or the exact text of one choice); the last sentence that states the answer ("The answer is (C)", "Answer:
 * C"); a completion that consists of a letter only. Anything else, two letters, or a letter that the question
 * does not have is unparsable: counted as wrong, never guessed.
 */

import { lastBoxed, searchedPart } from '../../answers/read/extract.ts';
import { LETTERS, type EvalItem } from '../task.ts';
import type { Grade, Scorer } from './scorer.ts';
import { tallyTexts } from './tally.ts';

export const letterScorer: Scorer = {
  grade: async (completion, item) => gradeLetter(completion, item),
  tally: async (answers) => tallyTexts(answers),
};

function gradeLetter(completion: string, item: EvalItem): Grade {
  const choices = item.choices ?? [];
  const found = findLetter(completion, choices);
  if (found === null) return { extracted: null, verdict: 'unparsable', reason: 'no letter' };
  const verdict = item.reference.answers.includes(found.letter) ? 'right' : 'wrong';
  return { extracted: found.letter, verdict, reason: found.rule };
}

/** Finds the letter that a completion gives, and the matching rule. Linear in the completion's tail. */
export function findLetter(completion: string, choices: readonly string[]): { letter: string; rule: string } | null {
  const tail = searchedPart(completion);
  const box = lastBoxed(tail);
  const boxed = box === null ? null : (letterOf(box, choices.length) ?? choiceOf(box, choices));
  if (boxed !== null) return { letter: boxed, rule: 'box' };
  const said = lastSaid(tail, choices.length);
  if (said !== null) return { letter: said, rule: 'sentence' };
  const alone = letterOf(tail.trim(), choices.length, ALONE);
  return alone === null ? null : { letter: alone, rule: 'alone' };
}

/** A letter with decoration: `C`, `(C)`, `C.`, `**C**`, `\text{C}`, `Option C`, `C) its text`. */
const DECORATED =
  /^(?:the )?(?:option |choice |answer(?: is)?:? )?[([*_$]*([A-Z])[)\]*_$]*(?:[.:)]\s.*|[.:]|\s*[-–—]\s.*)?$/is;
const ALONE = /^[([*_$]*([A-Z])[)\]*_$]*\.?$/;

function letterOf(text: string, choices: number, shape = DECORATED): string | null {
  const match = shape.exec(plain(text).slice(0, 500));
  // The pattern ignores case, but only a capital letter names a choice.
  return match === null || !isChoice(match[1], choices) ? null : match[1];
}

function plain(text: string): string {
  return text
    .replaceAll(/\\(?:text|textbf|mathrm|mathbf|mathit|operatorname|mbox)\s?\{([^{}]*)\}/g, '$1')
    .replaceAll(/\\[ ,;!]|~/g, ' ')
    .trim();
}

function isChoice(letter: string, choices: number): boolean {
  const at = LETTERS.indexOf(letter);
  return at >= 0 && at < choices;
}

/** Returns the letter of the only choice with exactly this text. */
function choiceOf(box: string, choices: readonly string[]): string | null {
  const texts = choices.map((choice) => plain(choice));
  const at = texts.indexOf(plain(box));
  return at >= 0 && texts.lastIndexOf(texts[at]) === at ? LETTERS[at] : null;
}

const SAID = /\banswer\b(?:\s+(?:choice|option|is|would be|should be|must be|to (?:this|the) question))*\s*:?/gi;
/** The text allowed between the announcement and the letter, and the letter, which must not start a word. */
const LETTER =
  /^[\s*_]*(?:(?:the|option|choice)\s+)*[\s*_$([{\\]*([A-Z])(?![A-Za-z0-9'’])(?!\s*(?:,|and|or|&|\/)\s*[([]?[A-Z](?![A-Za-z]))/;

function lastSaid(tail: string, choices: number): string | null {
  let last: string | null = null;
  for (const match of tail.matchAll(SAID)) {
    const after = plain(tail.slice(match.index + match[0].length, match.index + match[0].length + 60));
    const letter = LETTER.exec(after);
    if (letter === null || !isChoice(letter[1], choices)) continue;
    // "The answer is A large …": an article.
    if ('AI'.includes(letter[1]) && /^\s+(?!because|since|as\b|with|by)[a-z]/.test(after.slice(letter[0].length)))
      continue;
    last = letter[1];
  }
  return last;
}
