/**
 * Compares the facts of a run's model before it is used: its files, the prompts of both roles, and the settings that
 * depend on them. `rzero doctor`, `--dry-run` and the start of a run report what contradicts what.
 */

import type { RunConfig } from '../../config/schema.ts';
import type { Domain } from '../../domains/domain.ts';
import type { Finding } from '../../models/facts/finding.ts';
import { specialTokenFacts } from '../../models/facts/special-tokens.ts';
import { type RolePrompt, templateFacts } from '../../models/facts/template-facts.ts';
import type { LoadedText } from '../../models/tokenizer/tokenizer.ts';
import { isSupervised } from '../../config/phases.ts';

/** A question as a Solver may get it, where a domain has none of its own. */
const SAMPLE_QUESTION = 'What is 3 + 4?';

/** What the comparison needs. */
export interface ComparedModel {
  text: LoadedText;
  config: RunConfig;
  domain: Domain;
}

/** Returns the contradictions, the most harmful first; empty if the facts agree. */
export function modelFacts({ text, config, domain }: ComparedModel): Finding[] {
  return [
    ...specialTokenFacts(text),
    ...templateFacts(text, rolePrompts(config, domain), config),
    ...thinkingFacts(text, config),
  ];
}

function rolePrompts(config: RunConfig, domain: Domain): RolePrompt[] {
  const [held] = domain.heldOut?.questions(1) ?? [];
  const solver = { title: 'Solver', messages: domain.solverMessages(held?.text ?? SAMPLE_QUESTION) };
  return isSupervised(config) ? [solver] : [{ title: 'Challenger', messages: domain.challengerMessages(1) }, solver];
}

/** A reward for thinking that no completion, or every completion, earns. */
function thinkingFacts({ tokenizer, template }: LoadedText, { solver }: RunConfig): Finding[] {
  const opening = tokenizer.turn?.opening ?? '';
  if (solver.thinkWeight === 0 || !opening.includes('</think>')) return [];
  const off = 'set solver.thinkWeight = 0';
  return [
    {
      about: 'thinking',
      found: `solver.thinkWeight is ${solver.thinkWeight}, but the chat template (${template.file}) opens and closes <think> in the prompt, so that an answer contains no thinking to reward.`,
      advice: /\benable_thinking\b/.test(template.text ?? '')
        ? `Set template.enable_thinking = true (--set template.enable_thinking=true), or ${off}.`
        : `Correct the template, or ${off}.`,
    },
  ];
}
