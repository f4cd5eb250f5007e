/**
 * Renders an evaluation as one HTML file: scores with intervals, all numbers, and a browser of samples. The file loads
 * nothing from the network and runs only its own script; its content security policy enforces both. It is readable
 * without the script. `html/escape.ts` escapes texts of models, and `html/choose.ts` selects the samples of a large
 * evaluation. `report.ts` defines the data. The caller writes the file.
 */

import { createHash } from 'node:crypto';
import { RZERO_VERSION } from '../../store/version.ts';
import { SAMPLE_LIMITS, type SampleLimits } from './html/choose.ts';
import { sampleBrowser } from './html/samples.ts';
import { scoreChart, scoreTable } from './html/scores.ts';
import { SCRIPT } from './html/script.ts';
import { STYLE } from './html/style.ts';
import { html, plain, raw, type Html } from './html/template.ts';
import type { EvalReport } from './report.ts';
import { utcMinute } from '../../text/numbers.ts';

/** Renders the page. `limits` bounds the number of samples, and thereby the size. */
export function reportHtml(report: EvalReport, limits: Partial<SampleLimits> = {}): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src '${hashOf(STYLE)}'; script-src '${hashOf(SCRIPT)}'; base-uri 'none'; form-action 'none'"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${plain(report.model)} – rzero evaluation</title>
        ${raw(`<style>${STYLE}</style>`)}
      </head>
      <body>
        ${pageHead(report)}
        <main>
          <section aria-labelledby="scores">
            <h2 id="scores">Scores</h2>
            <div class="card">${scoreChart(report)}</div>
          </section>
          <section aria-labelledby="numbers">
            <h2 id="numbers">All numbers</h2>
            <div class="card scroll-card">${scoreTable(report)}</div>
          </section>
          <section aria-labelledby="samples-head">
            <h2 id="samples-head">Samples</h2>
            ${sampleBrowser(report, { ...SAMPLE_LIMITS, ...limits })}
          </section>
        </main>
        <footer class="bottom">
          Made by rzero ${RZERO_VERSION}. Intervals are 95 %. Texts are shown as the model wrote them; characters that
          would act instead of showing are named, such as <span class="acting">U+202E</span>.
        </footer>
        ${raw(`<script>${SCRIPT}</script>`)}
      </body>
    </html>`;
  return `${page.text}\n`;
}

function pageHead({ model, baseline, created, settings, notes }: EvalReport): Html {
  const facts = [['measured', utcMinute(created)] as const, ...settings].map(
    ([name, value]) =>
      html`<div>
        <dt>${name}</dt>
        <dd><bdi>${value}</bdi></dd>
      </div>`,
  );
  const against =
    baseline === null ? '' : html`<p class="against">compared with <bdi>${baseline}</bdi>, question by question</p>`;
  const remarks =
    notes.length === 0
      ? ''
      : html`<ul class="notes">
          ${notes.map((note) => html`<li>${note}</li>`)}
        </ul>`;
  return html`<header class="top">
    <p class="eyebrow">rzero evaluation</p>
    <h1><bdi>${model}</bdi></h1>
    ${against}
    <dl class="facts">${facts}</dl>
    ${remarks}
  </header>`;
}

/** Returns a source expression of the policy that allows exactly this text. */
function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}`;
}
