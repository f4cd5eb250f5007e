/**
 * Where a run stands, and how it goes on. Every step commits one unit whose cursor names the next step,
 * so the store alone decides where a resumed run begins; nothing else is remembered.
 */

import type { ShownQuestion } from '../events.ts';
import type { RunConfig } from '../config/schema.ts';
import type { RunStore, Unit } from '../store/store.ts';
import type { Cursor, Notice, StageName } from '../types.ts';
import type { RunContext, StepPlace } from './context.ts';
import { keptNotices, noticeMetrics, RunEnded } from './watch/notices.ts';

export const START: Cursor = { iteration: 0, stage: 'baseline', step: 0 };

/** Thrown between steps when the user asked for a stop; `evolve` ends the run on it, nothing else catches it. */
export class StopRequested extends Error {
  constructor() {
    super('The run was asked to stop.');
    this.name = 'StopRequested';
  }
}

/** What one step did. */
export interface StepOutcome {
  unit: Omit<Unit, 'cursor' | 'metrics'>;
  metrics: Record<string, number>;
  /** Questions to show. */
  shown?: ShownQuestion[];
  /** Runs once the unit is durable. */
  afterCommit?: () => Promise<void>;
  /** What the step noticed: durable with the step, then reported. */
  notices?: Notice[];
  /** Where the run goes on, if not at the next step: the stage ends here. */
  cursor?: Cursor;
}

/** Steps of a stage that are durable: all of them (`Infinity`) once the cursor is behind it. */
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

/** The cursor after a step. */
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

/**
 * Runs the steps of a stage that are not durable yet; each commits one unit before the next begins.
 * A stage that lies behind the cursor does nothing and says nothing; steps before `from` were done when the
 * stage was played before. `summarize` gives the whole stage's numbers once its last step is durable. Throws
 * StopRequested between steps, and RunEnded after a step whose notice ends the run.
 */
export async function runSteps(
  ctx: RunContext,
  { iteration, stage, steps, title, from = 0 }: Omit<StepPlace, 'step'> & { title?: string; from?: number },
  body: (place: StepPlace) => Promise<StepOutcome>,
  summarize: () => Record<string, number>,
): Promise<void> {
  const first = Math.max(from, committedSteps(ctx, iteration, stage));
  if (first === Infinity) return;
  checkStop(ctx);
  ctx.emit({ type: 'stage-start', iteration, stage, steps, done: first, ...(title === undefined ? {} : { title }) });
  const start = performance.now();
  if (first >= steps) ctx.store.commit({ cursor: after(ctx, { iteration, stage, step: steps, steps }) });
  let ending: Notice | undefined;
  for (let step = first; step < steps; step++) {
    checkStop(ctx);
    const outcome = await body({ iteration, stage, step, steps });
    const { seconds, engineSeconds } = ctx.clock.lap();
    const { notices = [] } = outcome;
    const metrics = {
      ...outcome.metrics,
      ...noticeMetrics(notices),
      'time/seconds': seconds,
      'time/engine_seconds': engineSeconds,
    };
    ctx.store.commit({
      ...outcome.unit,
      partials: [...(outcome.unit.partials ?? []), ...keptNotices(notices)],
      cursor: outcome.cursor ?? after(ctx, { iteration, stage, step, steps }),
      metrics: Object.entries(metrics).map(([name, value]) => ({ iteration, stage, step, name, value })),
    });
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
    ending = notices.find(({ action }) => action === 'stop');
    if (ending !== undefined || outcome.cursor !== undefined) break;
  }
  ctx.emit({ type: 'stage-end', iteration, stage, seconds: (performance.now() - start) / 1000, metrics: summarize() });
  if (ending !== undefined) throw new RunEnded(ending);
}

/** Numbers of a stage's newest committed step, without its times. */
export function newestMetrics(ctx: RunContext, iteration: number, stage: StageName): Record<string, number> {
  const rows = ctx.store.metrics({ iteration, stage });
  const newest = Math.max(...rows.map(({ step }) => step));
  const told = rows.filter(({ step, name }) => step === newest && !name.startsWith('time/'));
  return Object.fromEntries(told.map(({ name, value }) => [name, value]));
}

/** Number of chunks of `size` in `total`. */
export function chunkCount(total: number, size: number): number {
  return Math.ceil(total / size);
}

export function chunkOf<T>(items: readonly T[], size: number, chunk: number): T[] {
  return items.slice(chunk * size, (chunk + 1) * size);
}

function checkStop(ctx: RunContext): void {
  if (ctx.stop.aborted) throw new StopRequested();
}

type Place = Pick<StepPlace, 'iteration' | 'stage'>;

/** Sign of cursor minus place. */
function compare(stages: readonly StageName[], cursor: Cursor, place: Place): number {
  return cursor.stage === 'done' ? 1 : Math.sign(rank(stages, cursor) - rank(stages, place));
}

function rank(stages: readonly StageName[], { iteration, stage }: Place): number {
  return iteration * (stages.length + 1) + stages.indexOf(stage) + 1;
}
