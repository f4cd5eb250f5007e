/**
 * A domain is the subject of the questions. It provides prompts, and reads the texts of Challenger and Solver. Each
 * optional member adds one ability (an oracle, a held-out test, …). A domain does not depend on tokens or engines.
 * See `math/` for the smallest domain and `arithmetic/` for one with every ability.
 */

import type { QuestionWithAnswer, ChatMessage, InvalidReason } from '../types.ts';

/** A Challenger's completion, parsed. */
export interface ParsedQuestion {
  text: string;
  /** Answer that the Challenger claims; null if there is none. */
  claimed: string | null;
  invalid: InvalidReason | null;
  /** Hint that the Challenger gives with a task of an open domain; absent if there is none. It is not trusted. */
  hint?: string;
}

/** A test question. */
export interface HeldOutQuestion extends QuestionWithAnswer {
  id: string;
}

/** A test that is never used for training. */
export interface HeldOutTest {
  /** Returns the first `count` questions, or all if there are fewer. The same for every run. */
  questions(count: number): readonly HeldOutQuestion[];
  /** Returns whether a posed question is equivalent to a test question, in the same or other words. */
  includes(question: string): boolean;
}

/** Tasks of an open domain that are never used for training. */
export interface HeldOutTasks {
  /** Returns the first `count` tasks, or all if there are fewer. The same for every run. */
  tasks(count: number): readonly string[];
  /** Returns whether a posed task is equivalent to one of them. */
  includes(task: string): boolean;
}

/** Worked steps, for domains whose completions contain either steps or only the answer. */
export interface WorkedSteps {
  /** Text that the Solver's turn is forced to start with, so that it shows its steps. */
  readonly prefix: string;
  /** Returns whether a completion shows worked steps. */
  isShown(completion: string): boolean;
}

/** Difficulty of a question, computed from its text. */
export interface Difficulty {
  /** Unit, e.g. `operations`. */
  readonly unit: string;
  /** Returns the difficulty; null if the question cannot be parsed. */
  of(question: string): number | null;
}

/**
 * Runs what models write, for a domain whose questions and answers are programs. It may be slow, and it reads hostile
 * texts: it runs them where they can be ended, and reports failures as data. Its results depend on its inputs alone.
 */
export interface Executor {
  /** Parses a Challenger's completion in place of `Domain.parseQuestion`, and computes what the text must hold. */
  parseQuestion(completion: string): Promise<ParsedQuestion>;
  /**
   * Returns what an answer leads to, which counts as the vote: equal outcomes are equal answers, and an answer is right
   * if its outcome is the truth. Null if it leads to nothing.
   */
  outcome(question: string, answer: string): Promise<string | null>;
  /** Ends what it started. */
  close(): Promise<void>;
}

/** A question in other words: its answer is the same, or maps back to the question's. */
export interface QuestionView {
  /** What differs, such as `order` or `names`. Metrics are counted by it. */
  readonly kind: string;
  readonly text: string;
  /** Returns the answer to the question that an answer to this view gives; null if none. Absent: the same answer. */
  back?(answer: string): string | null;
}

/** How a domain asks whether an attempt is right. */
export interface Verification {
  /** Returns the prompt. `attemptFirst`: the attempt stands before the question, to test that the order does not matter. */
  messages(question: string, attempt: string, attemptFirst: boolean): ChatMessage[];
  /** Text that opens a verdict. */
  readonly opening: string;
  /** The verdicts: one token each after the opening, which the base model already writes there. */
  readonly yes: string;
  readonly no: string;
}

/** The subject of a run's questions. */
export interface Domain {
  readonly name: string;
  /**
   * `open`: the questions are tasks without a right answer, such as writing. There are no votes; responses are scored
   * (`scoring/`). Absent: questions have answers.
   */
  readonly kind?: 'open';
  /** Change this when the domain changes. A run does not continue with another version. Modules are hashed instead. */
  readonly version?: string;
  /**
   * Returns the Challenger's prompt. A domain may vary it, so that questions vary: with the names and examples that it
   * mentions, say. It must depend on `seed` alone. The rollouts of one group share a seed; each pool question has its own.
   */
  challengerMessages(seed: number): ChatMessage[];
  /** Returns the Solver's prompt for a question. */
  solverMessages(question: string): ChatMessage[];
  /** Parses a Challenger's completion. */
  parseQuestion(completion: string): ParsedQuestion;
  /** Returns the final answer of a Solver's completion; null if there is none. */
  extractAnswer(completion: string): string | null;

  /**
   * For a closed domain: returns whether its grammar can read a question. It uses the text only, not the answer. A run
   * with `illPosed = "refuse"` refuses the other questions.
   */
  isWellPosed?(question: string): boolean;
  /**
   * The oracle: computes the exact answer of a question from its text; null if it has none. It is used to audit labels,
   * where no label of a question without an answer is right, and for rewards only with `labels = "oracle"` or
   * `"computed"`.
   */
  truth?(question: string): string | null;
  /**
   * For a domain that runs programs: opens what runs them, once per run. The votes on a question are then the outcomes
   * of the answers, and `truth` returns the outcome of a right one.
   */
  openExecutor?(): Executor;
  /**
   * Words a question in up to `count` other ways, with distinct texts; fewer or none if it cannot read the text. It uses
   * the text only, never the answer, so that an error of the Solver on one wording says nothing about the others. It
   * depends on its arguments alone. Needed by `audit.views` and `votes.views`.
   */
  views?(question: string, count: number, seed: number): QuestionView[];
  /**
   * Asks the Challenger for the same question in other words. `parseQuestion` reads its completion; a missing answer is no
   * fault. Needed by `votes.viewsFrom = "challenger"`.
   */
  rewordMessages?(question: string): ChatMessage[];
  /** Needed by `verifier.kind`. */
  readonly verification?: Verification;
  readonly heldOut?: HeldOutTest;
  /** Generates distinct questions with answers, none from the test. The same seed gives the same questions. */
  generate?(count: number, seed: number): QuestionWithAnswer[];
  readonly work?: WorkedSteps;
  readonly difficulty?: Difficulty;
  /** For an open domain: returns the Solver's prompt for a task with the Challenger's hint. Needed to train on hints. */
  hintedMessages?(task: string, hint: string): ChatMessage[];
  /** For an open domain: tasks that no training uses, on which the hidden quality is measured. */
  readonly heldOutTasks?: HeldOutTasks;
  /** Names of the hidden criteria of an open domain, in the order of `quality`. */
  readonly criteria?: readonly string[];
  /**
   * Returns how well a response meets each of `criteria`, 0..1; null if the task cannot be read. The mean is the hidden
   * quality of the response. It is used for audits only, never for training: read it with `readQuality`.
   */
  quality?(task: string, response: string): readonly number[] | null;
  /** Custom rule for equal answers; null = use the default answer checker, which compares mathematics. */
  equal?(a: string, b: string): boolean | null;
}

/** Returns the domain unchanged. Adds type checking and editor completion. */
export function defineDomain(domain: Domain): Domain {
  return domain;
}
