/**
 * Writes the tokenizer of the base model as Hugging Face files. It is a BPE model without merges: a regular
 * expression splits the text into words, tags, operators and characters. A piece in the vocabulary becomes
 * one token; any other word falls back to its characters. Python's transformers and @huggingface/tokenizers
 * load it with equal ids (`tokenizer.test.ts`). The tokens are in `vocabulary.ts`.
 */

import { END_OF_TEXT, SPECIAL_TOKENS, TURN_END, UNKNOWN, vocabulary } from './vocabulary.ts';

/** Pieces: a tag, an operator with its spaces, a word with its leading space, or one character. */
export const PIECES = String.raw`</?question>|\\boxed\{|Steps:| [-+*] | ?[A-Za-z]+|[\s\S]`;

/** ChatML: every message between its turn marks, followed by the start of the assistant's turn. */
export const CHAT_TEMPLATE = [
  "{%- for message in messages -%}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}",
  "{%- endfor -%}{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}",
].join('');

/** Returns the contents of tokenizer.json, tokenizer_config.json and generation_config.json, by file name. */
export function arithmeticTokenizerFiles(): Record<string, string> {
  return {
    'tokenizer.json': json(tokenizerJson()),
    'tokenizer_config.json': json({
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: null,
      eos_token: TURN_END,
      pad_token: END_OF_TEXT,
      unk_token: UNKNOWN,
      clean_up_tokenization_spaces: false,
      model_max_length: 512,
      chat_template: CHAT_TEMPLATE,
    }),
    'generation_config.json': json({
      do_sample: true,
      temperature: 1,
      eos_token_id: idOf(TURN_END),
      pad_token_id: idOf(END_OF_TEXT),
    }),
  };
}

/** Returns the id of a token, or -1 for an unknown one. */
function idOf(token: string): number {
  return vocabulary().indexOf(token);
}

function tokenizerJson(): object {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL_TOKENS.map((content) => ({
      id: idOf(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'Split', pattern: { Regex: PIECES }, behavior: 'Isolated', invert: false },
    post_processor: null,
    decoder: { type: 'Fuse' },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: UNKNOWN,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: true,
      vocab: Object.fromEntries(vocabulary().map((token, id) => [token, id])),
      merges: [],
    },
  };
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
