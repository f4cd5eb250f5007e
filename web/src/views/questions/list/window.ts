/** Which lines of a long list are drawn, and where. Pure. */

export interface Window {
  /** First line that is drawn, and the one after the last. */
  first: number;
  end: number;
  /** Height of the scrolled content, in pixels. */
  height: number;
  /** Distance of the first drawn line from the top of the content. */
  top: number;
}

/** Browsers cut elements that are higher than about 16 million pixels; beyond this, the scrollbar covers more lines. */
const HIGHEST = 12_000_000;
const EXTRA = 8;

/** Returns what a list of `count` lines draws. `view`: height of the part that is seen, in pixels. */
export function windowOf(count: number, line: number, { scrolled, view }: { scrolled: number; view: number }): Window {
  const height = Math.min(count * line, HIGHEST);
  const from = lineAt(count, line, { scrolled, view });
  const first = Math.max(0, Math.floor(from) - EXTRA);
  const end = Math.min(count, Math.ceil(from + view / line) + EXTRA);
  return { first, end, height, top: scrolled - (from - first) * line };
}

/** Returns the line at the top of the view, as a fraction. */
function lineAt(count: number, line: number, { scrolled, view }: { scrolled: number; view: number }): number {
  const whole = count * line;
  if (whole <= HIGHEST) return Math.min(scrolled, Math.max(0, whole - view)) / line;
  const share = Math.min(1, Math.max(0, scrolled / (HIGHEST - view)));
  return (share * (whole - view)) / line;
}

/** Returns where to scroll so that a line is seen; the present place if it is seen already. */
export function scrollTo(index: number, count: number, line: number, at: { scrolled: number; view: number }): number {
  const from = lineAt(count, line, at);
  const seen = at.view / line;
  if (index >= from && index + 1 <= from + seen) return at.scrolled;
  const target = index < from ? index : index + 1 - seen;
  const whole = count * line;
  const pixels = Math.max(0, target * line);
  return whole <= HIGHEST ? pixels : (pixels / (whole - at.view)) * (HIGHEST - at.view);
}
