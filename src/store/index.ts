/** `rzero/store`: stores a run on disk or in memory, and finds runs. */

export type * from '../types.ts';
export type { TrainingDials } from '../config/schema.ts';
export { type ReadLog, readEvents } from './events/event-log.ts';
export { followEvents, type FollowOptions } from './events/follow-events.ts';
export { createMemoryRun } from './memory.ts';
export {
  type BrokenRun,
  listRuns,
  newRunId,
  type ReadableRun,
  resolveRun,
  type RunListing,
  type RunState,
} from './runs.ts';
export { createRun, type OpenOptions, openRun } from './sqlite.ts';
export type { PartialKind, PartialResult } from './partials.ts';
export type {
  GroupTokens,
  RecordedCompletion,
  RecordedGroup,
  SampledTokens,
  StepInputs,
  StepKey,
  StepRecord,
  WeightsName,
} from './steps/step-record.ts';
export type {
  AttemptOutcome,
  RunMeta,
  RunStore,
  Session,
  SessionEnd,
  StoreOptions,
  Unit,
  WeightsRecord,
} from './store.ts';
