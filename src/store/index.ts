/** `rzero/store`: stores a run on disk or in memory, and finds runs. */

export type * from '../types.ts';
export { type ReadLog, readEvents } from './event-log.ts';
export { followEvents, type FollowOptions } from './follow-events.ts';
export { createMemoryRun } from './memory.ts';
export { type BrokenRun, listRuns, newRunId, type ReadableRun, resolveRun, type RunListing } from './runs.ts';
export { createRun, type OpenOptions, openRun } from './sqlite.ts';
export type { RunMeta, RunStore, Unit, WeightsRecord } from './store.ts';
