/** Looks at the document of a page. The scripts are texts, since the tests are checked without the types of a browser. */

import type { Page } from 'playwright-core';

/** Returns how many pixels the page is wider than its window. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

export interface Focused {
  tag: string;
  text: string;
  outline: string;
}

/** Describes the element that has the focus. */
export function focusedIn(page: Page): Promise<Focused> {
  return page.evaluate(`(() => {
    const { tagName, textContent } = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
    return { tag: tagName, text: textContent, outline: outlineStyle + ' ' + outlineWidth };
  })()`);
}

/** Returns the theme that is shown. */
export function themeOf(page: Page): Promise<string> {
  return page.evaluate('document.documentElement.dataset.theme');
}

/** Runs axe-core, and returns its serious findings as `rule: element`. */
export async function seriousFindings(page: Page, source: string): Promise<string[]> {
  await page.evaluate(source);
  return page.evaluate(`(async () => {
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 160)));
  })()`);
}
