/** The data of one run inside a page that is one file. Plain JSON; `web/src/source/embedded-run.ts` reads it. */

import type { EvalReport } from '../../eval/report/report.ts';
import type { CurveList, Series } from '../curves/types.ts';
import type { EvaluationsView } from '../evaluations/types.ts';
import type { HeldOutView, PoolsView, QuestionDetail, QuestionPage } from '../questions/types.ts';
import type { RunCard, RunView } from '../runs/types.ts';
import type { ServerInfo } from '../server/types.ts';

export interface EmbeddedRun {
  kind: 'run';
  server: ServerInfo;
  card: RunCard;
  run: RunView;
  curves: CurveList;
  series: Series[];
  /** All rows in order, as far as the file has room. */
  questions: QuestionPage;
  /** Questions with their attempts, as far as the file has room. */
  details: QuestionDetail[];
  pools: PoolsView;
  heldOut: HeldOutView;
  evaluations: EvaluationsView;
  /** Reports by name. */
  reports: Record<string, EvalReport>;
}
