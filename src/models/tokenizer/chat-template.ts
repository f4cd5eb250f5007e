/**
 * From chat messages to the text that a model continues: the checkpoint's own Jinja template, or the
 * paper's plain form where a base model has none. The messages' contents may have been written by a
 * model; whoever calls this keeps special tokens out of them (`tokenizer.ts` does).
 */

import { join } from 'node:path';
import { Template } from '@huggingface/jinja';
import { z } from 'zod';
import { messageOf, ModelLoadError } from '../../errors.ts';
import type { ChatMessage } from '../../types.ts';
import { readTextIfPresent } from '../../files/json-file.ts';

/** What a template may refer to beyond the messages, e.g. `bos_token`. */
export type TemplateVariables = Record<string, string>;

export interface ChatTemplate {
  /** Text up to where the assistant speaks. */
  render(messages: readonly ChatMessage[]): string;
  /** False: the paper's plain form. */
  readonly own: boolean;
}

const namedSchema = z.union([z.string(), z.array(z.looseObject({ name: z.string(), template: z.string() }))]).nullish();

/**
 * The folder's template: `chat_template.jinja`, or `chat_template` of tokenizer_config.json (of a named list
 * the one named `default`, else the first); without any, the paper's fallback `system: …\nuser: …` behind
 * `prefix` (the start token that the tokenizer puts before plain text). ModelLoadError when it does not parse.
 */
export async function loadChatTemplate(
  folder: string,
  tokenizerConfig: Record<string, unknown>,
  variables: TemplateVariables,
  prefix: string,
): Promise<ChatTemplate> {
  const path = join(folder, 'chat_template.jinja');
  const text = await readTextIfPresent(path);
  if (text !== null) return compile(text, path, variables);
  const configPath = join(folder, 'tokenizer_config.json');
  const named = namedSchema.safeParse(tokenizerConfig.chat_template);
  if (!named.success) {
    throw new ModelLoadError(
      `${configPath}: \`chat_template\` is neither text nor a list of named templates.`,
      'Download this file again.',
    );
  }
  const found = named.data ?? [];
  const template =
    typeof found === 'string' ? found : (found.find(({ name }) => name === 'default') ?? found[0])?.template;
  return template === undefined ? plain(prefix) : compile(template, configPath, variables);
}

function compile(text: string, file: string, variables: TemplateVariables): ChatTemplate {
  const template = guard(file, () => new Template(text));
  return {
    own: true,
    render: (messages) =>
      guard(file, () =>
        template.render({
          ...variables,
          messages: messages.map(({ role, content }) => ({ role, content })),
          add_generation_prompt: true,
        }),
      ),
  };
}

/** R-Zero's form for models without a template: no cue for the assistant. */
function plain(prefix: string): ChatTemplate {
  return {
    own: false,
    render: (messages) => prefix + messages.map(({ role, content }) => `${role}: ${content}`).join('\n'),
  };
}

function guard<T>(file: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw new ModelLoadError(
      `${file}: the chat template fails (${messageOf(cause).slice(0, 200)}).`,
      'Correct the template, or remove it to use the plain form `system: …`, `user: …`.',
      { cause },
    );
  }
}
