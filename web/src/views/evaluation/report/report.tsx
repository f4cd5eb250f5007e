/**
 * One evaluation on benchmarks: scores, all numbers and samples. The view of a run and the file of `rzero eval --html`
 * draw it with these components.
 */

import type { EvalReport } from '../../../../../src/eval/report/report.ts';
import { utcMinute } from '../../../../../src/text/numbers.ts';
import { Plain } from '../../../text/text.tsx';
import '../evaluation.css';
import { Samples } from './samples.tsx';
import { ScoreChart, ScoreTable } from './scores.tsx';

export function Report({ report }: { report: EvalReport }) {
  return (
    <>
      <Head report={report} />
      <section aria-labelledby="e-scores">
        <h2 id="e-scores">Scores</h2>
        <div class="card">
          <ScoreChart report={report} />
        </div>
      </section>
      <section aria-labelledby="e-numbers">
        <h2 id="e-numbers">All numbers</h2>
        <div class="card">
          <ScoreTable report={report} />
        </div>
      </section>
      <Samples report={report} />
    </>
  );
}

function Head({ report: { model, baseline, created, settings, notes } }: { report: EvalReport }) {
  return (
    <header class="e-head">
      <h1>
        <Plain text={model} />
      </h1>
      {baseline !== null && (
        <p class="e-against">
          compared with <Plain text={baseline} />, question by question
        </p>
      )}
      <dl class="e-facts">
        {[['measured', utcMinute(created)] as const, ...settings].map(([name, value], at) => (
          <div key={at}>
            <dt>
              <Plain text={name} />
            </dt>
            <dd>
              <Plain text={value} />
            </dd>
          </div>
        ))}
      </dl>
      {notes.length > 0 && (
        <ul class="e-notes">
          {notes.map((note, at) => (
            <li key={at}>
              <Plain text={note} />
            </li>
          ))}
        </ul>
      )}
    </header>
  );
}
