/** The vote of a completion, for code that asks a Solver. */

import type { Domain, Executor } from './domain.ts';

/** What reading a vote needs. */
export interface VoteReader {
  domain: Domain;
  /** What runs the domain's programs; absent or null for a domain that runs none. */
  executor?: Executor | null;
}

/** Returns the final answer of a completion, or what it leads to if the domain runs programs; null if there is none. */
export async function readVote(
  { domain, executor }: VoteReader,
  question: string,
  completion: string,
): Promise<string | null> {
  const answer = domain.extractAnswer(completion);
  return answer === null || !executor ? answer : executor.outcome(question, answer);
}

/** Reads the votes of several completions, in order. */
export async function readVotes(
  reader: VoteReader,
  question: string,
  completions: readonly string[],
): Promise<(string | null)[]> {
  const votes: (string | null)[] = [];
  for (const completion of completions) votes.push(await readVote(reader, question, completion));
  return votes;
}
