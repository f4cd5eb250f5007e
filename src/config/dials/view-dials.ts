/** How votes are split over the wordings of a question, and the contradictions between the settings of this. Pure. */

import { trainsChallenger } from '../phases.ts';
import type { RunConfig } from '../schema.ts';
import type { Contradiction } from './contradiction.ts';

/** Votes on a question: on its own words, on its other wordings, and the number of those. */
export interface VoteSplit {
  own: number;
  others: number;
  wordings: number;
}

/** Splits `count` votes by `votes.views` and `votes.wordings`. */
export function splitVotes(count: number, { votes }: Pick<RunConfig, 'votes'>): VoteSplit {
  const others = Math.round(count * votes.views);
  return { own: count - others, others, wordings: votes.wordings === 0 ? others : Math.min(votes.wordings, others) };
}

const HALF = { 'votes.views': 0.5 };
/** Fewest votes that can be united on a wording of the Challenger. */
const UNITED = 2;

/** Returns what contradicts in `votes.views`, `votes.wordings`, `votes.viewsFrom` and the settings that use them. */
export function viewContradictions(config: RunConfig): Contradiction[] {
  return [unreadable, gate, viewsAgree, united].flatMap((rule) => rule(config));
}

function unreadable(config: RunConfig): Contradiction[] {
  const { filter, votes } = config;
  if (filter.unreadable === 'keep' || splitVotes(votes.count, config).others > 0) return [];
  const problem = `filter.unreadable = "drop" needs votes on other wordings, but votes.views = ${votes.views} casts none`;
  return [{ problem, fix: HALF }];
}

function gate(config: RunConfig): Contradiction[] {
  const { gate: used } = config.filter;
  if (used !== 'views' && used !== 'both') return [];
  return halves(config, `filter.gate = "${used}"`, 'votes.count', config.votes.count);
}

function viewsAgree(config: RunConfig): Contradiction[] {
  if (!config.challenger.viewsAgree || !trainsChallenger(config)) return [];
  return halves(config, 'challenger.viewsAgree = true', 'challenger.votes', config.challenger.votes);
}

/** Both halves must have a vote: the one on a question's own words, and the one on its other wordings. */
function halves(config: RunConfig, user: string, key: string, count: number): Contradiction[] {
  const { own, others } = splitVotes(count, config);
  if (own > 0 && others > 0) return [];
  const problem = `${user} compares two halves of the votes, but votes.views = ${config.votes.views} leaves one of them without any of ${key} = ${count}`;
  return [{ problem, fix: HALF }];
}

function united(config: RunConfig): Contradiction[] {
  const { votes, challenger } = config;
  if (votes.views === 0 || votes.viewsFrom === 'domain') return [];
  const counts = [
    ['votes.count', votes.count],
    ...(trainsChallenger(config) ? [['challenger.votes', challenger.votes] as const] : []),
  ] as const;
  return counts.flatMap(([key, count]) => {
    const { others, wordings } = splitVotes(count, config);
    if (wordings > 0 && others >= UNITED * wordings) return [];
    const problem = `votes.viewsFrom = "challenger" needs ${UNITED} votes per wording, but ${key} = ${count} with votes.views = ${votes.views} casts ${others} on ${wordings} (votes.wordings = ${votes.wordings})`;
    return [{ problem, fix: unitedFix(key, count, config) }];
  });
}

/** Returns one wording with as many votes as it needs, half of the votes if they are too few. */
function unitedFix(key: string, count: number, config: RunConfig): Contradiction['fix'] {
  if (splitVotes(count, config).others >= UNITED) return { 'votes.wordings': 1 };
  return { 'votes.wordings': 1, ...HALF, ...(count < UNITED + 1 ? { [key]: UNITED + 1 } : {}) };
}
