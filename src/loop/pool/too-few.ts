/**
 * Decides what happens when the filter keeps too few questions (`filter.tooFew`): the run ends, the band widens, or
 * the Challenger poses more. Also computes how far an iteration's pool has grown.
 */

import type { RunConfig } from '../../config/schema.ts';
import type { RunStore } from '../../store/store.ts';
import type { Notice } from '../../types.ts';
import type { StepPlace } from '../context.ts';
import { noticesIn } from '../watch/notices.ts';

/** The band of agreement that the filter keeps. Both ends are included. */
export type Band = Pick<RunConfig['filter'], 'minAgreement' | 'maxAgreement'>;

/**
 * Returns the configured band. With `filter.tooFew = "widen"`, returns the narrowest band that keeps enough questions,
 * or the widest if none does.
 * @param count returns the number of questions that a band keeps
 */
export function chooseBand(filter: RunConfig['filter'], count: (band: Band) => number): Band {
  let band: Band = { minAgreement: filter.minAgreement, maxAgreement: filter.maxAgreement };
  if (filter.tooFew !== 'widen') return band;
  for (let times = 1; count(band) < filter.minQuestions; times++) {
    const wider = widen(filter, times);
    if (wider.minAgreement === band.minAgreement && wider.maxAgreement === band.maxAgreement) break;
    band = wider;
  }
  return band;
}

/** Widens the band `times` times, up to the limits. An end that is already past its limit stays. */
function widen({ minAgreement, maxAgreement, widenBy, widenMin, widenMax }: RunConfig['filter'], times: number): Band {
  return {
    minAgreement: Math.min(minAgreement, Math.max(widenMin, rounded(minAgreement - times * widenBy))),
    maxAgreement: Math.max(maxAgreement, Math.min(widenMax, rounded(maxAgreement + times * widenBy))),
  };
}

/** Removes rounding errors (0.7999… becomes 0.8), because agreements can equal the ends exactly. */
function rounded(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}

/** Returns the size of an iteration's pool after each round, newest last. The first is `pool.questions`. */
export function poolSizes(store: RunStore, { pool, filter }: RunConfig, iteration: number): number[] {
  const limit = Math.floor(pool.questions * filter.generateUpTo);
  const rounds = noticesIn(store, iteration).filter(({ action }) => action === 'generate').length;
  const sizes = [pool.questions];
  for (let round = 0; round < rounds; round++) sizes.push(Math.min(limit, sizes[round] + pool.chunk));
  return sizes;
}

/** Returns how many questions the next round adds; 0 = no further round. */
export function nextRound({ pool, filter }: RunConfig, size: number): number {
  if (filter.tooFew !== 'generate') return 0;
  return Math.min(pool.chunk, Math.floor(pool.questions * filter.generateUpTo) - size);
}

/** Creates the notice that too few questions were kept. */
export function tooFewNotice(
  { iteration, stage, step }: StepPlace,
  about: { action: 'end' | 'widen' | 'generate'; kept: number; needed: number; remedy: string },
): Notice {
  const { action, kept, needed, remedy } = about;
  const questions = kept === 1 ? '1 question' : `${kept} questions`;
  return {
    iteration,
    stage,
    step,
    about: 'too-few-questions',
    action,
    value: kept,
    limit: needed,
    message: `Iteration ${iteration}: ${questions} passed the filter; at least ${needed} are needed (filter.minQuestions). ${remedy}`,
  };
}
