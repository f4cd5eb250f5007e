/**
 * Formats parts of a card in Markdown. Names of runs, settings and texts of models may contain any characters; a card is
 * shown as a web page, so nothing in it may become markup.
 */

import { makeVisible } from '../text/visible.ts';
import { type Yaml, yamlLines } from '../text/yaml.ts';

/** Returns the YAML block at the top of a card. */
export function frontMatter(matter: { [key: string]: Yaml }): string {
  return `---\n${yamlLines(matter).join('\n')}\n---`;
}

const LONGEST = 300;

/** Returns a text as one line in which Markdown and HTML see no markup. */
export function safeText(text: string): string {
  const cut = Array.from(text.slice(0, 2 * LONGEST))
    .slice(0, LONGEST)
    .join('');
  return makeVisible(cut.replaceAll(/\s+/g, ' ')).replaceAll(/[\\`*_[\]<>|~#$&]/g, (mark) => `\\${mark}`);
}

/** Returns a Markdown table. Cells are Markdown. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('\n');
}
