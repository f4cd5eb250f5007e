/**
 * Counts completions that go on after the chat template's end of a turn, and says so. They show that the model's files
 * name another end token than its template writes; the model itself may be fine. `models/facts` compares the files.
 */

import type { Completion } from '../../engine/engine.ts';
import type { Notice } from '../../types.ts';
import type { RunContext, StepPlace } from '../context.ts';
import { textOf } from '../sampling.ts';

/** Last part of the metric's name. It is recorded only if it is not zero. */
export const PAST_END = 'past_end';

/** Share of completions above which the run says so. */
const LIMIT = 0.01;

/** Returns `{ [name]: share }` of the completions that contain the end of a turn; empty if none does. */
export function pastEndMetric(
  ctx: Pick<RunContext, 'tokenizer'>,
  completions: readonly Completion[],
  name: string = PAST_END,
): Record<string, number> {
  const texts = completions.map((completion) => textOf(ctx, completion));
  return pastEndShare(ctx, texts, name);
}

/** Same as `pastEndMetric`, for decoded completions. */
export function pastEndShare(
  ctx: Pick<RunContext, 'tokenizer'>,
  texts: readonly string[],
  name: string = PAST_END,
): Record<string, number> {
  const past = countPastEnd(ctx, texts);
  return past === 0 ? {} : { [name]: past / texts.length };
}

/** Returns the number of completions that contain the end of a turn. */
export function countPastEnd({ tokenizer }: Pick<RunContext, 'tokenizer'>, texts: readonly string[]): number {
  const end = tokenizer.turn?.end ?? null;
  return end === null ? 0 : texts.filter((text) => text.includes(end)).length;
}

/** What the notice uses of a run. */
type EndContext = Pick<RunContext, 'store'> & Partial<Pick<RunContext, 'tokenizer'>>;

/** Returns the notice of a step, unless an earlier step of the iteration had one. */
export function pastEndNotices(ctx: EndContext, place: StepPlace, metrics: Record<string, number>): Notice[] {
  const { iteration, stage, step } = place;
  const end = ctx.tokenizer?.turn?.end ?? null;
  const value = Math.max(0, ...Object.keys(metrics).map((name) => (isPastEnd(name) ? metrics[name] : 0)));
  if (end === null || value <= LIMIT) return [];
  const before = ctx.store.metrics({ iteration });
  if (before.some((row) => isPastEnd(row.name) && row.value > LIMIT)) return [];
  const where = iteration === 0 ? '' : `Iteration ${iteration}: `;
  const message = `${where}${percent(value)} of the completions contain ${end}, which ends a turn in the chat template, and go on after it. ${remedy(end)}`;
  return [{ iteration, stage, step, about: 'past-end', action: 'warn', value, limit: LIMIT, message }];
}

function isPastEnd(name: string): boolean {
  return name.endsWith(PAST_END) && !name.startsWith('notice/');
}

/** Says what the user can do about completions that do not stop at the template's end of a turn. */
export function remedy(end: string): string {
  return `Sampling does not stop there: set prompt.stop = [${JSON.stringify(end)}].`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}
