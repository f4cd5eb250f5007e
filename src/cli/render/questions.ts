/** Sample questions with the Solver's votes. Model output is always cleaned before it is shown. */

import type { ShownQuestion } from '../../events.ts';
import { clean, wrapHard } from './format.ts';
import type { Palette } from './palette.ts';

const MOST_GROUPS = 5;

/** `67×6 63×3 —×1  label 67 ✓`: every answer with its count; `—` is an attempt without an answer. */
function voteLine(shown: ShownQuestion, palette: Palette): string {
  const counted = shown.votes.reduce((sum, vote) => sum + vote.count, 0);
  const groups = shown.votes.slice(0, MOST_GROUPS).map((vote) => `${clean(vote.answer, 24)}×${vote.count}`);
  const rest = shown.votes.slice(MOST_GROUPS);
  if (rest.length > 0) groups.push(`others×${rest.reduce((sum, vote) => sum + vote.count, 0)}`);
  if (shown.attempts > counted) groups.push(`—×${shown.attempts - counted}`);
  return `${groups.join(' ')}  ${verdict(shown, palette)}`;
}

/** Each question with its votes below, in lines of at most `columns`. */
export function questionLines(shown: readonly ShownQuestion[], palette: Palette, columns: number): string[] {
  return shown.flatMap((question) => [
    ...wrapHard(clean(question.text, 160), columns, '    ').map((line) => palette.cyan(line)),
    ...(isOpen(question) ? [] : wrapHard(voteLine(question, palette), columns, '      ')),
  ]);
}

/** Tasks of an open domain have neither votes nor a label. */
function isOpen({ attempts, label }: ShownQuestion): boolean {
  return attempts === 0 && label === null;
}

function verdict(shown: ShownQuestion, palette: Palette): string {
  if (shown.label === null) return palette.dim('no label');
  const label = `label ${clean(shown.label, 24)}`;
  if (shown.illPosed === true) return palette.red(`${label} ✗ ill-posed`);
  if (shown.truth === null) return label;
  const right = sameAnswer(shown.label, shown.truth);
  return right ? palette.green(`${label} ✓`) : palette.red(`${label} ✗ truth ${clean(shown.truth, 24)}`);
}

function sameAnswer(label: string, truth: string): boolean {
  return label.trim() === truth.trim();
}
