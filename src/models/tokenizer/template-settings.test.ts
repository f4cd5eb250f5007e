/** Settings of prompts: variables, date, system messages and ends. Expected prompts are those of transformers. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { END_OF_TEXT, IM_END, writeRandomCheckpoint } from '../../../test/fixtures/random-checkpoint.ts';
import type { ChatMessage } from '../../types.ts';
import { loadTokenizer, type TextSettings, type Tokenizer } from './tokenizer.ts';

interface Expected {
  date: string;
  template: string;
  messages: ChatMessage[];
  rendered: { variables: Record<string, string | number | boolean>; prompt: string }[];
  namesTemplate: string;
  names: { config: Record<string, unknown>; specialTokensMap: Record<string, unknown> | null; prompt: string }[];
}

// test/fixtures/make/template_variables.py
const fixture = new URL('../../../test/fixtures/models/template-variables.json', import.meta.url);
const expected = JSON.parse(await readFile(fileURLToPath(fixture), 'utf8')) as Expected;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rzero-template-'));
  await writeRandomCheckpoint(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function edit(name: string, keys: Record<string, unknown>): Promise<void> {
  const path = join(folder, name);
  const before = await readFile(path, 'utf8').catch(() => '{}');
  await writeFile(path, JSON.stringify({ ...JSON.parse(before), ...keys }));
}

const user = (content: string): ChatMessage => ({ role: 'user', content });
const MESSAGES: ChatMessage[] = [{ role: 'system', content: 'Reason.' }, user('2+2?')];

describe('renders variables as transformers does', () => {
  test.each(expected.rendered)('%j', async ({ variables, prompt }) => {
    await edit('tokenizer_config.json', { bos_token: '<|endoftext|>', chat_template: expected.template });
    const settings = { template: variables, prompt: { date: expected.date } };
    expect((await loadTokenizer(folder, settings)).renderChat(expected.messages)).toBe(prompt);
  });
});

test('without a date, the template gets today', async () => {
  await edit('tokenizer_config.json', { chat_template: "{{ strftime_now('%Y-%m-%d') }}" });
  const { renderChat } = await loadTokenizer(folder);
  const now = new Date();
  const days = [now, new Date(now.getTime() - 1000)].map(
    (at) =>
      `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`,
  );
  expect(days).toContain(renderChat(MESSAGES));
});

describe('takes names from special_tokens_map.json as transformers does', () => {
  test.each(expected.names)('$config $specialTokensMap', async ({ config, specialTokensMap, prompt }) => {
    const bare = { bos_token: undefined, eos_token: undefined, pad_token: undefined };
    await edit('tokenizer_config.json', { ...bare, ...config, chat_template: expected.namesTemplate });
    if (specialTokensMap !== null) await edit('special_tokens_map.json', specialTokensMap);
    expect((await loadTokenizer(folder)).renderChat([])).toBe(prompt);
  });
});

describe('end tokens', () => {
  beforeEach(async () => {
    await edit('config.json', { eos_token_id: undefined });
    await edit('generation_config.json', { eos_token_id: undefined });
    await edit('tokenizer_config.json', { eos_token: undefined });
  });

  test('are read from special_tokens_map.json, as a text or an object', async () => {
    await edit('special_tokens_map.json', { eos_token: '<|im_end|>' });
    expect((await loadTokenizer(folder)).eosIds).toEqual([IM_END]);
    await edit('special_tokens_map.json', { eos_token: { content: '<|endoftext|>', lstrip: false } });
    expect((await loadTokenizer(folder)).eosIds).toEqual([END_OF_TEXT]);
  });

  test('are collected from all files', async () => {
    await edit('special_tokens_map.json', { eos_token: '<|im_end|>' });
    await edit('tokenizer_config.json', { eos_token: '<|endoftext|>', added_tokens_decoder: {} });
    await edit('config.json', { eos_token_id: [7] });
    expect((await loadTokenizer(folder)).eosIds).toEqual([7, END_OF_TEXT, IM_END]);
  });

  test('that no file names are an error that lists the files', async () => {
    await expect(loadTokenizer(folder)).rejects.toThrow(/special_tokens_map\.json name no end token/);
  });
});

test('-1 means no padding token, as in older conversions', async () => {
  await edit('config.json', { pad_token_id: -1 });
  expect((await loadTokenizer(folder)).padId).toBe(END_OF_TEXT);
});

describe('prompt.stop', () => {
  const endsOf = async (stop: string[]): Promise<Tokenizer['ends']> =>
    (await loadTokenizer(folder, { prompt: { stop } })).ends;

  test('is an id for a text of one token, otherwise a text', async () => {
    expect(await endsOf([])).toBeUndefined();
    expect(await endsOf(['<|im_end|>'])).toEqual({ stopTokens: [IM_END] });
    expect(await endsOf(['User:'])).toEqual({ stopStrings: ['User:'] });
    expect(await endsOf(['User:', '<|im_end|>'])).toEqual({ stopTokens: [IM_END], stopStrings: ['User:'] });
  });
});

describe('prompt.system', () => {
  const merged = { prompt: { system: 'user' } } satisfies TextSettings;

  test('"user" puts the system message into the user message', async () => {
    const { renderChat } = await loadTokenizer(folder, merged);
    expect(renderChat(MESSAGES)).toBe('<|im_start|>user\nReason.\n\n2+2?<|im_end|>\n<|im_start|>assistant\n');
    expect(renderChat([user('2+2?')])).toBe('<|im_start|>user\n2+2?<|im_end|>\n<|im_start|>assistant\n');
  });

  test('"user" applies to the plain format too', async () => {
    await edit('tokenizer_config.json', { chat_template: undefined });
    expect((await loadTokenizer(folder, merged)).renderChat(MESSAGES)).toBe('user: Reason.\n\n2+2?');
  });

  test('is the advice if the template refuses only the system message', async () => {
    const refusal = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}";
    await edit('tokenizer_config.json', { chat_template: refusal });
    const { renderChat } = await loadTokenizer(folder);
    expect(() => renderChat(MESSAGES)).toThrow(/fails \(no system\)\.\n.*--set prompt\.system=user/);
    await edit('tokenizer_config.json', { chat_template: "{{ raise_exception('nothing') }}" });
    const other = await loadTokenizer(folder);
    expect(() => other.renderChat(MESSAGES)).toThrow(/fails \(nothing\)\.\nCorrect the template/);
  });
});

describe('turn', () => {
  const HEADER = '<|im_start|>assistant\n';
  const template = (answer: string, cue: string): string =>
    `{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}{% if m.role == 'assistant' %}${answer}{% else %}<|im_end|>\n{% endif %}{% endfor %}{% if add_generation_prompt %}${cue}{% endif %}`;
  const turnOf = async (text: string | undefined, settings?: TextSettings): Promise<Tokenizer['turn']> => {
    await edit('tokenizer_config.json', { chat_template: text });
    return (await loadTokenizer(folder, settings)).turn;
  };

  test('ends at the text after an answer', async () => {
    expect(await turnOf(template('<|im_end|>\n', HEADER))).toEqual({
      end: '<|im_end|>',
      stops: true,
      opening: '',
      header: HEADER,
      cued: true,
    });
    expect(await turnOf(template(' <|endoftext|>', HEADER))).toMatchObject({ end: '<|endoftext|>', stops: true });
    expect(await turnOf(template('\n\n', HEADER))).toMatchObject({ end: null, stops: true });
    const between = '{% if not loop.last %}<|im_end|>{% endif %}';
    expect(await turnOf(template(between, HEADER))).toMatchObject({ end: '<|im_end|>', stops: true });
  });

  test('does not stop at a text that no file and no setting names', async () => {
    const other = template('<|im_start|>', HEADER);
    expect(await turnOf(other)).toMatchObject({ end: '<|im_start|>', stops: false });
    expect(await turnOf(other, { prompt: { stop: ['<|im_start|>'] } })).toMatchObject({ stops: true });
    const unknown = template('<|eot|>', HEADER);
    expect(await turnOf(unknown)).toMatchObject({ end: '<|eot|>', stops: false });
    expect(await turnOf(unknown, { prompt: { stop: ['<|eot|>'] } })).toMatchObject({ stops: true });
    expect(await turnOf(template('[/ANSWER]', HEADER))).toMatchObject({ end: '[/ANSWER]', stops: false });
  });

  test('begins with what the prompt writes before the answer', async () => {
    expect(await turnOf(template('<|im_end|>', `${HEADER}<think>\n`))).toMatchObject({ opening: '<think>\n' });
    const closed = await turnOf(template('<|im_end|>', `${HEADER}<think>\n\n</think>\n\n`));
    expect(closed).toMatchObject({ opening: '<think>\n\n</think>\n\n' });
  });

  test('is not begun by a template that ignores add_generation_prompt', async () => {
    expect(await turnOf(template('<|im_end|>', ''))).toMatchObject({ cued: false, header: HEADER });
  });

  test('is unknown for the plain format, and for a template that refuses such a conversation', async () => {
    expect(await turnOf(undefined)).toMatchObject({ end: null, stops: true, opening: '', cued: true });
    const refusing = template('<|im_end|>', HEADER).replace(
      '{% for',
      "{% if messages | length > 1 %}{{ raise_exception('no') }}{% endif %}{% for",
    );
    expect(await turnOf(refusing)).toMatchObject({ end: null, stops: true, header: null, cued: true });
  });
});
