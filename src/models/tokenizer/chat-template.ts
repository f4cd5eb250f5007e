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
import { strftime } from './strftime.ts';

/** A value that a template may read by name, in addition to the messages. */
export type TemplateValue = string | number | boolean;

/** Where a template is, and what it may read. */
export interface TemplateSource {
  folder: string;
  /** tokenizer_config.json. */
  tokenizerConfig: Record<string, unknown>;
  /** `bos_token`, …, and the variables of the config, which win. */
  variables: Record<string, TemplateValue>;
  /** Start token that the tokenizer adds to plain text. */
  prefix: string;
  /** Today's date for the template, `YYYY-MM-DD`. */
  date: string;
  /** Puts the system message into the first user message. */
  systemInUser: boolean;
}

export interface ChatTemplate {
  /**
   * Renders the messages, up to the start of the assistant's turn. Without `cue`, the text ends with the last
   * message. Throws ModelLoadError if the template fails or refuses the messages.
   */
  render(messages: readonly ChatMessage[], options?: { cue?: boolean }): string;
  /** The template's Jinja text; null for the paper's plain format. */
  readonly text: string | null;
  /** File of the template. */
  readonly file: string;
}

const namedSchema = z.union([z.string(), z.array(z.looseObject({ name: z.string(), template: z.string() }))]).nullish();

/** Returns the folder's template and its file; null without one. Throws ModelLoadError if it is malformed. */
export async function findTemplate({
  folder,
  tokenizerConfig,
}: Pick<TemplateSource, 'folder' | 'tokenizerConfig'>): Promise<{ text: string; file: string } | null> {
  const path = join(folder, 'chat_template.jinja');
  const text = await readTextIfPresent(path);
  if (text !== null) return { text, file: path };
  const file = join(folder, 'tokenizer_config.json');
  const named = namedSchema.safeParse(tokenizerConfig.chat_template);
  if (!named.success) {
    throw new ModelLoadError(
      `${file}: \`chat_template\` is neither text nor a list of named templates.`,
      'Download this file again.',
    );
  }
  const found = named.data ?? [];
  const template =
    typeof found === 'string' ? found : (found.find(({ name }) => name === 'default') ?? found[0])?.template;
  return template === undefined ? null : { text: template, file };
}

const CLOCK = /\bstrftime_now\b/g;
/**
 * The package's own `strftime_now` formats the current time, in the machine's language, and cannot be replaced under
 * its name.
 */
const OWN_CLOCK = 'rzero_strftime';

/** Returns whether a template writes the current date. */
export function asksForDate(text: string): boolean {
  return text.search(CLOCK) >= 0;
}

/**
 * Loads the folder's template: `chat_template.jinja`, or `chat_template` of tokenizer_config.json (from a
 * list, the template named `default`, otherwise the first). Without a template, the paper's fallback `system:
 * …\nuser: …` is used after `prefix`. Throws ModelLoadError if it does not parse.
 */
export async function loadChatTemplate(source: TemplateSource): Promise<ChatTemplate> {
  const found = await findTemplate(source);
  const template = found === null ? plain(source) : compile(found, source);
  if (!source.systemInUser) return template;
  return { ...template, render: (messages, options) => template.render(systemInUser(messages), options) };
}

function compile({ text, file }: { text: string; file: string }, { variables, date }: TemplateSource): ChatTemplate {
  const template = guard(file, () => new Template(text.replaceAll(CLOCK, OWN_CLOCK)));
  const draw = (messages: readonly ChatMessage[], cue: boolean): string =>
    template.render({
      [OWN_CLOCK]: (format: unknown) => strftime(date, String(format)),
      ...variables,
      messages: messages.map(({ role, content }) => ({ role, content })),
      add_generation_prompt: cue,
    });
  return {
    text,
    file,
    render: (messages, { cue = true } = {}) =>
      guard(
        file,
        () => draw(messages, cue),
        () => refusesOnlySystem(messages, (without) => draw(without, cue)),
      ),
  };
}

/** R-Zero's format for models without a template: nothing marks the assistant's turn. */
function plain({ folder, prefix }: TemplateSource): ChatTemplate {
  return {
    text: null,
    file: join(folder, 'tokenizer_config.json'),
    render: (messages) => prefix + messages.map(({ role, content }) => `${role}: ${content}`).join('\n'),
  };
}

/** Moves system messages to the beginning of the first user message. */
function systemInUser(messages: readonly ChatMessage[]): ChatMessage[] {
  const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
  const rest = messages.filter(({ role }) => role !== 'system');
  const first = rest.findIndex(({ role }) => role === 'user');
  if (system.length === 0 || first < 0) return [...messages];
  const content = [...system, rest[first].content].join('\n\n');
  return rest.with(first, { role: 'user', content });
}

function refusesOnlySystem(messages: readonly ChatMessage[], draw: (messages: ChatMessage[]) => string): boolean {
  if (!messages.some(({ role }) => role === 'system')) return false;
  try {
    draw(systemInUser(messages));
    return true;
  } catch {
    return false;
  }
}

function guard<T>(file: string, run: () => T, isSystem: () => boolean = () => false): T {
  try {
    return run();
  } catch (cause) {
    throw new ModelLoadError(
      `${file}: the chat template fails (${messageOf(cause).slice(0, 200)}).`,
      isSystem()
        ? 'It refuses a system message: add `--set prompt.system=user`, which puts its text into the user message.'
        : 'Correct the template, or remove it to use the plain format `system: …`, `user: …`.',
      { cause },
    );
  }
}
