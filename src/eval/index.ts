/** `rzero/eval`: benchmarks, held-out tests, and the statistics over them. */

export type { LoadedModule } from '../modules.ts';
export type { ColumnNames } from '../data/columns.ts';
export type { Malformed, PlacedRow, Row } from '../data/row.ts';
export type { EvalResult, Estimate } from '../types.ts';
export { choiceItem, openItem, textOf, textsOf } from './benchmarks/fields.ts';
export { findTasks } from './benchmarks/index.ts';
export { type Columns, type OpenGrading, ownFileTask } from './benchmarks/own-file.ts';
export {
  type EvaluationCtl,
  type EvaluationDials,
  type EvaluationTools,
  evaluateTask,
  type ModelRetry,
  type TaskProgress,
} from './harness.ts';
export type { Judgement } from './judges/judge-answer.ts';
export { type DataOptions, type LoadedTask, loadTask, type MalformedRows } from './load-task.ts';
export { compareLogs, type Comparison, type TaskComparison } from './log/compare-logs.ts';
export {
  type EvaluationAbout,
  type EvaluationLog,
  type EvaluationReader,
  type EvaluationSettings,
  type LoggedItem,
  type LoggedSample,
  type Majority,
  type SampleKey,
  type SampleScore,
  type TaskRecord,
  openLog,
  readLog,
} from './log/log.ts';
export { defineTask, openTasks, type OpenedTasks, type OwnTask } from './own-task.ts';
export { writeResults } from './report/results.ts';
export { type EvalDials, type EvalTools, type QuestionScore, scoreQuestions, summarizeScores } from './runner.ts';
export { evaluationGrader } from './scoring/math.ts';
export type { Grade } from './scoring/scorer.ts';
export { type Gain, isSignificant, pairedDifference, pairedGain } from './paired.ts';
export { meanEstimate, passAtK, wilson } from './statistics.ts';
export { type Average, type EvaluationResults, summarize, type TaskResult } from './summarize.ts';
export {
  type EvalItem,
  type Grading,
  type HubSource,
  LETTERS,
  type Metric,
  type Reference,
  type Task,
  type TaskSource,
} from './task.ts';
