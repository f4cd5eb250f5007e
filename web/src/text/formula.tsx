/**
 * One formula, rendered by KaTeX. Its source is not trusted: KaTeX builds elements, never HTML, and does not know links,
 * images and attributes here. A formula that it cannot read is shown as it was written.
 */

import katex from 'katex';
import 'katex/dist/katex.min.css';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { nameActing } from './acting.ts';
import type { Segment } from './split-math.ts';

const SETTINGS = {
  trust: false,
  throwOnError: true,
  /** In em. */
  maxSize: 8,
  maxExpand: 200,
  // Models write letters of all scripts in formulas. Everything else that is not LaTeX is shown as written.
  strict: (code: string) => (code === 'unicodeTextInMathMode' ? 'ignore' : 'error'),
} as const;

export function Formula({ segment }: { segment: Segment }) {
  const place = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (place.current !== null) draw(segment, place.current);
  }, [segment.written]);
  return <span ref={place} class={segment.kind === 'display' ? 'formula formula-display' : 'formula'} />;
}

function draw({ kind, source, written }: Segment, place: HTMLElement): void {
  const shown = nameActing(written);
  try {
    // Characters that change the direction of the text have no place in a formula.
    if (shown !== written) throw new Error('not a formula');
    katex.render(source, place, { ...SETTINGS, displayMode: kind === 'display' });
  } catch {
    place.replaceChildren(shown);
  }
}
