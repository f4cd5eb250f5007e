/** Tests the page without a browser: its structure, its numbers, and that no text becomes markup. */

import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeReport } from '../../../test/fixtures/eval-report.ts';
import { STYLE } from './html/style.ts';
import type { EvalReport, SampleReport } from './report.ts';
import { reportHtml } from './report-html.ts';

/** A report of one task in which every text is `text`. */
function reportOf(text: string): EvalReport {
  const report = makeReport({ samples: 1, completions: 2 });
  const sample: SampleReport = {
    id: text,
    question: text,
    reference: text,
    prompt: [{ role: 'user', content: text }],
    replies: 2,
    completions: report.tasks[0].samples[0].completions.map((one) => ({ ...one, text, answer: text, reason: text })),
  };
  const [metric] = report.tasks[0].metrics;
  const difference = metric.difference === null ? null : { ...metric.difference, test: text };
  const task = { ...report.tasks[0], title: text, primary: text, samples: [sample] };
  return {
    ...report,
    model: text,
    baseline: text,
    created: text,
    settings: [[text, text]],
    notes: [text],
    tasks: [{ ...task, metrics: [{ ...metric, name: text, difference }] }],
    averages: report.averages.map((average) => ({ ...average, name: text })),
  };
}

/** Returns the page's tags in order, without attribute values and without the names of control characters. */
function skeleton(page: string): string[] {
  const named = /<span class="acting">U\+[0-9A-F]{4,6}<\/span>/g;
  return (page.replaceAll(named, '').match(/<[^>]*>?/g) ?? []).map((tag) => tag.replace(/"[^"]*"/g, '""'));
}

function between(page: string, start: string, end: string): string {
  const from = page.indexOf(start) + start.length;
  return page.slice(from, page.indexOf(end, from));
}

const page = reportHtml(makeReport());
const hostilePage = reportHtml(makeReport({ hostile: true, samples: 10 }));

describe('the policy of the page', () => {
  it('allows only its own script and style, by their hashes', () => {
    const policy = /"Content-Security-Policy"\s+content="([^"]*)"/.exec(page)?.[1] ?? '';
    const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const script = between(page, '<script>', '</script>');
    const style = between(page, '<style>', '</style>');
    expect(policy.split('; ')).toEqual([
      `default-src 'none'`,
      `style-src ${hashOf(style)}`,
      `script-src ${hashOf(script)}`,
      `base-uri 'none'`,
      `form-action 'none'`,
    ]);
    expect(page.match(/<(?:script|style)\b/g)).toEqual(['<style', '<script']);
    // The page must not contain what the policy blocks: inline styles and handlers.
    expect(page).not.toMatch(/<[^>]*\s(?:style|on\w+)=/);
  });

  it('loads no other resources', () => {
    expect(page).not.toMatch(/<[^>]*\s(?:src|href|action|data|poster|srcset)=/);
    expect(STYLE).not.toMatch(/url\(|@import|@font-face/);
    expect(page).not.toMatch(/https?:/);
  });

  it('has a script that parses, writes no HTML and sends no requests', () => {
    const script = between(page, '<script>', '</script>');
    expect(() => new Script(script)).not.toThrow();
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function|fetch|XMLHttp|import/);
  });
});

describe('malicious text', () => {
  const harmless = skeleton(reportHtml(reportOf('x')));

  it('never becomes markup', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
      fc
        .array(
          fc.constantFrom('<', '>', '"', "'", '&', '-->', '</script>', '<svg/onload=', 'x', '\u202e', '\0', '\r\n'),
          {
            minLength: 1,
            maxLength: 12,
          },
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(nasty, (text) => {
        expect(skeleton(reportHtml(reportOf(text)))).toEqual(harmless);
      }),
      { numRuns: 60 },
    );
  });

  it('contains no control, direction or invisible characters', () => {
    expect(hostilePage.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u);
    expect(hostilePage).not.toMatch(/\p{Surrogate}/u);
    expect(hostilePage).toContain('<span class="acting">U+202E</span>');
    expect(hostilePage).toContain('<span class="acting">U+0000</span>');
  });

  it('is shown unchanged', () => {
    expect(hostilePage).toContain('&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(hostilePage).toContain('&amp;lt;b&amp;gt; &amp;amp;amp;');
    expect(hostilePage.match(/<script/g)).toHaveLength(1);
    expect(hostilePage).not.toContain('<img');
  });
});

describe('structure', () => {
  it('closes its tags, and every reference has a target', () => {
    const body = page.slice(page.indexOf('<body>')).replace(/<script>[\s\S]*<\/script>/, '');
    const open: string[] = [];
    for (const [, closing, name, end] of body.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*?(\/?)>/g)) {
      if (end === '/' || name === 'input') continue;
      if (closing === '') open.push(name);
      else if (name !== 'html') expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    const wanted = [...page.matchAll(/ (?:aria-labelledby|for)="([^"]*)"/g)].flatMap((match) => match[1].split(' '));
    expect(wanted.filter((id) => !ids.includes(id))).toEqual([]);
    const used = [...page.matchAll(/byId\('([a-z-]+)'\)/g)].map((match) => match[1]);
    expect(used.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('is complete without the script: it contains every sample, and only the controls are hidden', () => {
    expect(page.match(/<details class="sample"/g)).toHaveLength(6 * 40);
    expect(page).not.toMatch(/<details class="sample"[^>]* hidden/);
    expect([...page.matchAll(/<(\w+) [^>]*hidden>/g)].map((match) => match[1])).toEqual(['form', 'p', 'nav']);
  });

  it('shows scores as bars with whiskers, and as text', () => {
    const bars = page.match(/<svg class="bar"[\s\S]*?<\/svg>/g) ?? [];
    expect(bars).toHaveLength(9);
    expect(bars[0]).toContain('<rect class="own" x="0" y="5" width="61.2%"');
    expect(bars[0]).toContain('<rect class="other" x="0" y="23" width="58.1%"');
    expect(bars[0]).toMatch(/x1="58\.57%" x2="63\.83%"/);
    expect(bars[0]).toContain('aria-label="GSM8K: 61.2 %, 95 % interval 58.6–63.8 %; baseline 58.1 %');
    expect(page).toContain('<span class="difference gain"');
    expect(page).toContain('+3.1 points, p &lt; 0.001');
  });

  it('works without a baseline, without samples, without a metric, and with impossible numbers', () => {
    const bare = makeReport({ baseline: false, samples: 0 });
    const [task] = bare.tasks;
    const score = { value: Number.NaN, low: Number.NEGATIVE_INFINITY, high: 7 };
    const odd = { ...task, metrics: [{ name: task.primary, score, baseline: null, difference: null }], replies: 0 };
    const html = reportHtml({ ...bare, tasks: [{ ...task, metrics: [] }, odd], averages: [] });
    expect(html).toContain('not measured');
    expect(html).toContain('No samples are kept in this report.');
    expect(between(html, '<main>', '<h2 id="samples-head">')).not.toMatch(/NaN|Infinity|undefined|null/);
    expect(reportHtml({ ...bare, tasks: [], averages: [] })).toContain('</html>');
    expect(reportHtml(bare)).not.toContain('class="other"');
  });

  it('tags samples with the verdicts of the filters', () => {
    const report = reportOf('x');
    const [task] = report.tasks;
    const [one, two] = task.samples[0].completions;
    const completions = [
      { ...one, verdict: 'unparsable' as const },
      { ...two, verdict: 'right' as const },
    ];
    const html = reportHtml({ ...report, tasks: [{ ...task, samples: [{ ...task.samples[0], completions }] }] });
    expect(html).toContain('data-verdicts="wrong right"');
  });
});

describe('colours', () => {
  /** Custom properties of the n-th `:root{…}`, as `--name` to `#rrggbb`. */
  const themes = [...STYLE.matchAll(/:root\{([^}]*)\}/g)].map(
    (match) => new Map([...match[1].matchAll(/(--[\w-]+):(#[0-9a-f]{3,6})/g)].map(([, name, value]) => [name, value])),
  );

  function luminance(colour: string): number {
    const hex = colour.length === 4 ? colour.replace(/[0-9a-f]/g, '$&$&') : colour;
    const [r, g, b] = [1, 3, 5]
      .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  it.each([
    ['--ink', '--page'],
    ['--ink', '--card'],
    ['--ink', '--code'],
    ['--soft', '--page'],
    ['--soft', '--card'],
    ['--right', '--right-bg'],
    ['--wrong', '--wrong-bg'],
    ['--undecided', '--undecided-bg'],
    ['--none', '--none-bg'],
    ['--right', '--card'],
    ['--wrong', '--card'],
  ])('%s can be read on %s, light and dark (WCAG AA)', (ink, ground) => {
    expect(themes).toHaveLength(2);
    for (const theme of themes) {
      const [a, b] = [ink, ground].map((name) => luminance(theme.get(name) ?? ''));
      expect((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)).toBeGreaterThanOrEqual(4.5);
    }
  });
});
