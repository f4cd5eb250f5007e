/** The prompt of either role, for code that talks to a role by its name. */

import type { RoleSpec } from '../roles.ts';
import type { ChatMessage } from '../types.ts';
import type { Domain } from './domain.ts';

/** Returns the prompt of a role: of the Solver for a question, of the Challenger for a seed. */
export function rolePrompt(
  domain: Domain,
  { answers }: Pick<RoleSpec, 'answers'>,
  about: { question: string; seed: number },
): ChatMessage[] {
  return answers ? domain.solverMessages(about.question) : domain.challengerMessages(about.seed);
}
