/** The Solver's reward. */

import type { RunConfig } from '../config/schema.ts';
import type { Reward } from './challenger.ts';

/**
 * 1 if the attempt's answer equals the label, else 0 (R-Zero, section 3.3). With a `thinkWeight` w it is
 * `(1 - w) correct + w think` (R-Zero's code: w = 0.1; FIDELITY.md, number 6), where `think` is 1 for an attempt of the form
 * `hasThinkForm`. Parts: `correct`, and `think` where it is paid for.
 */
export function solverReward(
  attempt: { correct: boolean; text: string },
  { thinkWeight }: Pick<RunConfig['solver'], 'thinkWeight'>,
): Reward {
  const correct = attempt.correct ? 1 : 0;
  if (thinkWeight === 0) return { reward: correct, parts: { correct } };
  const think = hasThinkForm(attempt.text) ? 1 : 0;
  return { reward: (1 - thinkWeight) * correct + thinkWeight * think, parts: { correct, think } };
}

/** Whether the whole text is `<think>…</think>…\boxed{…}…`; white space around `<`, `>` and `/` does not count. */
export function hasThinkForm(text: string): boolean {
  const clean = text
    .split(/([<>/])/)
    .map((piece) => piece.trim())
    .join('');
  if (!clean.startsWith('<think>')) return false;
  const end = clean.indexOf('</think>');
  const box = end === -1 ? -1 : clean.indexOf('\\boxed{', end);
  return box !== -1 && clean.includes('}', box);
}
