/**
 * What happens when the filter leaves too little to train on (`filter.tooFew`): the run ends, the band widens,
 * or the Challenger poses more. Pure decisions, and how far an iteration's pool has grown by them.
 */

import type { RunConfig } from '../../config/schema.ts';
import type { RunStore } from '../../store/store.ts';
import type { Notice } from '../../types.ts';
import type { StepPlace } from '../context.ts';
import { noticesIn } from '../watch/notices.ts';

/** Ends of the band of agreement that is kept. */
export type Band = Pick<RunConfig['filter'], 'minAgreement' | 'maxAgreement'>;

/**
 * The config's band, or the narrowest of its widenings that keeps enough; the widest where none does.
 * `count`: questions that a band keeps.
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

/** The band after `times` widenings, within the limits; a band beyond a limit stays there. */
function widen({ minAgreement, maxAgreement, widenBy, widenMin, widenMax }: RunConfig['filter'], times: number): Band {
  return {
    minAgreement: Math.min(minAgreement, Math.max(widenMin, rounded(minAgreement - times * widenBy))),
    maxAgreement: Math.max(maxAgreement, Math.min(widenMax, rounded(maxAgreement + times * widenBy))),
  };
}

/** Without the last bits of a difference: 0.8, not 0.7999…, since agreements fall exactly on these ends. */
function rounded(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}

/** Completions of the pool after each round of posing, the newest last: pool.questions, then what was added. */
export function poolSizes(store: RunStore, { pool, filter }: RunConfig, iteration: number): number[] {
  const limit = Math.floor(pool.questions * filter.generateUpTo);
  const rounds = noticesIn(store, iteration).filter(({ action }) => action === 'generate').length;
  const sizes = [pool.questions];
  for (let round = 0; round < rounds; round++) sizes.push(Math.min(limit, sizes[round] + pool.chunk));
  return sizes;
}

/** How much the pool may still grow by, in the next round; 0: no more. */
export function nextRound({ pool, filter }: RunConfig, size: number): number {
  if (filter.tooFew !== 'generate') return 0;
  return Math.min(pool.chunk, Math.floor(pool.questions * filter.generateUpTo) - size);
}

/** A notice that too few were kept, and what is done. */
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
    message: `Iteration ${iteration}: ${questions} passed the filter, and ${needed} are needed (filter.minQuestions). ${remedy}`,
  };
}
