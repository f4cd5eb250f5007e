import { describe, expect, it } from 'vitest';
import { html, lines, plain, raw } from './template.ts';

const HOSTILE = `<b>"&'\n\u202e`;
const IN_TEXT = '&lt;b&gt;&quot;&amp;&#39;\n<span class="acting">U+202E</span>';
const IN_ATTRIBUTE = '&lt;b&gt;&quot;&amp;&#39; U+202E';

describe('a template', () => {
  it('escapes texts by their position', () => {
    expect(html`<p>${HOSTILE}</p>`.text).toBe(`<p>${IN_TEXT}</p>`);
    expect(html`<p title="${HOSTILE}" id="${1}">x</p>`.text).toBe(`<p title="${IN_ATTRIBUTE}" id="1">x</p>`);
    expect(html`${HOSTILE}<i class="a ${HOSTILE} ${HOSTILE}">${HOSTILE}`.text).toBe(
      `${IN_TEXT}<i class="a ${IN_ATTRIBUTE} ${IN_ATTRIBUTE}">${IN_TEXT}`,
    );
  });

  it('inserts templates and lists of them unchanged', () => {
    const items = ['<', '>'].map((text) => html`<i>${text}</i>`);
    expect(html`<b>${items}</b>${html`<u></u>`}`.text).toBe('<b><i>&lt;</i><i>&gt;</i></b><u></u>');
    expect(lines(items).text).toBe('<i>&lt;</i>\n<i>&gt;</i>');
  });

  it('escapes a text that looks like HTML', () => {
    expect(html`<p>${html`<b>`.text}</p>`.text).toBe('<p>&lt;b&gt;</p>');
  });
});

it('writes plain text for a place without tags, and unescaped text for a style or script', () => {
  expect(html`<title>${plain(HOSTILE)}</title>`.text).toBe(`<title>${IN_ATTRIBUTE}</title>`);
  expect(html`<b>${raw('<style>a>b{}</style>')}</b>`.text).toBe('<b><style>a>b{}</style></b>');
});
