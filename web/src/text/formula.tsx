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
    place.replaceChildren(rendered(source, kind === 'display'));
  } catch {
    place.replaceChildren(shown);
  }
}

/** A node of KaTeX's tree, as far as this file looks at it. */
interface TreeNode {
  attributes?: Record<string, string>;
  children?: TreeNode[];
}

/** KaTeX's tree before it becomes elements; its types do not list it, and its version is pinned. */
const { __renderToDomTree: treeOf } = katex as typeof katex & {
  __renderToDomTree(source: string, settings: object): TreeNode & { toNode(): Node };
};

/**
 * Renders a formula. KaTeX writes a few styles as attributes, which the page's content policy forbids: they are set as
 * properties instead.
 */
function rendered(source: string, displayMode: boolean): Node {
  const tree = treeOf(source, { ...SETTINGS, displayMode });
  setAside(tree);
  const node = tree.toNode();
  if (node instanceof Element) {
    for (const element of node.querySelectorAll<HTMLElement | SVGElement>(`[${ASIDE}]`)) {
      element.style.cssText = element.getAttribute(ASIDE) ?? '';
      element.removeAttribute(ASIDE);
    }
  }
  return node;
}

const ASIDE = 'data-style';

function setAside({ attributes, children = [] }: TreeNode): void {
  if (attributes?.style !== undefined) {
    attributes[ASIDE] = attributes.style;
    delete attributes.style;
  }
  for (const child of children) setAside(child);
}
