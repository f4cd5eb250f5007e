/**
 * A domain is what the two players play about: prompts, how to read their texts, how answers compare,
 * and, where truth can be computed, an oracle. The oracle audits labels; it enters no reward but that of the
 * upper line that a config asks for by name (`labels = "oracle"`).
 * A domain knows no tokens and no engine. Next: `arithmetic/`, `math/`, and `index.ts` to find one by name.
 */

import type { AnsweredQuestion, ChatMessage, InvalidReason } from '../types.ts';

/** What a Challenger's completion says. */
export interface ParsedQuestion {
  text: string;
  /** The answer that it claims. */
  claimed: string | null;
  invalid: InvalidReason | null;
}

export interface HeldOutQuestion extends AnsweredQuestion {
  id: string;
}

export interface Domain {
  readonly name: string;
  /** The Challenger's prompt: the same for every rollout. */
  challengerMessages(): ChatMessage[];
  solverMessages(question: string): ChatMessage[];
  parseQuestion(completion: string): ParsedQuestion;
  /** The final answer of a Solver's completion, or null. */
  extractAnswer(completion: string): string | null;
  /** Text that opens the Solver's turn so that it must show its work; null where the domain has none. */
  readonly workedPrefix: string | null;
  /** Whether a completion shows worked steps; null where the domain cannot tell. */
  showsWork(completion: string): boolean | null;
  /** Whether `truth` can be known at all here. */
  readonly hasOracle: boolean;
  /** Exact answer of a well-formed question from its text alone; null when it has none. */
  truth(question: string): string | null;
  /** Difficulty of a question in the domain's own unit (named by `difficultyUnit`), or null. */
  difficulty(question: string): number | null;
  readonly difficultyUnit: string | null;
  /** Held-out test, the same for every run; empty where the domain ships none. */
  heldOut(count: number): HeldOutQuestion[];
  /** Whether a posed question gives a held-out one away, in these words or others. */
  isHeldOut(question: string): boolean;
  /** Makes distinct questions with their answers, none of them held out; the same seed, the same ones. Null where the domain cannot. */
  readonly generate: ((count: number, seed: number) => AnsweredQuestion[]) | null;
}
