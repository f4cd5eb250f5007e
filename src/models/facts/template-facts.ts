/**
 * Looks at the prompts that a chat template makes of a run's messages: whether they contain every message, are open
 * for an answer, and consist of tokens that the tokenizer has. Pure. `special-tokens.ts` compares the files.
 */

import type { ChatMessage } from '../../types.ts';
import type { LoadedText, TextSettings } from '../tokenizer/tokenizer.ts';
import type { Finding } from './finding.ts';

/** The messages of one role's prompt. */
export interface RolePrompt {
  /** E.g. `Challenger`. */
  title: string;
  messages: readonly ChatMessage[];
}

/** Returns what is wrong with the prompts. Throws ModelLoadError if the template refuses the messages. */
export function templateFacts(text: LoadedText, prompts: readonly RolePrompt[], settings: TextSettings): Finding[] {
  const { template } = text;
  const variables = unreadVariables(template.text, settings);
  if (template.text === null) return variables;
  const perPrompt = prompts.flatMap((prompt) => [...lostMessages(text, prompt), ...startFacts(text, prompt)]);
  return [...variables, ...distinct(perPrompt), ...missingCue(text), ...brokenMarks(text, prompts)];
}

function unreadVariables(template: string | null, { template: given = {} }: TextSettings): Finding[] {
  return Object.keys(given)
    .filter((name) => template === null || !new RegExp(`(?<!\\w)${name}(?!\\w)`).test(template))
    .map((name) => ({
      about: 'variable',
      found: `template.${name} is set, but ${template === null ? 'the model has no chat template' : 'the chat template does not read it'}.`,
      advice: `Correct the name, or remove template.${name}.`,
    }));
}

/** A message that is missing from the prompt, or without the white space around it. */
function lostMessages({ tokenizer, template }: LoadedText, { title, messages }: RolePrompt): Finding[] {
  const prompt = tokenizer.renderChat(messages);
  return messages.flatMap(({ role, content }): Finding[] => {
    if (content.trim() === '' || prompt.includes(content)) return [];
    if (prompt.includes(content.trim())) {
      return [
        {
          about: 'chat-template',
          found: `The chat template (${template.file}) removes the white space around the ${title}'s ${role} message.`,
          advice: 'Remove it from the prompts of the domain, or `| trim` from the template.',
        },
      ];
    }
    return [
      {
        about: 'chat-template',
        found: `The chat template (${template.file}) drops or changes the ${title}'s ${role} message, so that the model never sees its instructions.`,
        advice:
          role === 'system'
            ? 'Set prompt.system = "user" (--set prompt.system=user), which puts its text into the user message.'
            : `Correct the template: it must write the content of every message.`,
      },
    ];
  });
}

/** A start token that is written twice, or that the tokenizer writes before other texts but the template does not. */
function startFacts({ tokenizer, template, sources, prefix }: LoadedText, { messages }: RolePrompt): Finding[] {
  const ids = tokenizer.encode(tokenizer.renderChat(messages));
  const starts = new Set(sources.bos.flatMap(({ id }) => id ?? []));
  const start = tokenizer.decode(ids.subarray(0, 1));
  if (ids.length > 1 && ids[0] === ids[1] && (starts.has(ids[0]) || (prefix !== '' && start === prefix))) {
    return [
      {
        about: 'start-token',
        found: `The prompts begin with the start token ${start} twice: the chat template (${template.file}) writes it twice.`,
        advice: 'Remove one of them from the template.',
      },
    ];
  }
  if (prefix === '' || tokenizer.renderChat(messages).startsWith(prefix)) return [];
  return [
    {
      about: 'start-token',
      found: `The tokenizer begins every text with ${prefix}, but the prompts of the chat template (${template.file}) do not begin with it.`,
      advice: `Add {{ bos_token }} at the beginning of the template if the model was trained with it.`,
    },
  ];
}

/** A template that does not begin the assistant's turn. */
function missingCue({ tokenizer: { turn }, template }: LoadedText): Finding[] {
  if (turn === undefined || turn.cued) return [];
  const header = turn.header === null ? 'the beginning of the assistant turn' : JSON.stringify(turn.header);
  return [
    {
      about: 'chat-template',
      found: `The chat template (${template.file}) does not begin the assistant's turn: it ignores add_generation_prompt, so the model has to guess that it should answer.`,
      advice: `Add at the end of the template: {% if add_generation_prompt %}{{ ${header} }}{% endif %}`,
    },
  ];
}

const MARK = /<\|[^<>|\s]{1,40}\|>|<\/?s>|<(?:start|end)_of_turn>/g;

/** Marks of the template that the tokenizer splits into several tokens. */
function brokenMarks({ tokenizer, template }: LoadedText, prompts: readonly RolePrompt[]): Finding[] {
  const marks = new Set(prompts.flatMap(({ messages }) => tokenizer.renderChat(messages).match(MARK) ?? []));
  const written = prompts.flatMap(({ messages }) => messages.flatMap(({ content }) => content.match(MARK) ?? []));
  for (const mark of written) marks.delete(mark);
  const broken = [...marks].filter((mark) => tokenizer.encode(mark).length > 1);
  if (broken.length === 0) return [];
  return [
    {
      about: 'special-token',
      found: `The chat template (${template.file}) writes ${broken.join(', ')}, which ${broken.length === 1 ? 'is no token' : 'are no tokens'} of the tokenizer: ${broken.length === 1 ? 'it is' : 'they are'} split into pieces.`,
      advice:
        'Use the tokenizer that belongs to the template, or remove the template to use the plain format `system: …`, `user: …`.',
    },
  ];
}

function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [finding.found, finding])).values()];
}
