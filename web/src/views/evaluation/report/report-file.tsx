/** The page of one evaluation, written as a file. */

import { ThemeButton } from '../../../frame/navigation.tsx';
import type { EmbeddedEvaluation } from '../../../source/embedded.ts';
import { Report } from './report.tsx';

export function ReportFile({ data: { report, version } }: { data: EmbeddedEvaluation }) {
  return (
    <>
      <div class="bar">
        <span class="brand">rzero evaluation</span>
        <span class="bar-end">
          <ThemeButton />
        </span>
      </div>
      <main>
        <Report report={report} />
        <footer class="e-foot">
          Made by rzero {version}. Intervals are 95 %. Texts are shown as the model wrote them; characters that would
          act instead of showing are named, such as <span class="acting">U+202E</span>.
        </footer>
      </main>
    </>
  );
}
