/**
 * Removes a model's thoughts, `<think>…</think>`, from a completion: a box inside them is a draft and not the answer.
 * Used by `extract.ts` and `conventions.ts`.
 */

const TAG = /<(\/?)(?:think|thinking|thought)>/gi;

interface Tag {
  start: number;
  end: number;
  closes: boolean;
}

/**
 * Returns the text outside all thoughts, in order. A thought without its end reaches to the end of the text; one
 * without its start (a chat template may write it) begins with the text. If nothing is outside, the thoughts are all
 * that the model wrote: the text is returned unchanged. Linear in the text.
 */
export function withoutThoughts(text: string): string {
  const tags: Tag[] = [...text.matchAll(TAG)].map(({ 0: tag, 1: slash, index }) => ({
    start: index,
    end: index + tag.length,
    closes: slash === '/',
  }));
  if (tags.length === 0) return text;
  const outside = outsideOf(text, tags, isNested(tags));
  return outside.trim() === '' ? text : outside;
}

/** Returns whether every opening tag has its own closing tag. Otherwise one closing tag ends all open thoughts. */
function isNested(tags: readonly Tag[]): boolean {
  let depth = 0;
  for (const { closes } of tags) depth += closes ? -Math.sign(depth) : 1;
  return depth === 0;
}

function outsideOf(text: string, tags: readonly Tag[], nested: boolean): string {
  let [outside, depth, from] = ['', 0, 0];
  for (const { start, end, closes } of tags) {
    if (depth === 0) outside = closes ? '' : outside + text.slice(from, start);
    if (closes) depth = nested ? Math.max(0, depth - 1) : 0;
    else depth++;
    if (depth === 0) from = end;
  }
  return depth === 0 ? outside + text.slice(from) : outside;
}
