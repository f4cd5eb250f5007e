import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { BundleFile } from './bundle.ts';
import { singleFile } from './single-file.ts';

const file = (path: string, text: string): BundleFile => ({ path, type: '', bytes: Buffer.from(text) });
const STYLE = '@font-face{font-family:K;src:url(./K.woff2)}b{color:red}';
const bundle = [
  file(
    'index.html',
    '<!doctype html><html><head><meta charset="utf-8" /><title>rzero</title>\n<script type="module" crossorigin src="./assets/page.js"></script>\n<link rel="stylesheet" href="./assets/style.css"></head><body><div id="app"></div></body></html>',
  ),
  file('assets/page.js', "const a = '</script>$&';"),
  file('assets/style.css', STYLE),
  file('assets/K.woff2', 'font'),
];

function part(page: string, pattern: RegExp): string {
  return pattern.exec(page)?.[1] ?? '';
}

it('contains script, style and data, and a policy that allows exactly these', () => {
  const data = { kind: 'test', text: '</script><script>alert(1)</script><!-- \u2028 $x$ $& "' };
  const page = singleFile(bundle, data, 'a <b> & c');
  const script = part(page, /<script type="module">([^]*?)<\/script>/);
  const style = part(page, /<style>([^]*?)<\/style>/);
  expect(script).toBe("const a = '\\x3c/script>$&';");
  expect(style).toBe('@font-face{font-family:K;src:url(data:font/woff2;base64,Zm9udA==)}b{color:red}');
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  expect(part(page, /Content-Security-Policy" content="([^"]*)"/).split('; ')).toEqual([
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    'font-src data:',
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ]);
  expect(JSON.parse(part(page, /id="data">([^]*?)<\/script>/))).toEqual(data);
  expect(page.match(/<script/g)).toHaveLength(2);
  expect(page).toContain('<title>a &lt;b> &amp; c</title>');
  expect(page).not.toMatch(/(?:src|href)=/);
});

it('leaves out the fonts of formulas if there is none', () => {
  expect(singleFile(bundle, { kind: 'test' }, 'x')).toContain('<style>b{color:red}</style>');
  expect(singleFile(bundle, { kind: '\\(x\\)' }, 'x')).toContain('Zm9udA==');
});

it('is refused without the built script', () => {
  expect(() => singleFile(bundle.slice(0, 1), { kind: 'test' }, 'x')).toThrow('The built page has no assets/page.js');
});
