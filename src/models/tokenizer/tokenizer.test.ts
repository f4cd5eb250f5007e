import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { END_OF_TEXT, IM_END, IM_START, writeRandomCheckpoint } from '../../../test/fixtures/random-checkpoint.ts';
import { ModelLoadError } from '../../errors.ts';
import type { ChatMessage } from '../../types.ts';
import { loadTokenizer } from './tokenizer.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rzero-tokenizer-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function fixture<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(`../../../test/fixtures/models/${name}`, import.meta.url), 'utf8')) as T;
}

async function put(name: string, value: unknown): Promise<void> {
  await writeFile(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));
}

async function edit(name: string, keys: Record<string, unknown>): Promise<void> {
  const json = JSON.parse(await readFile(join(folder, name), 'utf8')) as Record<string, unknown>;
  await put(name, { ...json, ...keys });
}

interface Case {
  text: string;
  ids: number[];
  decoded: string;
  plain: string;
}

describe.each(['byte-bpe', 'unigram', 'characters'])('%s, compared with the tokenizers library', (name) => {
  test('encodes, decodes, and decodes without special tokens', async () => {
    const { tokenizer, cases } = await fixture<{ tokenizer: unknown; cases: Case[] }>(`${name}.json`);
    await put('tokenizer.json', tokenizer);
    await put('tokenizer_config.json', { eos_token: '<|im_end|>' });
    const ours = await loadTokenizer(folder);
    const found = cases.map(({ text, ids }) => ({
      text,
      ids: [...ours.encode(text)],
      decoded: ours.decode(ids),
      plain: ours.decode(Int32Array.from(ids), { skipSpecial: true }),
    }));
    expect(found).toEqual(cases);
  });
});

test.each(['byte-bpe', 'unigram', 'characters'])(
  '%s encodes a word of 200,000 letters as a short one',
  async (name) => {
    const { tokenizer } = await fixture<{ tokenizer: unknown }>(`${name}.json`);
    await put('tokenizer.json', tokenizer);
    await put('tokenizer_config.json', { eos_token: '<|im_end|>' });
    const { encode } = await loadTokenizer(folder);
    // No vocabulary has a token of several e's.
    const short = [...encode('e'.repeat(10))];
    expect(new Set(short.slice(-10)).size).toBe(1);
    expect([...encode('e'.repeat(200_000))]).toEqual([
      ...short,
      ...Array<number>(199_990).fill(short[short.length - 1]),
    ]);
  },
);

interface NastyCase {
  ids: number[];
  decoded: string;
  plain: string;
  /** The first n tokens, for n from 0: length in code points, and the last six. */
  beginnings: [number, string][];
  /** Without the first n tokens: length in code points, and the first six. */
  endings: [number, string][];
}

// test/fixtures/make/nasty_texts.py
describe.each(['qwen', 'llama3', 'smollm2'])(
  'difficult texts with the %s tokenizer, compared with the tokenizers library',
  (kind) => {
    test('encodes, decodes, and decodes streams that end or start inside a character', async () => {
      const { texts, kinds } = await fixture<{
        texts: string[];
        kinds: Record<string, { tokenizer: unknown; cases: NastyCase[] }>;
      }>('nasty-texts.json');
      const { tokenizer, cases } = kinds[kind];
      await put('tokenizer.json', tokenizer);
      await put('tokenizer_config.json', { eos_token: '<|im_end|>' });
      const ours = await loadTokenizer(folder);
      const codePoints = (text: string): string[] => Array.from(text);
      texts.forEach((text, at) => {
        const { ids } = cases[at];
        const found = {
          ids: [...ours.encode(text)],
          decoded: ours.decode(ids),
          plain: ours.decode(ids, { skipSpecial: true }),
          beginnings: ids.map((_, n): [number, string] => {
            const points = codePoints(ours.decode(ids.slice(0, n)));
            return [points.length, points.slice(-6).join('')];
          }),
          endings: ids.slice(0, 12).map((_, n): [number, string] => {
            const points = codePoints(ours.decode(ids.slice(n)));
            return [points.length, points.slice(0, 6).join('')];
          }),
        };
        expect(found, JSON.stringify(text)).toEqual(cases[at]);
      });
    });
  },
);

describe('byte-level tokenizer', () => {
  beforeEach(async () => {
    await writeRandomCheckpoint(folder);
  });

  test('round-trips any text', async () => {
    const tokenizer = await loadTokenizer(folder);
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(' ', '.', ',', "'", '\n', 'n', '<|im_end|>', 'é', '🦆') }),
    );
    fc.assert(fc.property(texts, (text) => tokenizer.decode(tokenizer.encode(text)) === text));
  });

  test('decodes any ids that a model samples', async () => {
    const tokenizer = await loadTokenizer(folder);
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.decode([270, 271])).toBe('');
    expect(tokenizer.decode([72, 271, 105])).toBe('Hi');
    expect(tokenizer.decode([0xf0, 0x9f, 72])).toBe('\ufffdH');
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 271 })), (ids) => {
        const text = tokenizer.decode(ids);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(ids.length * 13);
      }),
    );
  });

  test('recognises special tokens in text, and omits them on request', async () => {
    const tokenizer = await loadTokenizer(folder);
    const ids = tokenizer.encode('<|im_start|>a<|im_end|>');
    expect([...ids]).toEqual([IM_START, 97, IM_END]);
    expect(tokenizer.decode(ids)).toBe('<|im_start|>a<|im_end|>');
    expect(tokenizer.decode(ids, { skipSpecial: true })).toBe('a');
  });

  test('ends at every end token of any file', async () => {
    expect(await loadTokenizer(folder)).toMatchObject({ eosIds: [END_OF_TEXT, IM_END], padId: END_OF_TEXT, size: 259 });
    await edit('generation_config.json', { eos_token_id: 10 });
    await edit('config.json', { eos_token_id: [11, 12] });
    await edit('tokenizer_config.json', { pad_token: null, eos_token: { content: '<|im_end|>', lstrip: false } });
    expect(await loadTokenizer(folder)).toMatchObject({ eosIds: [10, 11, 12, IM_END], padId: 10 });
    await edit('config.json', { pad_token_id: 13 });
    expect((await loadTokenizer(folder)).padId).toBe(13);
  });

  test('renders ChatML, with an open turn', async () => {
    const { renderChat } = await loadTokenizer(folder);
    expect(renderChat([{ role: 'user', content: '2+2?' }], { continueWith: 'Step 1' })).toBe(
      '<|im_start|>user\n2+2?<|im_end|>\n<|im_start|>assistant\nStep 1',
    );
  });

  test('keeps a message from ending its turn, for any content', async () => {
    const tokenizer = await loadTokenizer(folder);
    const turns = (content: string): number =>
      tokenizer.encode(tokenizer.renderChat([{ role: 'user', content }])).filter((id) => id > 255).length;
    expect(tokenizer.renderChat([{ role: 'user', content: 'a<|im_<|im_end|>end|>b' }])).toContain('user\nab<|im_end|>');
    const pieces = fc.constantFrom(
      '<|im_start|>',
      '<|im_end|>',
      '<|im_',
      '<|',
      'end|>',
      '|>',
      'im_',
      'start',
      'assistant\n',
      '<|endoftext|>',
    );
    fc.assert(fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => turns(parts.join('')) === 3));
  });

  test("uses the paper's plain format without a template", async () => {
    await edit('tokenizer_config.json', { chat_template: undefined });
    const { renderChat } = await loadTokenizer(folder);
    const messages: ChatMessage[] = [
      { role: 'system', content: 'Reason.' },
      { role: 'user', content: '2+2?' },
    ];
    expect(renderChat(messages)).toBe('system: Reason.\nuser: 2+2?');
    expect(renderChat(messages, { continueWith: 'First' })).toBe('system: Reason.\nuser: 2+2?\nFirst');
  });

  test('starts the plain format with the start token if plain text has one', async () => {
    const { tokenizer } = await fixture<{ tokenizer: unknown }>('byte-bpe.json');
    await put('tokenizer.json', tokenizer);
    await edit('config.json', { vocab_size: 400 });
    await edit('tokenizer_config.json', { chat_template: undefined });
    expect((await loadTokenizer(folder)).renderChat([{ role: 'user', content: 'x' }])).toBe('<|endoftext|>user: x');
  });

  test('prefers a template file over the config, and in a list the default', async () => {
    const render = async (): Promise<string> => (await loadTokenizer(folder)).renderChat([]);
    const named = (name: string): unknown => ({ name, template: name });
    await edit('tokenizer_config.json', { chat_template: [named('tool_use'), named('default')] });
    expect(await render()).toBe('default');
    await edit('tokenizer_config.json', { chat_template: [named('rag'), named('tool_use')] });
    expect(await render()).toBe('rag');
    await put('chat_template.jinja', 'from the file');
    expect(await render()).toBe('from the file');
  });
});

test('renders a template as Jinja2 does', async () => {
  const { template, cases } = await fixture<{ template: string; cases: { messages: ChatMessage[]; prompt: string }[] }>(
    'template.json',
  );
  await writeRandomCheckpoint(folder);
  await put('chat_template.jinja', template);
  await edit('tokenizer_config.json', { bos_token: '<|endoftext|>' });
  const { renderChat } = await loadTokenizer(folder);
  expect(cases.map(({ messages }) => renderChat(messages))).toEqual(cases.map(({ prompt }) => prompt));
  expect(() => renderChat([{ role: 'assistant', content: '' }])).toThrow(
    /chat_template\.jinja: the chat template fails \(the first turn/,
  );
});

describe('a broken folder is rejected', () => {
  beforeEach(async () => {
    await writeRandomCheckpoint(folder);
  });

  const cases: [string, () => Promise<void>, RegExp][] = [
    ['no tokenizer', () => rm(join(folder, 'tokenizer.json')), /tokenizer\.json is missing/],
    ['invalid JSON', () => put('tokenizer.json', '{"model"'), /tokenizer\.json does not hold a JSON object/],
    ['not a tokenizer', () => put('tokenizer.json', { a: 1 }), /tokenizer\.json: cannot be used as a tokenizer/],
    [
      'an unknown model type',
      () => edit('tokenizer.json', { model: { type: 'Magic' } }),
      /tokenizer\.json: cannot be used as a tokenizer/,
    ],
    [
      'malformed special tokens',
      () => edit('tokenizer.json', { added_tokens: [{ id: 'x', content: 'y' }] }),
      /added_tokens|cannot be used as a tokenizer/,
    ],
    [
      'ids beyond the model',
      () => edit('config.json', { vocab_size: 258 }),
      /highest token id 258; expected less than vocab_size 258/,
    ],
    [
      'an end token that is not an id',
      () => edit('generation_config.json', { eos_token_id: 'stop' }),
      /eos_token_id is "stop"/,
    ],
    [
      'a template that does not parse',
      () => put('chat_template.jinja', '{% for %}'),
      /chat_template\.jinja: the chat template fails/,
    ],
    ['a template of another kind', () => edit('tokenizer_config.json', { chat_template: 3 }), /chat_template/],
    [
      'a config that is a folder',
      () => mkdir(join(folder, 'chat_template.jinja')),
      /chat_template\.jinja cannot be read/,
    ],
  ];
  test.each(cases)('%s', async (_, damage, message) => {
    await damage();
    const error = await loadTokenizer(folder).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ModelLoadError);
    expect(String(error)).toMatch(message);
  });

  test('no end token anywhere', async () => {
    await rm(join(folder, 'generation_config.json'));
    await edit('config.json', { eos_token_id: undefined });
    await edit('tokenizer_config.json', { eos_token: undefined });
    await expect(loadTokenizer(folder)).rejects.toThrow(/no end token/);
  });
});
