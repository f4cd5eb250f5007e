/** Sentences about answers that a score counts without a clear verdict, the same for terminal, page and JSON. Pure. */

import { count } from '../text/numbers.ts';
import type { TaskResult } from './summarize.ts';

/** Returns what a reader of a task's score has to know; empty if every answer was compared. */
export function warningsOf({
  title,
  verdicts,
  judgements,
}: Pick<TaskResult, 'title' | 'verdicts' | 'judgements'>): string[] {
  const answers = Object.values(verdicts).reduce((sum, one) => sum + one, 0);
  const warnings: string[] = [];
  if (verdicts.undecided > 0) {
    warnings.push(
      `${title}: ${count(verdicts.undecided)} of ${count(answers)} answers could not be compared with the reference and count as wrong.`,
    );
  }
  if (judgements !== null) warnings.push(judgeSentence(title, judgements));
  return warnings;
}

function judgeSentence(title: string, { right, wrong, undecided }: NonNullable<TaskResult['judgements']>): string {
  const asked = right + wrong + undecided;
  const found = `of ${count(asked)} disputed answers, the judge found ${count(right)} the same as the reference and ${count(wrong)} different`;
  const unread =
    undecided === 0
      ? ''
      : `; its verdict on ${count(undecided)} could not be read, and these keep the verdict of the rules`;
  return `${title}: ${found}${unread}.`;
}
