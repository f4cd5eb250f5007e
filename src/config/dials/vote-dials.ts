/** Contradictions between sampling, the number of votes and the band of agreement. Pure. */

import type { RunConfig } from '../schema.ts';
import { isSupervised, trainsChallenger } from '../phases.ts';
import type { Contradiction } from './contradiction.ts';

/** Largest number of votes that a fix proposes. */
const MOST_VOTES = 100;
const DIGITS = 3;

type Band = Pick<RunConfig['filter'], 'minAgreement' | 'maxAgreement'>;
type Sampling = Pick<RunConfig['votes'], 'temperature' | 'topK' | 'minP'>;

/** Returns what contradicts in the settings of sampling, `votes.*` and the filter's band. */
export function voteContradictions(config: RunConfig): Contradiction[] {
  const band = isSupervised(config) || hasAgreement(config, config.votes.count) ? [] : [unreachable(config)];
  return [...band, ...greedyContradictions(config)];
}

/** Returns whether some agreement of `count` votes is inside the band, or inside the widest band of `tooFew = "widen"`. */
function hasAgreement({ filter, votes }: RunConfig, count: number): boolean {
  const band = widest(filter);
  return agreements(count, votes.countUnanswered).some((one) => one >= band.minAgreement && one <= band.maxAgreement);
}

/** Returns all shares that a majority of `count` votes can have. Without unanswered attempts, fewer votes count. */
function agreements(count: number, countUnanswered: boolean): number[] {
  const totals = countUnanswered ? [count] : Array.from({ length: count }, (_, at) => at + 1);
  return totals.flatMap((total) => Array.from({ length: total }, (_, at) => (at + 1) / total));
}

function widest(filter: RunConfig['filter']): Band {
  const { tooFew, minAgreement, maxAgreement, widenBy, widenMin, widenMax } = filter;
  if (tooFew !== 'widen' || widenBy === 0) return { minAgreement, maxAgreement };
  return { minAgreement: Math.min(minAgreement, widenMin), maxAgreement: Math.max(maxAgreement, widenMax) };
}

function unreachable(config: RunConfig): Contradiction {
  const { filter, votes } = config;
  const { minAgreement, maxAgreement } = widest(filter);
  const problem = `votes.count = ${votes.count} gives no agreement from ${minAgreement} to ${maxAgreement} (filter.minAgreement, filter.maxAgreement)`;
  for (let count = 2; count <= MOST_VOTES; count++) {
    if (hasAgreement(config, count)) return { problem, fix: { 'votes.count': count } };
  }
  return { problem, fix: nearestBand(votes, { minAgreement, maxAgreement }) };
}

/** Returns the ends that move so that the nearest possible agreement is inside. */
function nearestBand(
  { count, countUnanswered }: RunConfig['votes'],
  { minAgreement, maxAgreement }: Band,
): Contradiction['fix'] {
  const outside = (share: number): number => Math.max(minAgreement - share, share - maxAgreement);
  const [nearest] = agreements(count, countUnanswered).toSorted((a, b) => outside(a) - outside(b));
  const scale = 10 ** DIGITS;
  return nearest < minAgreement
    ? { 'filter.minAgreement': Math.floor(nearest * scale) / scale }
    : { 'filter.maxAgreement': Math.ceil(nearest * scale) / scale };
}

/** Greedy sampling returns the same text every time, where the algorithm compares different ones. */
function greedyContradictions(config: RunConfig): Contradiction[] {
  const { challenger, pool, votes, solver } = config;
  const evolves = !isSupervised(config);
  return [
    evolves && greedy('votes', votes, `makes all votes.count = ${votes.count} attempts at a question equal`),
    evolves &&
      pool.questions > 1 &&
      greedy('pool', pool, `makes all pool.questions = ${pool.questions} questions equal`),
    trainsChallenger(config) &&
      greedy('challenger', challenger, `makes all rollouts of challenger.groupSize = ${challenger.groupSize} equal`),
    solver.steps > 0 && greedy('solver', solver, `makes all rollouts of solver.groupSize = ${solver.groupSize} equal`),
  ].filter((one) => one !== false && one !== null);
}

/** Returns the contradiction of a section that samples the most likely token only; null if it draws. */
function greedy(section: string, { temperature, topK, minP }: Sampling, consequence: string): Contradiction | null {
  const causes = [
    { key: 'temperature', value: temperature, isGreedy: temperature === 0, drawing: 1 },
    { key: 'topK', value: topK, isGreedy: topK === 1, drawing: 0 },
    { key: 'minP', value: minP, isGreedy: minP === 1, drawing: 0 },
  ].filter(({ isGreedy }) => isGreedy);
  if (causes.length === 0) return null;
  const settings = causes.map(({ key, value }) => `${section}.${key} = ${value}`).join(' and ');
  return {
    problem: `${settings} ${consequence}`,
    fix: Object.fromEntries(causes.map(({ key, drawing }) => [`${section}.${key}`, drawing])),
  };
}
