/** HTML templates that escape what is put into them, by where it stands. */

import { escapeAttribute, escapeText } from './escape.ts';

/** Finished HTML: only `html`, `raw`, `plain` and `lines` make it. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: texts and numbers are escaped, HTML and lists of HTML stay as they are. */
export type Part = string | number | Html | readonly Html[];

/** A template literal as HTML. A part inside a tag is escaped for a quoted attribute, any other part as text. */
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

/** Text of this program that is HTML, or a style or a script, already. Never a text from elsewhere. */
export function raw(text: string): Html {
  return new Html(text);
}

/** Text for a place that holds no tags, such as `<title>`. */
export function plain(text: string): Html {
  return new Html(escapeAttribute(text));
}

/** One below the other. */
export function lines(parts: readonly Html[]): Html {
  return new Html(parts.map(({ text }) => text).join('\n'));
}

/** Whether a place behind `literal` stands between `<` and `>`; a literal without either leaves it as it was. */
function endsInTag(literal: string, before: boolean): boolean {
  const [open, close] = [literal.lastIndexOf('<'), literal.lastIndexOf('>')];
  return open === close ? before : open > close;
}

function written(part: Part, isInTag: boolean): string {
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return isInTag ? escapeAttribute(part) : escapeText(part);
  return part instanceof Html ? part.text : part.map(({ text }) => text).join('');
}
