import { ANSWER_TAIL, lastBoxed } from '../../answers/read/extract.ts';

/** Maximum number of boxes of one completion that are read, from the end. */
const MOST_BOXES = 16;

/**
 * Returns the contents of the last boxes of a completion, in order of appearance, without empty ones. Nested
 * boxes count once.
 */
export function boxesOf(completion: string): string[] {
  const tail = completion.slice(-ANSWER_TAIL);
  const found: string[] = [];
  let end = tail.length;
  while (found.length < MOST_BOXES) {
    const start = Math.max(tail.lastIndexOf('\\boxed', end - 1), tail.lastIndexOf('\\fbox', end - 1));
    if (start < 0 || end === 0) break;
    const content = lastBoxed(tail.slice(start, end));
    if (content !== null && content !== '') found.unshift(content);
    end = start;
  }
  return found;
}
