/** Contradictions between the sizes of the pool, the curriculum and a Solver step. Pure. */

import type { RunConfig } from '../schema.ts';
import type { Contradiction } from './contradiction.ts';

/** Share of a pool that a proposed `filter.minQuestions` asks for. */
const MODEST_SHARE = 1 / 4;

/** Returns the largest pool of an iteration: the posed questions, with the rounds of `filter.tooFew = "generate"`. */
export function largestPool({ pool, filter }: Pick<RunConfig, 'pool' | 'filter'>): number {
  return filter.tooFew === 'generate' ? Math.floor(pool.questions * filter.generateUpTo) : pool.questions;
}

/** Returns the largest curriculum that the filter can keep. */
export function largestCurriculum(config: Pick<RunConfig, 'pool' | 'filter'>): number {
  const { maxQuestions } = config.filter;
  return maxQuestions > 0 ? Math.min(maxQuestions, largestPool(config)) : largestPool(config);
}

/** Returns what contradicts in the settings `pool.*`, `filter.*`, `solver.prompts` and `audit.planted`. */
export function poolContradictions(config: RunConfig): Contradiction[] {
  return [surplus, unfilled, noGrowth, noWidening, step, planted].flatMap((rule) => rule(config) ?? []);
}

function surplus({ filter }: RunConfig): Contradiction | null {
  const { minQuestions, maxQuestions } = filter;
  if (maxQuestions === 0 || maxQuestions >= minQuestions) return null;
  return {
    problem: `filter.maxQuestions = ${maxQuestions} keeps fewer questions than filter.minQuestions = ${minQuestions} asks for`,
    fix: { 'filter.maxQuestions': minQuestions },
  };
}

function unfilled(config: RunConfig): Contradiction | null {
  const { pool, filter } = config;
  const most = largestPool(config);
  if (filter.minQuestions <= most) return null;
  const grown =
    most === pool.questions ? '' : `, which grows to ${most} (filter.generateUpTo = ${filter.generateUpTo})`;
  return {
    problem: `pool.questions = ${pool.questions}${grown} can never keep filter.minQuestions = ${filter.minQuestions} questions`,
    fix: { 'filter.minQuestions': Math.max(1, Math.floor(most * MODEST_SHARE)) },
  };
}

function noGrowth(config: RunConfig): Contradiction | null {
  const { pool, filter } = config;
  if (filter.tooFew !== 'generate' || largestPool(config) > pool.questions) return null;
  return {
    problem: `filter.tooFew = "generate" asks for more questions, but filter.generateUpTo = ${filter.generateUpTo} allows no more than pool.questions = ${pool.questions}`,
    fix: { 'filter.generateUpTo': 2 },
  };
}

function noWidening({ filter }: RunConfig): Contradiction | null {
  const { tooFew, minAgreement, maxAgreement, widenBy, widenMin, widenMax } = filter;
  const isWhole = minAgreement === 0 && maxAgreement === 1;
  const canWiden = widenBy > 0 && (widenMin < minAgreement || widenMax > maxAgreement);
  if (tooFew !== 'widen' || isWhole || canWiden) return null;
  const why =
    widenBy === 0
      ? 'filter.widenBy = 0 moves neither end'
      : `filter.widenMin = ${widenMin} and filter.widenMax = ${widenMax} are not outside the band of ${minAgreement} to ${maxAgreement} (filter.minAgreement, filter.maxAgreement)`;
  return {
    problem: `filter.tooFew = "widen" cannot widen the band: ${why}`,
    fix: { 'filter.widenBy': widenBy === 0 ? 0.1 : widenBy, 'filter.widenMin': 0, 'filter.widenMax': 1 },
  };
}

/** A step asks every question once. Over the steps of a phase, questions may repeat. */
function step(config: RunConfig): Contradiction | null {
  const { solver, pool, filter } = config;
  const most = largestCurriculum(config);
  if (solver.steps === 0 || solver.prompts <= most) return null;
  const limit = most === filter.maxQuestions ? `filter.maxQuestions = ${most}` : `pool.questions = ${pool.questions}`;
  return {
    problem: `solver.prompts = ${solver.prompts} asks for more questions in one step than ${limit} can keep`,
    fix: { 'solver.prompts': most },
  };
}

function planted({ audit, pool }: RunConfig): Contradiction | null {
  if (typeof audit.planted !== 'number' || audit.planted <= pool.questions) return null;
  return { problem: plantedProblem(audit.planted, pool.questions), fix: { 'audit.planted': pool.questions } };
}

/** Returns the contradiction of a file with more planted questions than the Challenger poses; null if there are no more. */
export function tooManyPlanted(planted: number, { pool }: Pick<RunConfig, 'pool'>): Contradiction | null {
  if (planted <= pool.questions) return null;
  return { problem: plantedProblem(planted, pool.questions), fix: { 'pool.questions': planted } };
}

function plantedProblem(planted: number, posed: number): string {
  return `audit.planted has ${planted} questions, more than the pool.questions = ${posed} that they audit`;
}
