/** How a task's question is put to the model. The same words for every model, stored with every item. */

import type { Domain } from '../domains/domain.ts';
import { math } from '../domains/math/domain.ts';
import type { ChatMessage } from '../types.ts';
import { choiceLines, type EvalItem, type Grading } from './task.ts';

const CHOICE_SYSTEM =
  'Reason step by step, and write the letter of the right choice, and nothing else, inside \\boxed{} at the end.';

/**
 * Messages that ask an item: open questions as the domain's Solver is asked (default `math`, the paper's), multiple
 * choice with its choices under the question.
 */
export function messagesFor(item: EvalItem, grading: Grading, domain: Domain = math): ChatMessage[] {
  if (grading === 'math') return domain.solverMessages(item.question);
  if (item.choices === null) return math.solverMessages(item.question);
  return [
    { role: 'system', content: CHOICE_SYSTEM },
    { role: 'user', content: `${item.question}\n\n${choiceLines(item.choices)}` },
  ];
}
