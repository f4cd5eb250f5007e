/** Counts the work of the Verifier, for the forecasts of a run's cost. Pure; upper bounds, as in `forecast.ts`. */

import { hasVerifier } from '../config/phases.ts';
import type { RunConfig } from '../config/schema.ts';
import { JUDGED_PER_FRESH } from '../loop/verifier/fresh-trials.ts';

/** The work of an iteration. */
export interface VerifierWork {
  /** Training steps, and the attempts judged in each. */
  steps: number;
  trained: number;
  /** Fresh attempts of the Solver, and their questions. */
  fresh: number;
  freshQuestions: number;
  /** Attempts that are judged at once: in the test, then in each chunk of the votes. */
  judged: number[];
  /** Attempts judged in a training step of the Solver; 0 if the Verifier pays no part of its reward. */
  paid: number;
  /** Checks per trained and per judged attempt; null for one-token verdicts, which are scored. */
  checks: { trained: number; judged: number } | null;
}

/** Returns the work of the Verifier; null for a run without one. */
export function verifierWork(config: RunConfig): VerifierWork | null {
  if (!hasVerifier(config)) return null;
  const { audit, pool, solver, verifier, votes } = config;
  const planted = typeof audit.planted === 'number' ? audit.planted : 0;
  const fresh = verifier.fresh * verifier.freshVotes;
  const chunks = [pool.questions, planted].flatMap((questions) =>
    Array.from({ length: Math.ceil(questions / votes.chunk) }, (_, at) =>
      Math.min(votes.chunk, questions - at * votes.chunk),
    ),
  );
  return {
    steps: verifier.steps,
    trained: verifier.prompts * 2 * verifier.pairs,
    fresh,
    freshQuestions: verifier.fresh,
    judged: [fresh * JUDGED_PER_FRESH, ...chunks.map((questions) => questions * votes.count)],
    paid: solver.verifierWeight > 0 ? solver.prompts * solver.groupSize : 0,
    checks: verifier.kind === 'token' ? null : { trained: verifier.groupSize, judged: verifier.checks },
  };
}

/** A one-token verdict is read from the scores of two sequences: with yes, and with no. */
export const SCORED_PER_VERDICT = 2;
