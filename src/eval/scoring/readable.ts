/**
 * Checks before an evaluation whether its references can be graded. A reference that the answer checker can compare
 * with no number counts every answer that differs from it in writing as undecided, and therefore as wrong.
 */

import type { Grader } from '../../answers/grader.ts';
import { EvalError } from '../../errors.ts';
import type { LoadedTask } from '../load-task.ts';

/** Answers that every reference which can be read is provably equal to or different from. */
const PROBES = ['7', '17/3'];
/** Maximum number of references that are checked, from the start of the order of asking. */
const CHECKED = 100;

/**
 * Throws EvalError, with an example, if the checker cannot read most references of a task that is graded as
 * mathematics. Does nothing for other gradings. `advice`: what the caller can do; default: the options of `rzero eval`.
 */
export async function requireReadable(
  { task, items, from }: LoadedTask,
  grader: Grader,
  advice = 'Name the column with short final answers. Or choose how to grade: as multiple choice (--choices COLUMN), by comparing texts (--grading text), or with a judge (--judge MODEL).',
): Promise<void> {
  if (task.grading !== 'math') return;
  const references = items.slice(0, CHECKED).map(({ reference }) => reference.answers);
  const unread: string[] = [];
  for (const answers of references) if (!(await isAnyReadable(answers, grader))) unread.push(answers[0]);
  if (unread.length * 2 <= references.length) return;
  throw new EvalError(
    `${task.title}: ${unread.length} of ${references.length} reference answers in ${from} cannot be compared as mathematics, such as ${JSON.stringify(unread[0].slice(0, 80))}. Nearly all answers would count as wrong.`,
    advice,
  );
}

async function isAnyReadable(answers: readonly string[], grader: Grader): Promise<boolean> {
  for (const answer of answers) {
    for (const probe of PROBES) if ((await grader.equal(probe, answer)).verdict !== 'undecided') return true;
  }
  return false;
}
