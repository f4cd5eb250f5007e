/**
 * Runs the steps of a stage, and resumes after the last committed one. Every step commits one unit whose cursor names
 * the next step. The cursor in the store is the only record of a run's position.
 */

import { isAborted } from '../errors.ts';
import type { ShownQuestion } from '../events.ts';
import type { RunConfig } from '../config/schema.ts';
import type { RunStore, Unit } from '../store/store.ts';
import type { Cursor, Notice, StageName } from '../types.ts';
import { isExpense } from './metrics.ts';
import type { RunContext, StepPlace } from './context.ts';
import { pastEndNotices } from './watch/past-end.ts';
import { keptNotices, noticeMetrics, RunEnded } from './watch/notices.ts';

/** The cursor of a new run. */
export const START: Cursor = { iteration: 0, stage: 'baseline', step: 0 };

/** Thrown between steps after the user asked for a stop. Only `evolve` catches it. */
export class StopRequested extends Error {
  constructor() {
    super('The run was asked to stop.');
    this.name = 'StopRequested';
  }
}

/**
 * Returns whether an error is the consequence of a stop that the user asked for.
 * @throws the reason of the stop if that is a failure
 */
export function isStop(error: unknown, stop: AbortSignal): boolean {
  if (!stop.aborted || !(error instanceof StopRequested || isAborted(error))) return false;
  if (!isAborted(stop.reason)) throw stop.reason;
  return true;
}

/** The result of one step. */
export interface StepOutcome {
  unit: Omit<Unit, 'cursor' | 'metrics'>;
  metrics: Record<string, number>;
  /** Questions for display. */
  shown?: ShownQuestion[];
  /** Called after the unit is committed. */
  afterCommit?: () => Promise<void>;
  /** Notices of the step: committed with it, then emitted as events. */
  notices?: Notice[];
  /** Where the run continues, if not at the next step. When set, the stage ends here. */
  cursor?: Cursor;
}

/** Returns the number of committed steps of a stage; `Infinity` if the run is past the stage. */
export function committedSteps(
  { store, stages }: { store: Pick<RunStore, 'cursor'>; stages: readonly StageName[] },
  iteration: number,
  stage: StageName,
): number {
  const cursor = store.cursor();
  const order = compare(stages, cursor, { iteration, stage });
  if (order === 0) return cursor.step;
  return order > 0 ? Infinity : 0;
}

/** Returns the cursor after a step. */
export function after(
  { stages, config }: { stages: readonly StageName[]; config: Pick<RunConfig, 'iterations'> },
  { iteration, stage, step, steps }: StepPlace,
): Cursor {
  if (step + 1 < steps) return { iteration, stage, step: step + 1 };
  if (stage === 'baseline') return { iteration: 1, stage: stages[0], step: 0 };
  const next = stages.indexOf(stage) + 1;
  if (next < stages.length) return { iteration, stage: stages[next], step: 0 };
  return iteration < config.iterations
    ? { iteration: iteration + 1, stage: stages[0], step: 0 }
    : { iteration, stage: 'done', step: 0 };
}

/** What running steps uses of a run. */
export type StepContext = Pick<RunContext, 'config' | 'store' | 'stages' | 'stop' | 'emit' | 'clock'> &
  Partial<Pick<RunContext, 'tokenizer' | 'budget'>>;

/**
 * Runs the uncommitted steps of a stage. Each step commits one unit before the next begins. A stage that the run has
 * passed does nothing and emits nothing.
 * @param plan.from first step of this round; earlier ones were committed when the stage ran before
 * @param summarize returns the metrics of the whole stage, after its last step is committed
 * @throws StopRequested, BudgetSpent between steps
 * @throws RunEnded after a step whose notice ends the run
 */
export async function runSteps(
  ctx: StepContext,
  plan: Omit<StepPlace, 'step'> & { title?: string; from?: number },
  body: (place: StepPlace) => Promise<StepOutcome>,
  summarize: () => Record<string, number>,
): Promise<void> {
  const { iteration, stage, steps, title, from = 0 } = plan;
  const first = Math.max(from, committedSteps(ctx, iteration, stage));
  if (first === Infinity) return;
  checkStop(ctx);
  ctx.emit({ type: 'stage-start', iteration, stage, steps, done: first, ...(title === undefined ? {} : { title }) });
  const start = performance.now();
  if (first >= steps) ctx.store.commit({ cursor: after(ctx, { iteration, stage, step: steps, steps }) });
  let ending: Notice | undefined;
  for (let step = first; step < steps; step++) {
    checkStop(ctx);
    const place = { iteration, stage, step, steps };
    const outcome = await body(place);
    const { seconds, engineSeconds, usage } = ctx.clock.lap();
    const ends = pastEndNotices(ctx, place, outcome.metrics);
    // Notices are of iterations; the baseline only warns.
    const notices = [...(outcome.notices ?? []), ...(iteration === 0 ? [] : ends)];
    const metrics = {
      ...outcome.metrics,
      ...noticeMetrics(notices),
      ...usage,
      'time/seconds': seconds,
      'time/engine_seconds': engineSeconds,
    };
    ctx.store.commit({
      ...outcome.unit,
      partials: [...(outcome.unit.partials ?? []), ...keptNotices(notices)],
      cursor: outcome.cursor ?? after(ctx, { iteration, stage, step, steps }),
      metrics: Object.entries(metrics).map(([name, value]) => ({ iteration, stage, step, name, value })),
    });
    ctx.budget?.add(usage);
    await outcome.afterCommit?.();
    const mean = (performance.now() - start) / 1000 / (step + 1 - first);
    ctx.emit({
      type: 'step',
      iteration,
      stage,
      step,
      steps,
      seconds,
      remainingSeconds: mean * (steps - step - 1),
      metrics,
    });
    if (outcome.shown?.length) ctx.emit({ type: 'questions', iteration, stage, shown: outcome.shown });
    for (const notice of notices) ctx.emit({ type: 'notice', notice });
    if (iteration === 0) for (const { message } of ends) ctx.emit({ type: 'warning', message });
    ending = notices.find(({ action }) => action === 'stop');
    if (ending !== undefined || outcome.cursor !== undefined) break;
  }
  ctx.emit({ type: 'stage-end', iteration, stage, seconds: (performance.now() - start) / 1000, metrics: summarize() });
  if (ending !== undefined) throw new RunEnded(ending);
}

/** Returns the metrics of a stage's last committed step, without its times and usage. */
export function newestMetrics(
  { store }: Pick<RunContext, 'store'>,
  iteration: number,
  stage: StageName,
): Record<string, number> {
  const rows = store.metrics({ iteration, stage });
  const newest = Math.max(...rows.map(({ step }) => step));
  const shown = rows.filter(({ step, name }) => step === newest && !isExpense(name));
  return Object.fromEntries(shown.map(({ name, value }) => [name, value]));
}

/** Returns the number of chunks of `size` in `total` items. */
export function chunkCount(total: number, size: number): number {
  return Math.ceil(total / size);
}

/** Returns the items of one chunk, numbered from 0. */
export function chunkOf<T>(items: readonly T[], size: number, chunk: number): T[] {
  return items.slice(chunk * size, (chunk + 1) * size);
}

function checkStop({ stop, budget }: Pick<RunContext, 'stop' | 'budget'>): void {
  if (stop.aborted) throw new StopRequested();
  budget?.check();
}

type Place = Pick<StepPlace, 'iteration' | 'stage'>;

/** Returns 1 if the cursor is after the place, -1 if before, 0 if the same. */
function compare(stages: readonly StageName[], cursor: Cursor, place: Place): number {
  return cursor.stage === 'done' ? 1 : Math.sign(rank(stages, cursor) - rank(stages, place));
}

function rank(stages: readonly StageName[], { iteration, stage }: Place): number {
  return iteration * (stages.length + 1) + stages.indexOf(stage) + 1;
}
