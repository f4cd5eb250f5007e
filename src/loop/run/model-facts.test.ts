/** Altered copies of the shipped model: each contradiction is named, with advice that removes it. */

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resolveConfig } from '../../config/load.ts';
import type { Domain } from '../../domains/domain.ts';
import { loadDomain } from '../../domains/open-domain.ts';
import type { Finding } from '../../models/facts/finding.ts';
import { loadText } from '../../models/tokenizer/tokenizer.ts';
import { packageFile } from '../../package-file.ts';
import { modelFacts } from './model-facts.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rzero-facts-'));
  await cp(packageFile('models/arith-base'), folder, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function edit(name: string, keys: Record<string, unknown>): Promise<void> {
  const path = join(folder, name);
  const before = await readFile(path, 'utf8').catch(() => '{}');
  await writeFile(path, JSON.stringify({ ...JSON.parse(before), ...keys }));
}

async function editTemplate(change: (template: string) => string): Promise<void> {
  const { chat_template: template } = JSON.parse(await readFile(join(folder, 'tokenizer_config.json'), 'utf8')) as {
    chat_template: string;
  };
  const changed = change(template);
  expect(changed).not.toBe(template);
  await edit('tokenizer_config.json', { chat_template: changed });
}

interface Asked {
  set?: string[];
  domain?: Domain;
}

/** The `math` domain has a system message. */
async function factsOf({ set = [], domain }: Asked = {}): Promise<Finding[]> {
  const config = resolveConfig({ set: ['domain=math', ...set] });
  const text = await loadText(folder, config);
  return modelFacts({ text, config, domain: domain ?? loadDomain(config.domain) });
}

test('the shipped model has none, in both domains', async () => {
  expect(await factsOf()).toEqual([]);
  expect(await factsOf({ set: ['domain=arithmetic'] })).toEqual([]);
});

describe('the end token', () => {
  const endless = async (): Promise<void> => {
    await edit('generation_config.json', { eos_token_id: 0 });
    await edit('tokenizer_config.json', { eos_token: '<|endoftext|>' });
  };

  test('that is not the end of a turn in the template is named with every file', async () => {
    await endless();
    expect(await factsOf()).toEqual([
      {
        about: 'end-token',
        found:
          'The chat template ends a turn with <|im_end|> (id 2), but no file names it as the end token: generation_config.json has 0 (<|endoftext|>), tokenizer_config.json has <|endoftext|> (id 0). Completions would go on after their end.',
        advice: `Set prompt.stop = ["<|im_end|>"] (--set 'prompt.stop=["<|im_end|>"]'), or eos_token_id to [0, 2] in ${join(folder, 'generation_config.json')}.`,
      },
    ]);
  });

  test('follows either advice', async () => {
    await endless();
    expect(await factsOf({ set: ['prompt.stop=["<|im_end|>"]'] })).toEqual([]);
    await edit('generation_config.json', { eos_token_id: [0, 2] });
    expect(await factsOf()).toEqual([]);
  });

  test.each(['config.json', 'special_tokens_map.json'])('may be named by %s alone', async (name) => {
    await endless();
    await edit(name, name === 'config.json' ? { eos_token_id: 2 } : { eos_token: '<|im_end|>' });
    expect(await factsOf()).toEqual([]);
  });

  test('of the template that the tokenizer does not have is a text to stop at', async () => {
    await editTemplate((template) => template.replaceAll('<|im_end|>', '<|eot|>'));
    const facts = await factsOf();
    expect(facts.map(({ about }) => about)).toEqual(['end-token', 'special-token']);
    expect(facts[0].found).toContain('ends a turn with <|eot|> (7 tokens)');
    expect(facts[1].found).toContain('writes <|eot|>, which is no token of the tokenizer');
    expect((await factsOf({ set: ['prompt.stop=["<|eot|>"]'] })).map(({ about }) => about)).toEqual(['special-token']);
  });

  test('that is ordinary text, or unknown', async () => {
    await edit('generation_config.json', { eos_token_id: [2, 50, 999] });
    await edit('tokenizer_config.json', { pad_token: '<pad>' });
    expect((await factsOf()).map(({ about, found }) => [about, found.slice(0, 60)])).toEqual([
      ['special-token', 'generation_config.json has eos_token_id 999, which the token'],
      ['special-token', 'tokenizer_config.json has pad_token "<pad>", which the token'],
      ['end-token', 'generation_config.json has eos_token_id 50, which is the ord'],
    ]);
  });
});

describe('the start token', () => {
  test('that the template writes twice', async () => {
    await edit('tokenizer_config.json', { bos_token: '<|endoftext|>' });
    await editTemplate((template) => `{{ bos_token }}{{ bos_token }}${template}`);
    expect(await factsOf()).toMatchObject([
      { about: 'start-token', found: expect.stringMatching(/begin with .* <\|endoftext\|> twice/) },
    ]);
    await editTemplate((template) => template.replace('{{ bos_token }}', ''));
    expect(await factsOf()).toEqual([]);
  });

  test('that the tokenizer writes before texts, but the template does not', async () => {
    const post = {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<|endoftext|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { '<|endoftext|>': { id: '<|endoftext|>', ids: [0], tokens: ['<|endoftext|>'] } },
    };
    await edit('tokenizer.json', { post_processor: post });
    expect(await factsOf()).toMatchObject([
      { about: 'start-token', found: expect.stringMatching(/begins every text with <\|endoftext\|>/) },
    ]);
    await editTemplate((template) => `<|endoftext|>${template}`);
    expect(await factsOf()).toEqual([]);
  });

  test('that two files name differently', async () => {
    await edit('config.json', { bos_token_id: 0 });
    await edit('tokenizer_config.json', { bos_token: '<|im_start|>' });
    expect(await factsOf()).toMatchObject([
      {
        about: 'start-token',
        found: expect.stringMatching(
          /config\.json has 0 \(<\|endoftext\|>\), tokenizer_config\.json has <\|im_start\|>/,
        ),
      },
    ]);
  });
});

describe('the template', () => {
  test('that drops the system message, of both roles', async () => {
    await editTemplate((template) =>
      template.replace('for message in messages', "for message in messages if message.role != 'system'"),
    );
    expect((await factsOf()).map(({ found }) => found.slice(-90))).toEqual([
      "drops or changes the Challenger's system message, so that the model never sees its instructions.".slice(-90),
      "drops or changes the Solver's system message, so that the model never sees its instructions.".slice(-90),
    ]);
    expect(await factsOf({ set: ['prompt.system=user'] })).toEqual([]);
  });

  test('that changes the question', async () => {
    await editTemplate((template) => template.replace("message['content']", "message['content'] | upper"));
    expect(await factsOf({ set: ['domain=arithmetic'] })).toMatchObject([
      { found: expect.stringMatching(/Challenger's user message/) },
      { found: expect.stringMatching(/Solver's user message/) },
    ]);
  });

  test('that strips white space which the domain writes', async () => {
    await editTemplate((template) => template.replace("message['content']", "message['content'] | trim"));
    expect(await factsOf()).toEqual([]);
    const math = loadDomain('math');
    const domain: Domain = { ...math, solverMessages: (text) => [{ role: 'user', content: `${text}\n` }] };
    expect(await factsOf({ domain })).toMatchObject([
      { found: expect.stringMatching(/removes the white space around the Solver's user/) },
    ]);
  });

  test('that does not begin the answer, with the text to add', async () => {
    await editTemplate((template) => template.slice(0, template.indexOf('{%- if add_generation_prompt')));
    const [fact, ...others] = await factsOf();
    expect(others).toEqual([]);
    expect(fact.found).toContain('ignores add_generation_prompt');
    await editTemplate((template) => template + fact.advice.replace(/^[^{]*/, ''));
    expect(await factsOf()).toEqual([]);
  });

  test('that does not read a variable', async () => {
    expect(await factsOf({ set: ['template.enable_thinking=false'] })).toMatchObject([
      { about: 'variable', found: 'template.enable_thinking is set, but the chat template does not read it.' },
    ]);
    await editTemplate((template) => `{%- if enable_thinking -%}{%- endif -%}${template}`);
    expect(await factsOf({ set: ['template.enable_thinking=false'] })).toEqual([]);
    await edit('tokenizer_config.json', { chat_template: undefined });
    expect(await factsOf({ set: ['template.enable_thinking=false'] })).toMatchObject([
      { found: expect.stringMatching(/the model has no chat template/) },
    ]);
  });

  test('that closes thinking in the prompt, while thinking is rewarded', async () => {
    const closed = "{% if not enable_thinking %}{{ '<think>\\n\\n</think>\\n\\n' }}{% endif %}";
    await editTemplate((template) => template.replace(/(assistant\\n' }})/, `$1${closed}`));
    expect(await factsOf()).toEqual([]);
    expect(await factsOf({ set: ['solver.thinkWeight=0.1'] })).toMatchObject([
      {
        about: 'thinking',
        found: expect.stringMatching(/opens and closes <think> in the prompt/),
        advice: expect.stringMatching(/template\.enable_thinking=true/),
      },
    ]);
    expect(await factsOf({ set: ['solver.thinkWeight=0.1', 'template.enable_thinking=true'] })).toEqual([]);
  });
});
