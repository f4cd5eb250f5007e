/** Escapes untrusted text in a page: it must not become markup, change the text direction or be invisible. */

import { makeVisible } from '../../../text/visible.ts';

/** Escapes text between tags. Control characters are shown by name, e.g. `U+202E`. */
export function escapeText(text: string): string {
  return makeVisible(escapeMarkup(text), (code) => `<span class="acting">${nameOf(code)}</span>`);
}

/** Escapes text inside a quoted attribute. */
export function escapeAttribute(text: string): string {
  return makeVisible(escapeMarkup(text).replace(/\s+/g, ' '), nameOf);
}

function escapeMarkup(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function nameOf(codePoint: number): string {
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
}
