/** Tests the file without a browser. `test/browser/evaluation.test.ts` tests what it shows. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeReport } from '../../../test/fixtures/eval-report.ts';
import { RZERO_VERSION } from '../../store/version.ts';
import { fitReport } from './fit-report.ts';
import { reportHtml } from './report-html.ts';

function dataOf(page: string): unknown {
  return JSON.parse(/<script type="application\/json" id="data">([^]*?)<\/script>/.exec(page)?.[1] ?? '');
}

/** The tags of a page outside of its scripts and its style. */
function skeleton(page: string): string[] {
  return page.replaceAll(/(<(script|style)[^>]*>)[^]*?<\/\2>/g, '$1').match(/<[^>]*>/g) ?? [];
}

describe('the file of an evaluation', () => {
  const report = makeReport({ samples: 10 });
  const page = reportHtml(report);

  it('contains the report, and the version that wrote it', () => {
    expect(dataOf(page)).toEqual({ kind: 'evaluation', version: RZERO_VERSION, report: fitReport(report) });
    expect(page).toContain('<title>runs/2026-11-24-qwen3-0.6b/best – rzero evaluation</title>');
  });

  it('loads nothing', () => {
    expect(page).toMatch(
      /Content-Security-Policy" content="default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src/,
    );
    expect(skeleton(page).filter((tag) => /\s(?:src|href)=/.test(tag))).toEqual([
      expect.stringMatching(/^<link\s+rel="icon"\s+href="data:/),
    ]);
  });

  it('is bounded in size', () => {
    const long = makeReport({ samples: 40, completions: 5 });
    const limits = { samples: 2, completions: 1, characters: 100 };
    expect(reportHtml(long, limits).length).toBeLessThan(reportHtml(long).length - 100_000);
  });

  it('has the same tags whatever its texts are', () => {
    const harmless = skeleton(page);
    const part = fc.constantFrom(
      '<',
      '>',
      '"',
      "'",
      '&',
      '-->',
      '</script>',
      '<!--',
      '<script>',
      'x',
      '\u202e',
      '\0',
      '$&',
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 12 }), (parts) => {
        const text = parts.join('');
        const task = { ...report.tasks[0], title: text, samples: [] };
        const hostile = { ...report, model: text, notes: [text], tasks: [task] };
        const written = reportHtml(hostile);
        expect(skeleton(written).map(withoutStyle)).toEqual(harmless.map(withoutStyle));
        expect(dataOf(written)).toMatchObject({ report: { notes: [text] } });
      }),
      { numRuns: 25 },
    );
  });
});

/** The policy names the hash of the style, which has no fonts if there are no formulas. */
function withoutStyle(tag: string): string {
  return tag.replace(/style-src '[^']*'/, '');
}
