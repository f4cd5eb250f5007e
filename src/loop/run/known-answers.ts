/** Questions with known answers, from wherever a config says: a file, or the domain itself. */

import { type AnswerColumns, readAnswered } from '../../data/answered.ts';
import type { Domain } from '../../domains/domain.ts';
import { ConfigError } from '../../errors.ts';
import type { Tokenizer } from '../../models/tokenizer/tokenizer.ts';
import { partialResult } from '../../store/partials.ts';
import type { RunStore } from '../../store/store.ts';
import type { AnsweredQuestion } from '../../types.ts';
import { knownAnswers } from '../partials.ts';

/** A file's path, or how many the domain generates. */
export type KnownAnswerSource = string | number;

/** All questions of a source, in its order; none for 0. ConfigError as `readAnswered`. */
export async function readKnownAnswers(
  source: KnownAnswerSource,
  from: { domain: Domain; seed: number; columns: AnswerColumns },
): Promise<AnsweredQuestion[]> {
  if (typeof source === 'string') return readAnswered(source, from.columns);
  return source === 0 ? [] : (from.domain.generate?.(source, from.seed) ?? []);
}

/** ConfigError where a question leaves the Solver no room for `maxTokens` within the model's context. */
export function checkRoom(
  questions: readonly AnsweredQuestion[],
  model: { tokenizer: Tokenizer; domain: Domain; maxContext: number },
  maxTokens: number,
): void {
  const { tokenizer, domain, maxContext } = model;
  for (const [at, { text }] of questions.entries()) {
    const { length } = tokenizer.encode(tokenizer.renderChat(domain.solverMessages(text)));
    if (length + maxTokens <= maxContext) continue;
    throw new ConfigError(
      `Question ${at + 1} (${JSON.stringify(text.slice(0, 60))}…) takes ${length} tokens; with ${maxTokens} for an answer it exceeds the model's context of ${maxContext}.`,
      'Remove it, or lower solver.maxTokens, votes.maxTokens and evaluation.maxTokens.',
    );
  }
}

/** What a run uses such questions for: to audit labels, or to train on. */
export type KnownAnswerUse = 'planted-questions' | 'data';

/** Keeps them in the run, so that a resumed run has the same ones even if their file has changed. */
export function keepKnownAnswers(store: RunStore, use: KnownAnswerUse, questions: readonly AnsweredQuestion[]): void {
  if (questions.length === 0) return;
  const partial = partialResult(knownAnswers(use), { iteration: 0, step: 0 }, [...questions]);
  store.commit({ cursor: store.cursor(), partials: [partial] });
}

/** What `keepKnownAnswers` kept; none where it kept nothing. */
export function keptKnownAnswers(store: Pick<RunStore, 'partials'>, use: KnownAnswerUse): AnsweredQuestion[] {
  return store.partials(knownAnswers(use), 0).flatMap(({ value }) => value);
}
