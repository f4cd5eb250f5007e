/** Words for what happened to a question. */

import { plural } from '../../../../../src/text/numbers.ts';
import type { QuestionRow } from '../../../../../src/view/questions/types.ts';
import type { DropReason, InvalidReason } from '../../../../../src/types.ts';

/** Short words for the reasons for which the filter drops a question. */
export const DROPPED: Readonly<Record<DropReason, string>> = {
  invalid: 'invalid',
  'held-out': 'in the test',
  duplicate: 'repeated',
  'near-earlier': 'like an earlier one',
  'no-answer': 'no answer',
  'forbidden-text': 'forbidden text',
  'too-easy': 'too easy',
  'too-hard': 'too hard',
  'no-truth': 'no truth',
  unreadable: 'no other wording',
  'views-disagree': 'other wordings disagree',
  'verifier-rejects': 'the Verifier rejects it',
  'low-spread': 'below the band',
  'high-spread': 'above the band',
  'no-shift': 'empty response',
  'too-short': 'response too short',
  'too-long': 'response too long',
  'longer-than-rejected': 'much longer with hint',
  repetitive: 'repetitive response',
  'repeats-task': 'repeats the task',
  'role-marker': 'begins as a chat turn',
  surplus: 'surplus',
};

/** The same as sentences. */
export const WHY_DROPPED: Readonly<Record<DropReason, string>> = {
  invalid: 'Dropped: the completion contains no usable question.',
  'held-out': 'Dropped: the question is in the held-out test.',
  duplicate: 'Dropped: the same question was posed before.',
  'near-earlier': 'Dropped: it is too similar to a question of an earlier iteration (memory.drop).',
  'no-answer': 'Dropped: no attempt has an answer that could be its label.',
  'forbidden-text': 'Dropped: the question or its label contains text that the config forbids.',
  'too-easy': 'Dropped: the agreement is above the band (filter.maxAgreement).',
  'too-hard': 'Dropped: the agreement is below the band (filter.minAgreement).',
  'no-truth': 'Dropped: labels come from the domain, which cannot answer it.',
  unreadable: 'Dropped: the question has no other wordings (filter.unreadable).',
  'verifier-rejects': 'Dropped: the Verifier does not accept its label (filter.gate).',
  'views-disagree': 'Dropped: the votes on its other wordings name another answer (filter.gate).',
  'low-spread': 'Dropped: the spread of its scores, or the shift of its hint, is below the band (open).',
  'high-spread': 'Dropped: the spread of its scores, or the shift of its hint, is above the band (open).',
  'no-shift': 'Dropped: a response to it is empty, or its prompts do not fit into the context.',
  'too-short': 'Dropped: the response after the hint is too short (open.hints.fewestCharacters).',
  'too-long': 'Dropped: the response after the hint is too long.',
  'longer-than-rejected': 'Dropped: the response after the hint is much longer than the one without it.',
  repetitive: 'Dropped: the response after the hint repeats itself.',
  'repeats-task': 'Dropped: the response after the hint begins with the task.',
  'role-marker': 'Dropped: the response after the hint begins as a turn of a chat.',
  surplus: 'Dropped: more questions were in the band than filter.maxQuestions allows.',
};

const INVALID: Readonly<Record<InvalidReason, string>> = {
  'no-question': 'no question in the completion',
  'no-answer': 'no answer claimed',
  'no-hint': 'no hint with the task',
  truncated: 'cut off at the token limit',
  'ill-formed': 'not well formed',
  'ill-posed': 'refused as ill-posed',
  'not-computable': 'its program gives no value that is always the same',
};

export type Tone = 'good' | 'bad' | 'unsure' | 'quiet';

/** Returns what became of a question: a word, its tone and a sentence. */
export function verdictOf(row: QuestionRow): { word: string; tone: Tone; sentence: string } {
  if (row.origin === 'training') {
    return row.invalid === null
      ? { word: 'training', tone: 'quiet', sentence: "Posed in the Challenger's training; it earned a reward." }
      : { word: 'invalid', tone: 'bad', sentence: `Invalid: ${INVALID[row.invalid]}.` };
  }
  if (!row.decided) return { word: 'not decided', tone: 'quiet', sentence: 'The filter has not seen it yet.' };
  if (row.dropped === null) {
    return {
      word: 'kept',
      tone: 'good',
      sentence: 'Kept: the agreement is inside the band, and the Solver trains on it.',
    };
  }
  const detail = row.invalid === null ? '' : ` Reason: ${INVALID[row.invalid]}.`;
  return { word: DROPPED[row.dropped], tone: 'quiet', sentence: `${WHY_DROPPED[row.dropped]}${detail}` };
}

/** Returns how the label compares with the truth; null without an oracle or votes. */
export function labelSign(row: QuestionRow): { sign: string; word: string; tone: Tone } | null {
  if (row.labelCorrect === true) return { sign: '✓', word: 'label right', tone: 'good' };
  if (row.labelCorrect === false) return { sign: '✗', word: 'label wrong', tone: 'bad' };
  if (row.label !== null && row.label === row.truth) return { sign: '✓', word: 'label computed', tone: 'good' };
  return row.illPosed ? { sign: '∅', word: 'ill-posed', tone: 'unsure' } : null;
}

/** A question's difficulty with its unit: `1 operation`, `3 operations`. */
export function difficultyWords(difficulty: number, unit: string | null): string {
  return plural(difficulty, (unit ?? '').replace(/s$/, ''), unit ?? '').trim();
}
