/**
 * Compares the facts of a run's model before it is used: its files, the prompts of both roles, and the settings that
 * depend on them. `rzero doctor`, `--dry-run` and the start of a run report what contradicts what.
 */

import type { RunConfig } from '../../config/schema.ts';
import type { Domain } from '../../domains/domain.ts';
import type { Finding } from '../../models/facts/finding.ts';
import { specialTokenFacts } from '../../models/facts/special-tokens.ts';
import { type RolePrompt, templateFacts } from '../../models/facts/template-facts.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import type { LoadedText } from '../../models/tokenizer/tokenizer.ts';
import { isSupervised } from '../../config/phases.ts';

/** A question as a Solver may get it, where a domain has none of its own. */
const SAMPLE_QUESTION = 'What is 3 + 4?';

/** What the comparison needs. */
export interface ComparedModel {
  text: LoadedText;
  config: RunConfig;
  domain: Domain;
  /** Context length of the model, in tokens; null if it is unknown. */
  maxContext: number | null;
}

/** Returns the contradictions, the most harmful first; empty if the facts agree. */
export function modelFacts({ text, config, domain, maxContext }: ComparedModel): Finding[] {
  const prompts = rolePrompts(config, domain);
  return [
    ...specialTokenFacts(text),
    ...templateFacts(text, prompts, config),
    ...thinkingFacts(text, config),
    ...(maxContext === null ? [] : contextFacts(text, prompts, { config, domain, maxContext })),
  ];
}

function rolePrompts(config: RunConfig, domain: Domain): RolePrompt[] {
  const [held] = domain.heldOut?.questions(1) ?? [];
  const solver = { title: 'Solver', messages: domain.solverMessages(held?.text ?? SAMPLE_QUESTION) };
  return isSupervised(config) ? [solver] : [{ title: 'Challenger', messages: domain.challengerMessages() }, solver];
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

/** A prompt with its longest answer that exceeds the model's context. */
function contextFacts(
  { tokenizer }: LoadedText,
  prompts: readonly RolePrompt[],
  { config, domain, maxContext }: { config: RunConfig; domain: Domain; maxContext: number },
): Finding[] {
  return prompts.flatMap(({ title, messages }) => {
    const { length } = encodePrompt({ tokenizer }, messages);
    const sections = sectionsOf(title, config, domain);
    const over = sections.filter((section) => length + config[section].maxTokens > maxContext);
    if (over.length === 0) return [];
    const settings = over.map((section) => `${section}.maxTokens = ${config[section].maxTokens}`);
    const room = Math.max(0, maxContext - length);
    return [
      {
        about: 'context',
        found: `A prompt of the ${title} has ${length} tokens; together with ${settings.join(', ')} it exceeds the model's context of ${maxContext} tokens (max_position_embeddings).`,
        advice:
          room > 0
            ? `Set ${over.map((section) => `${section}.maxTokens`).join(', ')} to at most ${room}.`
            : 'Use a model with a longer context, or shorter prompts.',
      } satisfies Finding,
    ];
  });
}

type Section = 'challenger' | 'pool' | 'votes' | 'solver' | 'evaluation';

/** Returns the sections whose completions follow a role's prompt. */
function sectionsOf(title: string, config: RunConfig, domain: Domain): Section[] {
  const { challenger, evaluation } = config;
  if (title !== 'Solver') return challenger.train && challenger.steps > 0 ? ['challenger', 'pool'] : ['pool'];
  const measured = evaluation.questions > 0 && (domain.heldOut !== undefined || isSupervised(config));
  return [
    ...(isSupervised(config) ? [] : (['votes'] as const)),
    'solver',
    ...(measured ? (['evaluation'] as const) : []),
  ];
}
