/**
 * Finds the final answer in a completion: the content of the last `\boxed{…}`.
 *
 * Only the tail of a completion is read, once, from left to right. The meaning of an answer is decided
 * elsewhere (`normalize.ts`, `equal.ts`). Other notations of benchmarks are in `conventions.ts`.
 */
import { LIMITS } from '../limits.ts';

/** Number of characters at the end of a completion that are searched for an answer. */
export const ANSWER_TAIL = 65_536;

const BOX = /\\(?:boxed|fbox|framebox)(?![A-Za-z])\s{0,8}/y;
const BARE = /[^\s${}\\]{1,256}/y;

interface Found {
  start: number;
  content: string;
}

/**
 * Returns the trimmed content of the last balanced `\boxed{…}`, `\fbox{…}` or `\framebox{…}` (or `\boxed 5`).
 * The last one is the one that starts last. An empty box gives an empty string; null if there is no box, or
 * its content exceeds the size limit.
 */
export function lastBoxed(text: string): string | null {
  const tail = text.slice(-ANSWER_TAIL);
  let last: Found | null = null;
  // One entry per open brace: where the content of its box starts, or −1 if the brace does not belong to a
  // box.
  const open: number[] = [];
  for (let at = 0; at < tail.length; at++) {
    const char = tail[at];
    if (char === '{') open.push(-1);
    else if (char === '}') {
      const start = open.pop() ?? -1;
      if (start >= 0 && (last === null || start > last.start)) last = { start, content: tail.slice(start, at) };
    } else if (char === '\\') {
      const after = boxEnd(tail, at);
      if (after === null) {
        at++; // `\{` and `\}` are literal characters, not braces.
      } else if (tail[after] === '{') {
        open.push(after + 1);
        at = after;
      } else {
        const content = bareContent(tail, at, after);
        if (content !== null) last = { start: after, content };
        at = after - 1;
      }
    }
  }
  if (last === null) return null;
  return last.content.length > LIMITS.characters ? null : last.content.trim();
}

function boxEnd(tail: string, at: number): number | null {
  BOX.lastIndex = at;
  return BOX.test(tail) ? BOX.lastIndex : null;
}

/** Returns the content of `\boxed 5`: a single word, which needs white space before it. */
function bareContent(tail: string, at: number, after: number): string | null {
  if (!/\s/.test(tail[after - 1]) || after <= at) return null;
  BARE.lastIndex = after;
  return BARE.exec(tail)?.[0] ?? null;
}
