/**
 * Writes an evaluation as one HTML file: the project's page with the report inside, which its evaluation view draws
 * (`web/src/views/evaluation/report/`). The file loads nothing from the network. `fit-report.ts` bounds its size, and
 * `report.ts` defines the data. The caller writes the file.
 */

import { readBundle } from '../../page/bundle.ts';
import { singleFile } from '../../page/single-file.ts';
import { RZERO_VERSION } from '../../store/version.ts';
import { quoteLine } from '../../text/visible.ts';
import type { SampleLimits } from './choose.ts';
import { fitReport } from './fit-report.ts';
import type { EvalReport } from './report.ts';

/**
 * Returns the file. `limits` bounds the number of samples, and thereby the size. Throws ConfigError if the page was not
 * built.
 */
export function reportHtml(report: EvalReport, limits: Partial<SampleLimits> = {}): string {
  const data = { kind: 'evaluation', version: RZERO_VERSION, report: fitReport(report, limits) };
  return singleFile(readBundle(), data, `${quoteLine(report.model, 100)} – rzero evaluation`);
}
