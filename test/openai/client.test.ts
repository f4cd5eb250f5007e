/** The official client of OpenAI against a real run and the shipped base. */

import OpenAI from 'openai';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocalEngine } from '../../src/engine/local/index.ts';
import { loadTokenizer } from '../../src/models/tokenizer/tokenizer.ts';
import { realRuns } from '../browser/open.ts';
import { type ServedModels, serveModels } from './served.ts';

const BASE = join(import.meta.dirname, '../../models/arith-base');
const KEY = 'key-of-the-tests-0123';
const ASKED = [{ role: 'user' as const, content: 'Compute 3 + 4.' }];
const PROMPT = '<|im_start|>user\nCompute 3 + 4.<|im_end|>\n<|im_start|>assistant\n';

/** Takes longer than a test. */
const LONG = { max_tokens: 480, n: 128, ignore_eos: true, stream: true as const };

let served: ServedModels;
let client: OpenAI;
let run: string;

beforeAll(async () => {
  served = await serveModels({ runsDir: await realRuns(), folders: [{ name: 'arith', path: BASE }] }, { key: KEY });
  client = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: KEY, maxRetries: 0 });
  const models = await client.models.list();
  run = models.data[1].id;
}, 300_000);
afterAll(() => served.close());

describe('models', () => {
  it('are listed, and looked up by name', async () => {
    const names = (await client.models.list()).data.map(({ id }) => id);
    expect(names).toContain(`${run}@2`);
    expect(await client.models.retrieve(`${run}@1:challenger`)).toMatchObject({ object: 'model', owned_by: 'rzero' });
    await expect(client.models.retrieve('nothing')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });

  it('are the iterations that their names say', async () => {
    const pose = async (model: string): Promise<string | null> => {
      const messages = [{ role: 'user' as const, content: 'Pose a question.' }];
      const reply = await client.chat.completions.create({ model, messages, temperature: 0, max_tokens: 80 });
      return reply.choices[0].message.content;
    };
    expect(await pose(`${run}:challenger`)).toBe(await pose(`${run}@2:challenger`));
    expect(await pose(`${run}@0`)).toBe(await pose('arith'));
  });
});

describe('a chat', () => {
  it('is answered, greedily the same as by the engine, with its numbers of tokens', async () => {
    const reply = await client.chat.completions.create({ model: 'arith', messages: ASKED, temperature: 0 });
    const [{ message, finish_reason }] = reply.choices;
    expect(message.content).toBe('Steps:\n3+4=7\n\\boxed{7}');
    expect(finish_reason).toBe('stop');
    const tokenizer = await loadTokenizer(BASE);
    const drawn = tokenizer.encode(message.content ?? '').length + 1;
    const asked = tokenizer.encode(PROMPT).length;
    expect(reply.usage).toEqual({ prompt_tokens: asked, completion_tokens: drawn, total_tokens: asked + drawn });
    expect(reply.system_fingerprint).toMatch(/^fp_/);
    expect(Math.abs(reply.created - Date.now() / 1000)).toBeLessThan(60);
  });

  it('is streamed in parts that make up the same text, for every completion', async () => {
    const asked = { model: run, messages: ASKED, n: 3, seed: 7, max_tokens: 60 };
    const whole = await client.chat.completions.create(asked);
    const texts = ['', '', ''];
    const ends: (string | null)[] = [];
    let usage: unknown = null;
    const stream = await client.chat.completions.create({
      ...asked,
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of stream) {
      for (const { index, delta, finish_reason } of chunk.choices) {
        texts[index] += delta.content ?? '';
        if (finish_reason !== null) ends[index] = finish_reason;
      }
      usage = chunk.usage ?? usage;
    }
    expect(texts).toEqual(whole.choices.map(({ message }) => message.content));
    expect(ends).toEqual(whole.choices.map(({ finish_reason }) => finish_reason));
    expect(usage).toEqual(whole.usage);
  });

  it('with a seed is repeated, and ends before a stop text', async () => {
    const asked = { model: 'arith', messages: ASKED, n: 2, max_tokens: 40 };
    const texts = async (more: object): Promise<(string | null)[]> =>
      (await client.chat.completions.create({ ...asked, ...more })).choices.map(({ message }) => message.content);
    expect(await texts({ seed: 5 })).toEqual(await texts({ seed: 5 }));
    const [free, stopped] = [await texts({ temperature: 0 }), await texts({ temperature: 0, stop: ['\n', 'zz'] })];
    expect(stopped).toEqual(free.map((text) => (text ?? '').split('\n')[0]));
  });

  it('has log-probabilities, with the most likely token on request', async () => {
    const asked = { model: 'arith', messages: ASKED, seed: 11, temperature: 2, max_tokens: 12, logprobs: true };
    const { choices } = await client.chat.completions.create({ ...asked, top_logprobs: 1 });
    const content = choices[0].logprobs?.content ?? [];
    expect(content.map(({ token }) => token).join('')).toContain(choices[0].message.content);
    for (const {
      token,
      logprob,
      top_logprobs: [top],
    } of content) {
      expect(logprob).toBeLessThanOrEqual(0);
      expect(top.logprob).toBeGreaterThanOrEqual(logprob);
      if (top.token === token) expect(top.logprob).toBe(logprob);
    }
    const stream = await client.chat.completions.create({ ...asked, stream: true });
    const streamed: number[] = [];
    for await (const {
      choices: [one],
    } of stream) {
      streamed.push(...(one?.logprobs?.content ?? []).map(({ logprob }) => logprob));
    }
    expect(streamed).toEqual(content.map(({ logprob }) => logprob));
  });

  it('takes parts of text, and the roles of older and newer clients', async () => {
    const reply = await client.chat.completions.create({
      model: 'arith',
      messages: [
        { role: 'developer', content: '' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Compute ' },
            { type: 'text', text: '3 + 4.' },
          ],
        },
      ],
      temperature: 0,
      max_completion_tokens: 40,
      user: 'someone',
      store: false,
    });
    expect(reply.choices[0].message.content).toMatch(/\d/);
  });
});

describe('a completion', () => {
  it('continues texts and token ids alike, several at once', async () => {
    const { encode } = await loadTokenizer(BASE);
    const asked = { model: 'arith', temperature: 0, max_tokens: 30 };
    const one = await client.completions.create({ ...asked, prompt: PROMPT });
    expect(one.choices[0]).toMatchObject({ text: 'Steps:\n3+4=7\n\\boxed{7}', finish_reason: 'stop' });
    const many = await client.completions.create({
      ...asked,
      prompt: [[...encode(PROMPT)], [...encode(PROMPT)]],
      n: 2,
    });
    expect(many.choices.map(({ index, text }) => [index, text])).toEqual(
      [0, 1, 2, 3].map((index) => [index, one.choices[0].text]),
    );
    const stream = await client.completions.create({ ...asked, prompt: [PROMPT], stream: true, logprobs: 0 });
    const parts: string[] = [];
    for await (const { choices } of stream) parts.push(...choices.map(({ text }) => text));
    expect(parts.join('')).toBe(one.choices[0].text);
  });

  it('echoes its prompt with the log-probabilities of the engine, and the greedy token of every position', async () => {
    const { choices } = await client.completions.create({
      model: 'arith',
      prompt: `${PROMPT}Steps:\n3+4=8`,
      temperature: 0,
      max_tokens: 1,
      echo: true,
      logprobs: 1,
    });
    const own = choices[0].logprobs;
    const tokens = (await loadTokenizer(BASE)).encode(`${PROMPT}Steps:\n3+4=8`);
    const { scores, greedy } = await scoredByEngine(tokens);
    const given = own?.token_logprobs ?? [];
    expect(given[0]).toBeNull();
    expect(given.slice(1, tokens.length)).toEqual(scores);
    const tops = (own?.top_logprobs ?? []).slice(1, tokens.length).map((top) => new Map(Object.entries(top)));
    const likeliest = tops.map((top) => [...top].toSorted((a, b) => b[1] - a[1])[0][0]);
    expect(likeliest).toEqual(greedy);
    expect(own?.tokens?.join('')).toBe(choices[0].text);
    expect(own?.text_offset?.map((at) => choices[0].text.slice(at))).toEqual(
      own?.tokens?.map((_, at) => own.tokens?.slice(at).join('')),
    );
    const scored = await client.completions.create({
      model: 'arith',
      prompt: [...tokens],
      max_tokens: 0,
      echo: true,
      logprobs: 0,
    });
    expect(scored.choices[0].logprobs?.token_logprobs).toEqual(given.slice(0, tokens.length));
    expect(scored.usage).toMatchObject({ prompt_tokens: tokens.length, completion_tokens: 0 });
  });

  it('returns the likeliest of several per token, best first', async () => {
    const asked = { model: 'arith', prompt: PROMPT, seed: 4, temperature: 1.5, max_tokens: 20, logprobs: 0 };
    const all = await client.completions.create({ ...asked, n: 6 });
    const best = await client.completions.create({ ...asked, n: 2, best_of: 6 });
    const mean = ({ logprobs: own }: (typeof all.choices)[number]): number => {
      const values = own?.token_logprobs ?? [];
      return values.reduce((sum, one) => sum + one, 0) / values.length;
    };
    const texts = all.choices.toSorted((a, b) => mean(b) - mean(a)).map(({ text }) => text);
    expect(best.choices.map(({ text }) => text)).toEqual(texts.slice(0, 2));
    expect(best.usage?.completion_tokens).toBe(all.usage?.completion_tokens);
  });
});

/** Scores tokens with an engine of its own; the greedy token of every position from all tokens of the vocabulary. */
async function scoredByEngine(tokens: Int32Array): Promise<{ scores: number[]; greedy: string[] }> {
  const engine = await createLocalEngine({ threads: 1, slots: 4, microBatchTokens: 4096 });
  const sampler = await engine.openSampler({ kind: 'base', path: BASE });
  const { decode, size } = await loadTokenizer(BASE);
  const example = (sequence: Int32Array) => ({
    input: sequence.slice(0, -1),
    target: sequence.slice(1),
    mask: new Uint8Array(sequence.length - 1).fill(1),
  });
  const [scores] = await sampler.score([example(tokens)]);
  const greedy: string[] = [];
  for (let at = 1; at < tokens.length; at++) {
    const all = await sampler.score(
      Array.from({ length: size }, (_, token) => example(Int32Array.of(...tokens.slice(0, at), token))),
    );
    const last = all.map((own) => own[at - 1]);
    greedy.push(decode([last.indexOf(Math.max(...last))]));
  }
  await engine.close();
  return { scores: [...scores], greedy };
}

describe('what is refused', () => {
  const chat = (more: object): Promise<unknown> =>
    client.chat.completions.create({ model: 'arith', messages: ASKED, max_tokens: 4, ...more });
  const complete = (more: object): Promise<unknown> =>
    client.completions.create({ model: 'arith', prompt: PROMPT, max_tokens: 4, ...more });

  it.each([
    ['tools', { tools: [{ type: 'function', function: { name: 'f' } }] }],
    ['response_format', { response_format: { type: 'json_object' } }],
    ['presence_penalty', { presence_penalty: 0.5 }],
    ['frequency_penalty', { frequency_penalty: -1 }],
    ['logit_bias', { logit_bias: { 5: 1 } }],
    ['top_logprobs', { logprobs: true, top_logprobs: 2 }],
    ['top_logprobs', { top_logprobs: 1 }],
    [
      'messages.0.content.0',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
    ],
    ['messages.0.role', { messages: [{ role: 'tool', content: 'x', tool_call_id: 'y' }] }],
    ['n', { n: 1000 }],
    ['n', { n: 0 }],
    ['stop', { stop: ['a', 'b', 'c', 'd', 'e'] }],
    ['stop', { stop: '' }],
    ['temperature', { temperature: -1 }],
    ['max_tokens', { max_tokens: 100_000 }],
    ['messages', { messages: [{ role: 'user', content: '1 + '.repeat(400) }] }],
    ['messages', { messages: [] }],
  ])('%s of a chat: %j', async (param, more) => {
    await expect(chat(more)).rejects.toMatchObject({ status: 400, param, type: 'invalid_request_error' });
  });

  it.each([
    ['suffix', { suffix: 'end' }],
    ['logprobs', { logprobs: 5 }],
    ['best_of', { n: 3, best_of: 2 }],
    ['best_of', { best_of: 2, stream: true }],
    ['echo', { echo: true, stream: true }],
    ['max_tokens', { max_tokens: 0 }],
    ['prompt', { prompt: [184] }],
    ['prompt', { prompt: '' }],
    ['prompt', { prompt: Array<number>(513).fill(5), max_tokens: 1 }],
  ])('%s of a completion: %j', async (param, more) => {
    await expect(complete(more)).rejects.toMatchObject({ status: 400, param });
  });

  it('a text that cannot fit the context, before it is tokenized', async () => {
    const word = '7'.repeat(200_000);
    const refused = { status: 400, code: 'context_length_exceeded', message: expect.stringContaining('at least') };
    await expect(complete({ prompt: word })).rejects.toMatchObject(refused);
    await expect(chat({ messages: [{ role: 'user', content: word }] })).rejects.toMatchObject(refused);
  });

  it('values that change nothing are not', async () => {
    const neutral = { tools: [], response_format: { type: 'text' }, presence_penalty: 0, logit_bias: {}, n: 1 };
    await expect(chat(neutral)).resolves.toMatchObject({ object: 'chat.completion' });
    const also = { suffix: '', frequency_penalty: 0, best_of: 1, logprobs: null };
    await expect(complete(also)).resolves.toMatchObject({ object: 'text_completion' });
  });

  it('another model, another key, another address, another method', async () => {
    await expect(chat({ model: 'gpt-4o' })).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
    await expect(chat({ model: `${run}@7` })).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
    await expect(chat({ model: '../../etc' })).rejects.toMatchObject({ status: 404 });
    const other = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: 'wrong', maxRetries: 0 });
    await expect(other.models.list()).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
    await expect(client.embeddings.create({ model: 'arith', input: 'x' })).rejects.toMatchObject({ status: 404 });
    await expect(client.get('/chat/completions')).rejects.toMatchObject({ status: 405 });
    await expect(client.post('/chat/completions', { body: [] })).rejects.toMatchObject({ status: 400 });
  });
});

describe('many clients', () => {
  it('are answered together, each as if it were alone', async () => {
    const asked = Array.from({ length: 12 }, (_, seed) => ({ model: run, messages: ASKED, seed, max_tokens: 40 }));
    const together = await Promise.all(asked.map((one) => client.chat.completions.create(one)));
    const alone: unknown[] = [];
    for (const one of asked.slice(0, 4)) alone.push((await client.chat.completions.create(one)).choices);
    expect(together.slice(0, 4).map(({ choices }) => choices)).toEqual(alone);
  });

  it('who leave end their own request only, at once', async () => {
    const stays = client.chat.completions.create({ model: 'arith', messages: ASKED, temperature: 0 });
    const stream = await client.completions.create({ model: 'arith', prompt: PROMPT, ...LONG });
    let parts = 0;
    for await (const _ of stream) {
      if (++parts === 3) break;
    }
    stream.controller.abort();
    expect((await stays).choices[0].message.content).toBe('Steps:\n3+4=7\n\\boxed{7}');
    // The engine is free again: it did not go on to the end of 61,440 tokens.
    const after = await client.chat.completions.create({ model: 'arith', messages: ASKED, temperature: 0 });
    expect(after.choices).toHaveLength(1);
    await expect
      .poll(async () => (await fetch(`${served.url}/health`, { headers: { 'X-API-Key': KEY } })).json())
      .toEqual({
        status: 'ok',
        waiting: 0,
      });
  });

  it('too many of them learn when to come back', async () => {
    const small = await serveModels(
      { runsDir: null, folders: [{ name: 'arith', path: BASE }] },
      { limits: { requests: 1 } },
    );
    const own = new OpenAI({ baseURL: `${small.url}/v1`, apiKey: 'none', maxRetries: 0 });
    const asked = { model: 'arith', prompt: PROMPT };
    const stream = await own.completions.create({ ...asked, ...LONG });
    const refused: unknown = await own.completions.create(asked).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'rate_limit_error' });
    expect(refused instanceof OpenAI.APIError ? refused.headers?.get('retry-after') : null).toBe('1');
    stream.controller.abort();
    await small.close();
  });
});

it('has met no fault of the program', () => {
  expect(served.faults).toEqual([]);
});
