/** Questions with known answers, from wherever a config says: a file, or the domain itself. */

import { type AnswerColumns, readAnswered } from '../../data/answered.ts';
import type { Domain } from '../../domains/domain.ts';
import { ConfigError, StoreError } from '../../errors.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import type { Tokenizer } from '../../models/tokenizer/tokenizer.ts';
import type { RunStore } from '../../store/store.ts';
import type { AnsweredQuestion } from '../../types.ts';

/** A file's path, or how many the domain shall make. */
export type AnsweredSource = string | number;

/** All questions of a source, in its order. ConfigError as `readAnswered`; none for 0. */
export async function answeredFrom(
  source: AnsweredSource,
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
  const { domain, maxContext } = model;
  for (const [at, { text }] of questions.entries()) {
    const { length } = encodePrompt(model, domain.solverMessages(text));
    if (length + maxTokens <= maxContext) continue;
    throw new ConfigError(
      `Question ${at + 1} (${JSON.stringify(text.slice(0, 60))}…) takes ${length} tokens; with ${maxTokens} for an answer it exceeds the model's context of ${maxContext}.`,
      'Remove it, or lower solver.maxTokens, votes.maxTokens and evaluation.maxTokens.',
    );
  }
}

/** Under what a run keeps such questions. */
export type AnsweredKey = 'planted-questions' | 'data';

/** Keeps them in the run, so that a resumed one has the same whatever became of their file. */
export function keepAnswered(store: RunStore, key: AnsweredKey, questions: readonly AnsweredQuestion[]): void {
  if (questions.length === 0) return;
  store.commit({
    cursor: store.cursor(),
    partial: { iteration: 0, stage: key, step: 0, json: JSON.stringify(questions) },
  });
}

/** What `keepAnswered` kept; none where it kept nothing. */
export function keptAnswered(store: Pick<RunStore, 'partials'>, key: AnsweredKey): AnsweredQuestion[] {
  return readPartials<AnsweredQuestion>(store, 0, key);
}

/** The lists of all partials of a stage, joined. StoreError when one is damaged. */
export function readPartials<T>(store: Pick<RunStore, 'partials'>, iteration: number, stage: string): T[] {
  return store.partials(iteration, stage).flatMap(({ step, json }): T[] => {
    try {
      return JSON.parse(json);
    } catch (cause) {
      throw new StoreError(
        `What the run keeps as ${stage} of iteration ${iteration}, part ${step}, cannot be read.`,
        'Start a new run: this database is damaged.',
        { cause },
      );
    }
  });
}
