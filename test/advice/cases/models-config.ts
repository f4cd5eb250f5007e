/** Errors of a model's text files: config, tokenizer and chat template. */

import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { resolveConfig } from '../../../src/config/load.ts';
import { writeWhole } from '../../../src/files/atomic-file.ts';
import { storeFailure, writeFolderAtomically } from '../../../src/files/atomic-folder.ts';
import { pinFile } from '../../../src/files/file-pin.ts';
import { readJson } from '../../../src/files/json-file.ts';
import { toHuggingFaceConfig } from '../../../src/models/arch/index.ts';
import { loadCheckpoint, readModelConfig, saveAdapter, saveCheckpoint } from '../../../src/models/checkpoint.ts';
import type { DecoderConfig } from '../../../src/models/decoder-config.ts';
import { checkModelTarget } from '../../../src/models/target-folder.ts';
import { loadTokenizer } from '../../../src/models/tokenizer/tokenizer.ts';
import { writeRandomCheckpoint } from '../../fixtures/random-checkpoint.ts';
import { settingsIn } from '../command.ts';
import type { AdviceCase } from '../followed.ts';

type Json = Record<string, unknown>;

/** Refuses a system message, as Gemma's template does. */
const NO_SYSTEM =
  "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}{{ message.content }}{% endfor %}";

const MESSAGES = [
  { role: 'system', content: 'Answer briefly.' },
  { role: 'user', content: 'Compute 1 + 2.' },
] as const;

function edit(place: string, name: string, change: (json: Json) => Json): void {
  const path = join(place, name);
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Json)));
}

/** Writes a good checkpoint with one changed file, and reads its config. */
function withConfig(keys: Json) {
  return async (place: string): Promise<void> => {
    await writeRandomCheckpoint(place);
    edit(place, 'config.json', (json) => ({ ...json, ...keys }));
    await readModelConfig(place);
  };
}

/** The same for a file that the tokenizer is read from. */
function withText(name: string, change: (json: Json) => Json) {
  return async (place: string): Promise<void> => {
    await writeRandomCheckpoint(place);
    edit(place, name, change);
    await loadTokenizer(place);
  };
}

/** Corrects keys of config.json. */
function correct(keys: Json) {
  return async (place: string): Promise<void> => {
    edit(place, 'config.json', (json) => ({ ...json, ...keys }));
    await readModelConfig(place);
  };
}

/** Downloads the model, or another one, to the same place. */
async function download(place: string): Promise<void> {
  await writeRandomCheckpoint(place);
  await loadTokenizer(place);
  await readModelConfig(place);
}

async function render(place: string, settings: string[] = []): Promise<string> {
  const tokenizer = await loadTokenizer(place, resolveConfig({ set: settings }));
  return tokenizer.renderChat([...MESSAGES]);
}

async function refuseSystem(place: string): Promise<void> {
  await writeRandomCheckpoint(place);
  edit(place, 'tokenizer_config.json', (json) => ({ ...json, chat_template: NO_SYSTEM }));
  await render(place);
}

export const CASES: AdviceCase[] = [
  {
    file: 'files/json-file.ts',
    message: '… does not hold a JSON object (…).',
    advice: 'Download or write this file again.',
    provoke: async (place) => {
      await writeRandomCheckpoint(place);
      truncateSync(join(place, 'config.json'), 20);
      await readModelConfig(place);
    },
    follow: download,
  },
  {
    file: 'files/json-file.ts',
    message: '… is missing; expected ….',
    advice: 'a model is a Hugging Face folder with config.json, model.safetensors and tokenizer.json.',
    provoke: (place) => readModelConfig(place),
    follow: download,
  },
  {
    file: 'files/json-file.ts',
    message: '… has … bytes; expected at most ….',
    advice: 'Download this file again.',
    provoke: (place) => {
      writeFileSync(join(place, 'config.json'), '{}');
      truncateSync(join(place, 'config.json'), 300 * 1024 * 1024);
      return readJson(join(place, 'config.json'), 'a config');
    },
    follow: download,
  },
  {
    file: 'files/json-file.ts',
    message: '… holds ….',
    advice: 'Download the file again; a gated model needs a token (HF_TOKEN).',
    provoke: async (place) => {
      await writeRandomCheckpoint(place);
      writeFileSync(join(place, 'config.json'), '<!doctype html><title>Sign in</title>');
      await readModelConfig(place);
    },
    follow: download,
  },
  {
    file: 'files/json-file.ts',
    message: '… cannot be read: ….',
    advice: 'Check the path and its permissions.',
    provoke: (place) => {
      mkdirSync(join(place, 'config.json'));
      return readModelConfig(place);
    },
    follow: async (place) => {
      rmSync(join(place, 'config.json'), { recursive: true });
      await download(place);
    },
  },
  {
    file: 'files/atomic-file.ts',
    message: '…',
    advice: 'Check the path, the rights and the disk.',
    provoke: (place) => {
      writeFileSync(join(place, 'folder'), 'a file');
      writeWhole(join(place, 'folder', 'name'), 'text');
    },
    follow: (place) => writeWhole(join(place, 'other', 'name'), 'text'),
  },
  {
    file: 'files/atomic-folder.ts',
    message: '… cannot be written: the disk is full, or a limit is reached (…).',
    advice: 'Free some space, or raise the limit, then go on; the old content is unchanged.',
    provoke: async (place) => {
      await writeFolderAtomically(join(place, 'folder'), (temp) => write(temp, 'old'));
      await writeFolderAtomically(join(place, 'folder'), () => {
        writeFileSync('/dev/full', 'new');
        return Promise.resolve();
      });
    },
    follow: async (place) => {
      expect(readFileSync(join(place, 'folder', 'file'), 'utf8')).toBe('old');
      await writeFolderAtomically(join(place, 'folder'), (temp) => write(temp, 'new'));
    },
  },
  {
    file: 'files/atomic-folder.ts',
    message: '… cannot be written: ….',
    advice: 'Check that the folder exists and that you may write to it, then go on.',
    provoke: async (place) => {
      writeFileSync(join(place, 'parent'), 'a file');
      await writeFolderAtomically(join(place, 'parent', 'folder'), (temp) => write(temp, 'new'));
    },
    follow: async (place) => {
      rmSync(join(place, 'parent'));
      await writeFolderAtomically(join(place, 'parent', 'folder'), (temp) => write(temp, 'new'));
      expect(storeFailure(place, new RangeError('no file'))).toBeInstanceOf(RangeError);
    },
  },
  {
    file: 'files/file-pin.ts',
    message: '… cannot be read: ….',
    advice: 'Check the path and its permissions.',
    provoke: (place) => pinFile(join(place, 'data.jsonl')),
    follow: async (place) => {
      writeFileSync(join(place, 'data.jsonl'), '{}\n');
      expect((await pinFile(join(place, 'data.jsonl'))).size).toBe(3);
    },
  },
  {
    file: 'models/arch/common.ts',
    message: '…: … is …; expected ….',
    advice: 'rzero does not support this decoder: use a plain Qwen3, Qwen2 or Llama checkpoint',
    provoke: withConfig({ hidden_act: 'gelu' }),
    follow: async (place) => {
      for (const architecture of ['qwen3', 'qwen2', 'llama'] as const) {
        await writeRandomCheckpoint(place, { architecture });
        await readModelConfig(place);
      }
    },
  },
  {
    file: 'models/arch/common.ts',
    message: '…: … heads, … key-value heads, head size …; expected',
    advice: 'Check num_attention_heads, num_key_value_heads, head_dim and hidden_size.',
    provoke: withConfig({ num_key_value_heads: 3 }),
    follow: correct({ num_key_value_heads: 2 }),
  },
  {
    file: 'models/arch/index.ts',
    message: '…: architecture …; expected one of ….',
    advice: 'Use a checkpoint of one of these families.',
    provoke: withConfig({ architectures: ['Gemma3ForCausalLM'] }),
    follow: async (place, { message }) => {
      const [name] = /expected one of (\w+)/.exec(message)?.slice(1) ?? [];
      await correct({ architectures: [name] })(place);
    },
  },
  {
    file: 'models/arch/index.ts',
    message: '…: architectures names …, but model_type is …; expected … with this architecture.',
    advice: 'Correct the wrong one of the two: Qwen3ForCausalLM with "qwen3", or Qwen2ForCausalLM with "qwen2".',
    provoke: withConfig({ model_type: 'qwen2' }),
    follow: async (place, { advice }) => {
      for (const [, name, type] of advice.matchAll(/(\w+ForCausalLM) with "(\w+)"/g))
        await correct({ architectures: [name], model_type: type })(place);
    },
  },
  {
    file: 'models/arch/index.ts',
    message: 'Architecture … has no config.json.',
    advice: /^Use one of Qwen3ForCausalLM, Qwen2ForCausalLM, LlamaForCausalLM\.$/,
    provoke: async (place) => {
      const config = await writeRandomCheckpoint(place);
      toHuggingFaceConfig({ ...config, architecture: 'mamba' as DecoderConfig['architecture'] }, 'float32');
    },
    follow: async (place) => {
      for (const architecture of ['qwen3', 'qwen2', 'llama'] as const)
        toHuggingFaceConfig(await writeRandomCheckpoint(place, { architecture }), 'float32');
    },
  },
  {
    file: 'models/checkpoint.ts',
    message: '… is a full model and contains no adapter.',
    advice: /^Export it without --adapter; adapters are created by training with adapt\.method=lora\.$/,
    provoke: async (place) => {
      await writeRandomCheckpoint(join(place, 'model'));
      await saveAdapter(join(place, 'out'), join(place, 'model'));
    },
    follow: async (place, { advice }) => {
      await saveCheckpoint(join(place, 'out'), await loadCheckpoint(join(place, 'model')));
      const [setting] = /adapt\.method=\w+/.exec(advice) ?? [''];
      expect(resolveConfig({ set: [setting] }).adapt.method).toBe('lora');
    },
  },
  {
    file: 'models/target-folder.ts',
    message: '…',
    advice: 'Pass another folder, or --overwrite to replace it.',
    provoke: async (place) => {
      await writeRandomCheckpoint(join(place, 'model'));
      checkModelTarget(join(place, 'model'), false);
    },
    follow: (place) => {
      checkModelTarget(join(place, 'model'), true);
      checkModelTarget(join(place, 'another'), false);
      expect(() => checkModelTarget(place, true)).toThrow('Pass another folder.');
    },
  },
  {
    file: 'models/tokenizer/chat-template.ts',
    message: '…: `chat_template` is neither text nor a list of named templates.',
    advice: 'Download this file again.',
    provoke: withText('tokenizer_config.json', (json) => ({ ...json, chat_template: 3 })),
    follow: download,
  },
  {
    file: 'models/tokenizer/chat-template.ts',
    message: '…: the chat template fails (…).',
    advice: /^It refuses a system message: add `--set prompt\.system=user`/,
    provoke: refuseSystem,
    follow: async (place, { advice }) => {
      expect(await render(place, settingsIn(advice))).toContain('Answer briefly.\n\nCompute 1 + 2.');
    },
  },
  {
    file: 'models/tokenizer/chat-template.ts',
    message: '…: the chat template fails (…).',
    advice: 'Correct the template, or remove it to use the plain format `system: …`, `user: …`.',
    provoke: withText('tokenizer_config.json', (json) => ({ ...json, chat_template: '{% for %}' })),
    follow: async (place) => {
      edit(place, 'tokenizer_config.json', (json) => ({ ...json, chat_template: undefined }));
      expect(await render(place)).toBe('system: Answer briefly.\nuser: Compute 1 + 2.');
    },
  },
  {
    file: 'models/tokenizer/text-files.ts',
    message: '…: … is …; expected an id or a list of ids.',
    advice: 'Correct this file.',
    provoke: withText('generation_config.json', (json) => ({ ...json, eos_token_id: 'end' })),
    follow: async (place) => {
      edit(place, 'generation_config.json', (json) => ({ ...json, eos_token_id: 256 }));
      await loadTokenizer(place);
    },
  },
  {
    file: 'models/tokenizer/tokenizer.ts',
    message: '…: cannot be used as a tokenizer (…).',
    advice: 'Download this file again. A slow tokenizer must be converted to tokenizer.json first.',
    provoke: withText('tokenizer.json', (json) => ({ ...json, model: { type: 'Unheard' } })),
    follow: download,
  },
  {
    file: 'models/tokenizer/tokenizer.ts',
    message: '…: `added_tokens` is not a list of tokens.',
    advice: 'Download this file again.',
    provoke: withText('tokenizer.json', (json) => ({
      ...json,
      added_tokens: [{ id: 256, content: 'a', special: 'x' }],
    })),
    follow: download,
  },
  {
    file: 'models/tokenizer/tokenizer.ts',
    message: '…: highest token id …; expected less than vocab_size … of config.json.',
    advice: 'Use the tokenizer that belongs to this model.',
    provoke: withText('config.json', (json) => ({ ...json, vocab_size: 200 })),
    follow: download,
  },
  {
    file: 'models/tokenizer/tokenizer.ts',
    message:
      '…: generation_config.json, config.json, tokenizer_config.json and special_tokens_map.json name no end token',
    advice: 'Set eos_token_id in generation_config.json; without it, completions never end.',
    provoke: async (place) => {
      await writeRandomCheckpoint(place);
      for (const name of ['generation_config.json', 'config.json'])
        edit(place, name, (json) => ({ ...json, eos_token_id: undefined }));
      edit(place, 'tokenizer_config.json', (json) => ({ ...json, eos_token: undefined }));
      await loadTokenizer(place);
    },
    follow: async (place) => {
      edit(place, 'generation_config.json', (json) => ({ ...json, eos_token_id: 258 }));
      await loadTokenizer(place);
    },
  },
];

function write(folder: string, text: string): Promise<void> {
  writeFileSync(join(folder, 'file'), text);
  return Promise.resolve();
}
