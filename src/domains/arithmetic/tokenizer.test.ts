import { readFileSync } from 'node:fs';
import { Template } from '@huggingface/jinja';
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import type { ChatMessage } from '../../types.ts';
import { corpusDocument, defaultCorpusRecipe } from './corpus.ts';
import { arithmeticTokenizerFiles, CHAT_TEMPLATE } from './tokenizer.ts';
import { vocabulary } from './vocabulary.ts';

interface Oracle {
  size: number;
  special: { eos: number; pad: number; unk: number };
  texts: { text: string; ids: number[]; decoded: string }[];
  chats: { messages: ChatMessage[]; prompt: string }[];
}

const oracle = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/domains/arithmetic-tokenizer.json', import.meta.url), 'utf8'),
) as Oracle;

const files = arithmeticTokenizerFiles();
const tokenizer = new Tokenizer(JSON.parse(files['tokenizer.json']), JSON.parse(files['tokenizer_config.json']));

describe('arithmetic tokenizer', () => {
  it.each(oracle.texts)('returns the same ids as transformers: $text', ({ text, ids, decoded }) => {
    expect(tokenizer.encode(text).ids).toEqual(ids);
    expect(tokenizer.decode(ids, { skip_special_tokens: false })).toBe(decoded);
  });

  it.each(oracle.chats)('renders the chat as transformers does', ({ messages, prompt }) => {
    expect(new Template(CHAT_TEMPLATE).render({ messages, add_generation_prompt: true })).toBe(prompt);
  });

  it('ends the answer of a training document right after the prompt used for sampling', () => {
    const template = new Template(CHAT_TEMPLATE);
    const user = { role: 'user', content: 'Compute 1 + 2.' };
    const prompt = template.render({ messages: [user], add_generation_prompt: true });
    const messages = [user, { role: 'assistant', content: '\\boxed{3}' }];
    expect(template.render({ messages })).toBe(`${prompt}\\boxed{3}<|im_end|>\n`);
  });

  it('declares the same special tokens', () => {
    const words = vocabulary();
    expect(words.length).toBe(oracle.size);
    const { eos_token_id, pad_token_id } = JSON.parse(files['generation_config.json']) as Record<string, number>;
    expect({ eos: eos_token_id, pad: pad_token_id, unk: words.indexOf('<unk>') }).toEqual(oracle.special);
  });

  it('contains every token once', () => {
    expect(new Set(vocabulary()).size).toBe(vocabulary().length);
  });

  it('round-trips any printable text', () => {
    // Without `<|`, which could spell a special token.
    const printable = fc
      .array(fc.oneof(fc.constantFrom(...vocabulary()), fc.string({ unit: 'grapheme-ascii' })))
      .map((parts) => parts.join('').replaceAll('<|', '<').replaceAll('<unk>', ''))
      .filter((text) => text !== '');
    fc.assert(
      fc.property(printable, (text) => {
        expect(tokenizer.decode(tokenizer.encode(text).ids)).toBe(text);
      }),
    );
  });

  it('encodes the corpus in whole words: documents round-trip and stay short', () => {
    const random = new Random(8);
    const letters = new Set(
      [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((c) => vocabulary().indexOf(c)),
    );
    let workedTokens = 0;
    let worked = 0;
    for (let at = 0; at < 1000; at++) {
      const document = corpusDocument(random, defaultCorpusRecipe, 1);
      for (const text of [document.user, document.assistant]) {
        const { ids } = tokenizer.encode(text);
        expect(tokenizer.decode(ids)).toBe(text);
        expect(ids.filter((id: number) => letters.has(id))).toEqual([]);
      }
      if (document.kind === 'worked') {
        worked++;
        workedTokens += tokenizer.encode(document.assistant).ids.length;
      }
    }
    expect(workedTokens / worked).toBeLessThan(60);
  });
});
