/** The data inside a page that was written as one file (`src/page/single-file.ts`). */

import type { EvalReport } from '../../../src/eval/report/report.ts';
import type { EmbeddedRun } from '../../../src/view/embedded/types.ts';

/** An evaluation, as `rzero eval --html` writes it. */
export interface EmbeddedEvaluation {
  kind: 'evaluation';
  report: EvalReport;
  /** Of rzero, which wrote the file. */
  version: string;
}

/** Returns the data of the page; null if a server has sent it. */
export function embeddedData(): EmbeddedEvaluation | EmbeddedRun | null {
  const text = document.querySelector('#data')?.textContent ?? '';
  return text === '' ? null : (JSON.parse(text) as EmbeddedEvaluation | EmbeddedRun);
}
