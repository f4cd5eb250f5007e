/**
 * Builds the prompts for a task's questions. They are the same for every model, and stored with every item.
 */

import type { Domain } from '../domains/domain.ts';
import { math } from '../domains/math/domain.ts';
import type { ChatMessage } from '../types.ts';
import { choiceLines, type EvalItem, type Grading } from './task.ts';

const CHOICE_SYSTEM =
  'Reason step by step, and write the letter of the right choice, and nothing else, inside \\boxed{} at the end.';

/**
 * Builds the messages of an item. Open questions use the domain's Solver prompt (default `math`, the
 * paper's); multiple choice lists its choices below the question.
 */
export function messagesFor(item: EvalItem, grading: Grading, domain: Domain = math): ChatMessage[] {
  if (grading === 'math' || grading === 'text') return domain.solverMessages(item.question);
  if (item.choices === null) return math.solverMessages(item.question);
  return [
    { role: 'system', content: CHOICE_SYSTEM },
    { role: 'user', content: `${item.question}\n\n${choiceLines(item.choices)}` },
  ];
}
