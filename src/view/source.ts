/**
 * What the page can ask about runs. Three implementations pass one test suite: `folder-source.ts` reads a folder of runs,
 * `web/src/source/http.ts` asks a server, and `web/src/source/embedded.ts` reads the data inside an exported page. All
 * values are plain JSON.
 */

import type { EvalReport } from '../eval/report/report.ts';
import type { CurveList, Series } from './curves/types.ts';
import type { EvaluationsView } from './evaluations/types.ts';
import type { HeldOutView, PoolsView, QuestionDetail, QuestionPage, QuestionQuery } from './questions/types.ts';
import type { RunCard, RunView } from './runs/types.ts';
import type { ServerInfo } from './server/types.ts';

export interface ViewSource {
  /** Describes the program behind the page. */
  server(): Promise<ServerInfo>;
  /** Lists the runs, newest first; folders that cannot be read come last. */
  runs(): Promise<RunCard[]>;
  /** Describes one run: its settings, its stages and their counts. */
  run(id: string): Promise<RunView>;
  /** Lists the metrics that a run has. */
  curves(id: string): Promise<CurveList>;
  /** Returns the values of metrics, in the order of `names`. A name that the run lacks has an empty series. */
  series(id: string, names: readonly string[]): Promise<Series[]>;
  /** Returns one page of the questions that match a query. */
  questions(id: string, query: QuestionQuery): Promise<QuestionPage>;
  /** Returns a question with its attempts, and what other iterations made of the same text. */
  question(id: string, question: string): Promise<QuestionDetail>;
  /** Returns the pools of all iterations side by side. */
  pools(id: string): Promise<PoolsView>;
  /** Returns the held-out questions with the votes of every iteration. */
  heldOut(id: string): Promise<HeldOutView>;
  /** Returns the held-out scores of a run, and the list of its benchmark reports. */
  evaluations(id: string): Promise<EvaluationsView>;
  /** Returns one benchmark report of a run, with samples. */
  evaluation(id: string, name: string): Promise<EvalReport>;
}
