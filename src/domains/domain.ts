/**
 * A domain is the subject that Challenger and Solver play about: prompts, and how to read their texts. What a domain
 * cannot do, it leaves out: each optional member switches on one ability (an oracle, a held-out test, …).
 * A domain knows no tokens and no engine. Next: `math/` (the smallest), `arithmetic/` (every ability), `open-domain.ts`.
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

/** A test that is never trained on. */
export interface HeldOutTest {
  /** The first `count` questions, or all where there are fewer; the same for every run. */
  questions(count: number): readonly HeldOutQuestion[];
  /** Whether a posed question gives a held-out one away, in the same words or in others. */
  includes(question: string): boolean;
}

/** Worked solutions, where a completion either shows steps or gives the bare answer. */
export interface WorkedSteps {
  /** Opens the Solver's turn so that it must show its work. */
  readonly prefix: string;
  /** Whether a completion shows worked steps. */
  isShown(completion: string): boolean;
}

/** How hard a question is, from its text alone. */
export interface Difficulty {
  /** E.g. `operations`. */
  readonly unit: string;
  /** Null where the question cannot be read. */
  of(question: string): number | null;
}

export interface Domain {
  readonly name: string;
  /** Changes when the domain's meaning does: a run refuses to continue with another version. Only for domains given in code; a module is hashed. */
  readonly version?: string;
  /** The Challenger's prompt: the same for every rollout. */
  challengerMessages(): ChatMessage[];
  solverMessages(question: string): ChatMessage[];
  parseQuestion(completion: string): ParsedQuestion;
  /** The final answer of a Solver's completion, or null. */
  extractAnswer(completion: string): string | null;

  /**
   * Oracle: the exact answer of a well-formed question from its text alone; null when it has none. It audits labels
   * and enters no reward unless the config says `labels = "oracle"`.
   */
  truth?(question: string): string | null;
  readonly heldOut?: HeldOutTest;
  /** Makes distinct questions with their answers, none of them held out; the same seed gives the same questions. */
  generate?(count: number, seed: number): AnsweredQuestion[];
  readonly work?: WorkedSteps;
  readonly difficulty?: Difficulty;
  /** Own rule for equal answers; null leaves a pair to the answer checker, which compares mathematics. */
  equal?(a: string, b: string): boolean | null;
}

/** The domain itself: for type checking and completion in an editor. */
export function defineDomain(domain: Domain): Domain {
  return domain;
}
