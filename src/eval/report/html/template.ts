/** HTML templates that escape inserted values by their position. */

import { escapeAttribute, escapeText } from './escape.ts';

/** Finished HTML, created only by `html`, `raw`, `plain` and `lines`. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A value of a template: texts and numbers are escaped; HTML and lists of HTML are inserted unchanged. */
export type Part = string | number | Html | readonly Html[];

/** Template tag for HTML. A value inside a tag is escaped for a quoted attribute, any other value as text. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  let text = '';
  let isInTag = false;
  strings.forEach((literal, at) => {
    text += literal;
    isInTag = endsInTag(literal, isInTag);
    if (at < parts.length) text += written(parts[at], isInTag);
  });
  return new Html(text);
}

/** Marks a text of this program as HTML, style or script. Never use it for other texts. */
export function raw(text: string): Html {
  return new Html(text);
}

/** Escapes text for a place without tags, such as `<title>`. */
export function plain(text: string): Html {
  return new Html(escapeAttribute(text));
}

/** Joins parts with line breaks. */
export function lines(parts: readonly Html[]): Html {
  return new Html(parts.map(({ text }) => text).join('\n'));
}

/** Returns whether the place after `literal` is between `<` and `>`; a literal without either does not change it. */
function endsInTag(literal: string, before: boolean): boolean {
  const [open, close] = [literal.lastIndexOf('<'), literal.lastIndexOf('>')];
  return open === close ? before : open > close;
}

function written(part: Part, isInTag: boolean): string {
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return isInTag ? escapeAttribute(part) : escapeText(part);
  return part instanceof Html ? part.text : part.map(({ text }) => text).join('');
}
