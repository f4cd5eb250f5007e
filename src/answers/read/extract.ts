/**
 * Finds the final answer in a completion: the content of the last `\boxed{…}`.
 *
 * Only the tail of a completion is read, once, from left to right. The meaning of an answer is decided
 * elsewhere (`normalize.ts`, `equal.ts`). Other notations of benchmarks are in `conventions.ts`.
 */
import { LIMITS } from '../limits.ts';
import { withoutThoughts } from './thoughts.ts';

/** Number of characters at the end of a completion that are searched for an answer. */
export const ANSWER_TAIL = 65_536;

const BOX = /\\(?:boxed|fbox|framebox)(?![A-Za-z])\s{0,8}/y;
const BARE = /[^\s${}\\]{1,256}/y;

/** A box in a text. */
export interface Box {
  /** Where the box starts, and the first character after it. */
  start: number;
  end: number;
  /** Its trimmed content. */
  content: string;
}

/** Returns the part of a completion that is searched for an answer: its tail, without thoughts. */
export function searchedPart(completion: string): string {
  return withoutThoughts(completion).slice(-ANSWER_TAIL);
}

/**
 * Returns the trimmed content of the last `\boxed{…}`, `\fbox{…}` or `\framebox{…}` (or `\boxed 5`) outside
 * `<think>…</think>`. The last one is the one that starts last. An empty box gives an empty string. Null if there is no
 * box, if the last one has no end, as in a truncated text, or if its content exceeds the size limit.
 */
export function lastBoxed(text: string): string | null {
  return boxesIn(searchedPart(text)).at(-1)?.content ?? null;
}

/**
 * Returns the boxes of a text, nested ones too, in the order of their ends, up to the one that starts last. No boxes if
 * that one has no end or is too long.
 */
export function boxesIn(text: string): Box[] {
  const boxes: Box[] = [];
  // Where the box that starts last starts.
  let last = -1;
  // One entry per open brace: the start of its box and of the content, or null if the brace belongs to no box.
  const open: ([number, number] | null)[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '{') open.push(null);
    else if (char === '}') {
      const box = open.pop() ?? null;
      if (box !== null) boxes.push({ start: box[0], end: at + 1, content: text.slice(box[1], at) });
    } else if (char === '\\') {
      const after = boxEnd(text, at);
      if (after === null) {
        at++; // `\{` and `\}` are literal characters, not braces.
        continue;
      }
      if (text[after] === '{') {
        last = at;
        open.push([at, after + 1]);
        at = after;
      } else {
        const content = bareContent(text, at, after);
        if (content !== null) boxes.push({ start: at, end: after + content.length, content });
        // A text that ends here is truncated.
        if (content !== null || after === text.length) last = at;
        at = after - 1;
      }
    }
  }
  const upTo = boxes.findIndex(({ start }) => start === last) + 1;
  if (upTo === 0 || boxes[upTo - 1].content.length > LIMITS.characters) return [];
  return boxes.slice(0, upTo).map((box) => ({ ...box, content: box.content.trim() }));
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
