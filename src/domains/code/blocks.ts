/** Finds the fenced blocks of a model's text. */

export interface Block {
  /** What stands after the opening fence, in lower case: `js`, `input`, … */
  tag: string;
  content: string;
}

/** Longest text that is searched, in characters. */
const MOST_CHARACTERS = 100_000;
const FENCE = '```';

/** Returns the closed blocks in order. A fence is a line that starts with three backticks. */
export function fencedBlocks(text: string): Block[] {
  if (text.length > MOST_CHARACTERS) return [];
  const blocks: Block[] = [];
  let open: { tag: string; lines: string[] } | null = null;
  for (const line of text.split('\n')) {
    const fence = line.trimStart().startsWith(FENCE);
    if (open === null) {
      if (fence) open = { tag: line.trim().slice(FENCE.length).trim().toLowerCase(), lines: [] };
    } else if (fence) {
      blocks.push({ tag: open.tag, content: open.lines.join('\n').trim() });
      open = null;
    } else {
      open.lines.push(line.replace(/\r$/, ''));
    }
  }
  return blocks;
}
