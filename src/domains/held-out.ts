/** The questions of a domain's held-out test, which not every domain has. */

import type { Domain, HeldOutQuestion } from './domain.ts';

/** Returns the first `count` questions of the domain's test, or all if there are fewer; none without a test. */
export function heldOutQuestions({ heldOut }: Pick<Domain, 'heldOut'>, count: number): readonly HeldOutQuestion[] {
  return count > 0 ? (heldOut?.questions(count) ?? []) : [];
}
