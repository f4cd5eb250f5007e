/** Which rules grade a task. */

import type { Grader } from '../../answers/grader.ts';
import type { Grading } from '../task.ts';
import { bbehScorer } from './bbeh.ts';
import { letterScorer } from './letters.ts';
import { mathScorer } from './math.ts';
import type { Scorer } from './scorer.ts';

/** Returns the scorer of a grading. The caller closes the grader. */
export function scorerOf(grading: Grading, grader: Grader): Scorer {
  switch (grading) {
    case 'math':
      return mathScorer(grader);
    case 'letter':
      return letterScorer;
    case 'bbeh':
    case 'text':
      return bbehScorer;
  }
}
