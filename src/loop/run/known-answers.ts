/** Loads questions with known answers, from a file or from the domain's generator. */

import { type AnswerColumns, readQuestionsWithAnswers } from '../../data/questions-with-answers.ts';
import type { Domain } from '../../domains/domain.ts';
import { ConfigError } from '../../errors.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import type { Tokenizer } from '../../models/tokenizer/tokenizer.ts';
import { partialResult } from '../../store/partials.ts';
import type { RunStore } from '../../store/store.ts';
import type { QuestionWithAnswer } from '../../types.ts';
import { knownAnswers } from '../partials.ts';

/** Path of a file, or the number of questions that the domain generates. */
export type KnownAnswerSource = string | number;

/**
 * Reads all questions of a source, in order; none for 0.
 * @throws ConfigError as `readQuestionsWithAnswers`
 */
export async function readKnownAnswers(
  source: KnownAnswerSource,
  from: { domain: Domain; seed: number; columns: AnswerColumns },
): Promise<QuestionWithAnswer[]> {
  if (typeof source === 'string') return readQuestionsWithAnswers(source, from.columns);
  return source === 0 ? [] : (from.domain.generate?.(source, from.seed) ?? []);
}

/**
 * Checks that every question and an answer of the length that the settings allow fit into the model's context.
 * @param limits the settings that limit an answer, by name
 * @throws ConfigError for the first question that does not fit
 */
export function checkRoom(
  questions: readonly QuestionWithAnswer[],
  model: { tokenizer: Tokenizer; domain: Domain; maxContext: number },
  limits: Readonly<Record<string, number>>,
): void {
  const { domain, maxContext } = model;
  const maxTokens = Math.max(...Object.values(limits));
  for (const [at, { text }] of questions.entries()) {
    const { length } = encodePrompt(model, domain.solverMessages(text));
    if (length + maxTokens <= maxContext) continue;
    const room = maxContext - length;
    const long = Object.keys(limits).filter((name) => limits[name] > room);
    throw new ConfigError(
      `Question ${at + 1} (${JSON.stringify(text.slice(0, 60))}…) has ${length} tokens. Together with ${maxTokens} tokens for an answer, it exceeds the model's context of ${maxContext}.`,
      room > 0 ? `Remove the question, or set ${long.join(' and ')} to at most ${room}.` : 'Remove the question.',
    );
  }
}

/** Purpose of the questions: auditing labels, or training. */
export type KnownAnswerUse = 'planted-questions' | 'data';

/** Stores the questions in the run, so that a resumed run uses the same ones even if the file has changed. */
export function keepKnownAnswers(store: RunStore, use: KnownAnswerUse, questions: readonly QuestionWithAnswer[]): void {
  if (questions.length === 0) return;
  const partial = partialResult(knownAnswers(use), { iteration: 0, step: 0 }, [...questions]);
  store.commit({ cursor: store.cursor(), partials: [partial] });
}

/** Returns the questions that `keepKnownAnswers` stored; empty if none. */
export function keptKnownAnswers(store: Pick<RunStore, 'partials'>, use: KnownAnswerUse): QuestionWithAnswer[] {
  return store.partials(knownAnswers(use), 0).flatMap(({ value }) => value);
}
