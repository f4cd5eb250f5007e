/**
 * Renders chat messages to the prompt text: with the checkpoint's own Jinja template, or in the paper's plain
 * format for base models without one. Contents may have been written by a model; callers must remove special
 * tokens from them first (`tokenizer.ts` does).
 */

import { join } from 'node:path';
import { Template } from '@huggingface/jinja';
import { z } from 'zod';
import { messageOf, ModelLoadError } from '../../errors.ts';
import type { ChatMessage } from '../../types.ts';
import { readTextIfPresent } from '../../files/json-file.ts';

/** Variables of a template in addition to the messages, such as `bos_token`. */
export type TemplateVariables = Record<string, string>;

export interface ChatTemplate {
  /** Renders the text up to the start of the assistant's turn. */
  render(messages: readonly ChatMessage[]): string;
  /** False for the paper's plain format. */
  readonly own: boolean;
}

const namedSchema = z.union([z.string(), z.array(z.looseObject({ name: z.string(), template: z.string() }))]).nullish();

/**
 * Loads the folder's template: `chat_template.jinja`, or `chat_template` of tokenizer_config.json (from a
 * list, the template named `default`, otherwise the first). Without a template, the paper's fallback `system:
 * …\nuser: …` is used after `prefix`, the start token that the tokenizer adds to plain text. Throws
 * ModelLoadError if it does not parse.
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

/** R-Zero's format for models without a template: nothing marks the assistant's turn. */
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
      'Correct the template, or remove it to use the plain format `system: …`, `user: …`.',
      { cause },
    );
  }
}
