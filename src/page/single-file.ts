/**
 * The page as one file with its data, to open from disk or to send. It loads nothing: script, style and fonts are inside,
 * and a content security policy allows exactly these, by their hashes. `web/src/source/embedded.ts` reads the data.
 */

import { createHash } from 'node:crypto';
import { ConfigError } from '../errors.ts';
import type { BundleFile } from './bundle.ts';

/** What a file shows; plain JSON. `kind` says how the page draws it. */
export interface EmbeddedData {
  kind: string;
}

/** Returns the HTML of one file. `title`: of the browser's window. Throws ConfigError if the page was not built whole. */
export function singleFile(bundle: readonly BundleFile[], data: EmbeddedData, title: string): string {
  const json = escapeJson(JSON.stringify(data));
  const script = escapeScript(textOf(bundle, 'assets/page.js'));
  const style = inlineFonts(textOf(bundle, 'assets/style.css'), bundle, hasFormulas(json));
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    'font-src data:',
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}">`;
  return textOf(bundle, 'index.html')
    .replace(/<meta charset="utf-8" ?\/?>/, (meta) => `${meta}\n    ${head}`)
    .replace(/<title>[^<]*<\/title>/, () => `<title>${escapeText(title)}</title>`)
    .replace(/\s*<link rel="stylesheet"[^>]*>/, () => `\n    <style>${style}</style>`)
    .replace(/\s*<script [^>]*><\/script>/, '')
    .replace(
      '</body>',
      () =>
        `  <script type="application/json" id="data">${json}</script>\n    <script type="module">${script}</script>\n  </body>`,
    );
}

function textOf(bundle: readonly BundleFile[], path: string): string {
  const file = bundle.find((one) => one.path === path);
  if (file !== undefined) return file.bytes.toString('utf8');
  throw new ConfigError(`The built page has no ${path}.`, 'Run `npm run build` in the folder of the project.');
}

/** In JSON, `<` stands only in strings, and the line separators are the only characters that scripts cannot contain. */
function escapeJson(json: string): string {
  return json.replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

/** A script ends at its first `</script`; in the built page these letters stand only in strings. */
function escapeScript(script: string): string {
  return script.replaceAll(/<(?=\/script|script|!--)/gi, '\\x3c');
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** Returns whether some text of the data may be a formula. */
function hasFormulas(json: string): boolean {
  return /\$|\\\\[([]/.test(json);
}

/** Writes the fonts into the style; without formulas, no text uses them. */
function inlineFonts(style: string, bundle: readonly BundleFile[], isNeeded: boolean): string {
  if (!isNeeded) return style.replaceAll(/@font-face\s*\{[^}]*\}/g, '');
  return style.replaceAll(/url\((?:\.\/)?([\w.-]+\.woff2)\)/g, (url, name: string) => {
    const file = bundle.find(({ path }) => path === `assets/${name}`);
    return file === undefined ? url : `url(data:font/woff2;base64,${file.bytes.toString('base64')})`;
  });
}

/** Returns a source expression of the policy that allows exactly this text. */
function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}`;
}
