import { expect, it } from 'vitest';
import type { ChatMessage } from '../../types.ts';
import { encodePrompt } from './encode-prompt.ts';

/** A tokenizer of characters that counts what it encodes. */
function counting(): { tokenizer: Parameters<typeof encodePrompt>[0]['tokenizer']; texts: string[] } {
  const texts: string[] = [];
  return {
    texts,
    tokenizer: {
      encode(text) {
        texts.push(text);
        return Int32Array.from(text, (character) => character.charCodeAt(0));
      },
      renderChat: (messages, { continueWith = '' } = {}) =>
        messages.map(({ content }) => content).join('|') + continueWith,
    },
  };
}

const ask = (content: string): ChatMessage[] => [{ role: 'user', content }];

it('encodes a prompt once, and gives every caller its own copy', () => {
  const { tokenizer, texts } = counting();
  const first = encodePrompt({ tokenizer }, ask('ab'));
  first[0] = 0;
  const second = encodePrompt({ tokenizer }, ask('ab'));
  second[1] = 0;
  expect([...encodePrompt({ tokenizer }, ask('ab'))]).toEqual([97, 98]);
  expect([...encodePrompt({ tokenizer }, ask('ab'), 'c')]).toEqual([97, 98, 99]);
  expect(texts).toEqual(['ab', 'abc']);
});

it('keeps the prompts of tokenizers apart, and forgets old ones', () => {
  const [one, two] = [counting(), counting()];
  for (const { tokenizer } of [one, two]) encodePrompt({ tokenizer }, ask('a'));
  expect(two.texts).toEqual(['a']);
  for (let at = 0; at < 5000; at++) encodePrompt(one, ask(`question ${at}`));
  encodePrompt(one, ask('question 4999'));
  encodePrompt(one, ask('a'));
  expect(one.texts.slice(-2)).toEqual(['question 4999', 'a']);
});
