/** Finds the boxes of a completion that belong to its final answer. */
import { boxesIn, searchedPart, type Box } from '../../answers/read/extract.ts';

/** Maximum number of boxes that belong together. */
const MOST_BOXES = 16;
/** Text between two boxes of one answer: "\\boxed{2} or x = \\boxed{3}", a list with one box per line. */
const BETWEEN =
  /^[\s$.,;:*\\()[\]&~-]*(?:(?:\\text\{ ?)?(?<word>and|or)\b(?: ?\})?)?[\s$.,;:*\\()[\]&~-]*(?:\d{1,2}[.)]\s*)?(?:\\?[A-Za-z]{1,7}(?:_\w|_\{\w{1,4}\})?\s*(?:=|\\in\b|is\b)\s*)?[\s$\\([]*$/;

/** The boxes of a final answer. */
export interface FinalBoxes {
  /** Their contents in order of appearance, without empty ones. Nested boxes count once. */
  contents: string[];
  /** Joined by "or". */
  alternatives: boolean;
}

/** Returns the last box of a completion and the ones that are listed directly before it. */
export function finalBoxes(completion: string): FinalBoxes {
  const text = searchedPart(completion);
  const boxes = merged(boxesIn(text));
  const contents: string[] = [];
  let alternatives = false;
  for (let at = boxes.length - 1; at >= 0 && contents.length < MOST_BOXES; at--) {
    if (at < boxes.length - 1) {
      const between = BETWEEN.exec(text.slice(boxes[at].end, boxes[at + 1].start).slice(0, 65));
      if (between === null) break;
      alternatives ||= between.groups?.word === 'or';
    }
    contents.unshift(boxes[at].content);
  }
  return { contents: contents.filter((content) => content !== ''), alternatives };
}

/** Merges a box with the one inside it. A box is listed before those that contain it. */
function merged(boxes: readonly Box[]): Box[] {
  const out: Box[] = [];
  for (const box of boxes) {
    const inner = out.at(-1);
    if (inner !== undefined && inner.start > box.start) out.splice(-1, 1, { ...box, content: inner.content });
    else out.push(box);
  }
  return out;
}
