/**
 * Tests the endpoint client against a real local HTTP server: the requests that it sends and the answers that it
 * parses.
 */

import { afterEach, describe, expect, it } from 'vitest';
import {
  answer,
  ignoresN,
  refuses,
  replyText,
  slow,
  startChatServer,
  status,
  type Behaviour,
} from '../../../test/fixtures/chat-server.ts';
import { closeAll, ask, failureOf, oneReply, open, seedOf, serve } from '../../../test/fixtures/endpoint.ts';
import { openEndpoint } from './index.ts';

afterEach(closeAll);

describe('a request', () => {
  it('is sent to chat/completions with only the settings that have an effect', async () => {
    const server = await serve({});
    const endpoint = await open(server);
    await endpoint.generate([ask('hello', { temperature: 0.7 })]);
    expect(server.chats).toHaveLength(1);
    expect(server.chats[0].path).toBe('/v1/chat/completions');
    expect(server.chats[0].body).toEqual({
      model: 'tiny',
      messages: [{ role: 'user', content: 'hello' }],
      max_tokens: 20,
      temperature: 0.7,
      seed: seedOf(7, 0),
    });
    expect(server.chats[0].headers.authorization).toBeUndefined();
  });

  it('has top_p, top_k, min_p, stop and n if they are set', async () => {
    const server = await serve({});
    const endpoint = await open(server);
    await endpoint.generate([ask('hello', { topP: 0.9, topK: 40, minP: 0.1, stop: ['\n'], n: 3 })]);
    expect(server.chats[0].body).toMatchObject({ top_p: 0.9, top_k: 40, min_p: 0.1, stop: ['\n'], n: 3 });
  });

  it('carries the key of the environment variable, or the password of the URL', async () => {
    const server = await serve({});
    process.env.RZERO_TEST_KEY = 'sk-very-secret-key-of-mine';
    const url = server.url.replace('http://', 'http://me:pass%20word@');
    const keyed = await open(server, { apiKeyEnv: 'RZERO_TEST_KEY' });
    const basic = await open({ url });
    await keyed.generate([ask('a')]);
    await basic.generate([ask('b')]);
    expect(server.chats.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer sk-very-secret-key-of-mine',
      `Basic ${Buffer.from('me:pass word').toString('base64')}`,
    ]);
    expect(basic.name).toBe(`${server.url}#tiny`);
  });

  it('respects the concurrency limit, also over several simultaneous calls', async () => {
    const server = await serve({ always: slow(15) });
    const endpoint = await open(server, { concurrency: 3 });
    const prompts = ['a', 'b', 'c', 'd', 'e', 'f'];
    const [first, second] = await Promise.all([
      endpoint.generate(prompts.map((prompt) => ask(prompt))),
      endpoint.generate(prompts.map((prompt) => ask(`${prompt}${prompt}`))),
    ]);
    expect(server.mostOpen()).toBe(3);
    expect(first.map(([{ text }]) => text[0])).toEqual(prompts);
    expect(second.map(([{ text }]) => text.slice(0, 2))).toEqual(prompts.map((prompt) => prompt + prompt));
  });
});

describe('models', () => {
  it('takes the only one', async () => {
    const server = await serve({ models: ['some/model'] });
    expect((await open(server)).name).toBe(`${server.url}#some/model`);
  });

  it('leaves the choice among several to the user', async () => {
    const server = await serve({ models: ['one', 'two\u202e'] });
    const error = await failureOf(openEndpoint({ url: server.url }));
    expect(error.kind).toBe('user');
    expect(error.message).toBe(
      `${server.url} has 2 models: one, two\\u{202e}.\nName one of them, e.g. ${server.url}#one.`,
    );
    expect((await open({ url: `${server.url}#two` })).name).toBe(`${server.url}#two`);
    expect((await open({ url: `${server.url}#two` }, { model: 'three' })).name).toBe(`${server.url}#three`);
  });

  it('reports that no server listens', async () => {
    const server = await startChatServer();
    await server.close();
    const error = await failureOf(openEndpoint({ url: server.url, retryDelayMs: 1 }));
    expect(error.kind).toBe('transient');
    expect(error.message).toMatch(/did not answer in 3 attempts.*ECONNREFUSED/);
  });
});

describe('n replies', () => {
  it('arrive together if the server supports n', async () => {
    const server = await serve({});
    const endpoint = await open(server);
    const [replies] = await endpoint.generate([ask('hello', { n: 4 })]);
    expect(replies.map(({ text }) => text)).toEqual([0, 1, 2, 3].map((i) => replyText('hello', seedOf(7, 0), i)));
    expect(server.chats).toHaveLength(1);
  });

  it('are requested one by one with different seeds if n is ignored', async () => {
    const server = await serve({ always: ignoresN });
    const endpoint = await open(server, { concurrency: 1 });
    const heard: number[] = [];
    const all = await endpoint.generate([ask('a', { n: 3 }), ask('b', { n: 3, seed: 8 })], {
      onReply: (index, replies) => heard.push(index, replies.length),
    });
    expect(all.map((replies) => replies.map(({ text }) => text))).toEqual([
      [0, 1, 2].map((i) => replyText('a', seedOf(7, i), 0)),
      [0, 1, 2].map((i) => replyText('b', seedOf(8, i), 0)),
    ]);
    expect(server.chats.map(({ body }) => body.n)).toEqual([3, undefined, undefined, undefined, undefined, undefined]);
    expect(heard).toEqual([0, 3, 1, 3]);
  });

  it('are requested one by one if n is rejected, and at temperature 0', async () => {
    const server = await serve({ always: refuses('n', 400, { error: { message: "'n' : number must be at most 1" } }) });
    const endpoint = await open(server);
    const [replies] = await endpoint.generate([ask('hello', { n: 3 })]);
    expect(new Set(replies.map(({ text }) => text)).size).toBe(3);
    expect(server.chats).toHaveLength(4);
    const [greedy] = await endpoint.generate([ask('hello', { n: 2, temperature: 0 })]);
    expect(greedy).toHaveLength(2);
    expect(server.chats.slice(4).every(({ body }) => !('n' in body))).toBe(true);
  });

  it('are requested in groups if the server has a limit, and never more than needed', async () => {
    const upTo =
      (limit: number): Behaviour =>
      (response, { body }) =>
        answer({
          choices: Array.from({ length: Math.min(limit, body.n ?? 1) }, () => ({ message: { content: 'x' } })),
        })(response, { path: '', headers: {}, body }, {});
    const server = await serve({ always: upTo(2) });
    const endpoint = await open(server, { concurrency: 4 });
    const [replies] = await endpoint.generate([ask('hello', { n: 5 })]);
    expect(replies.map(({ text }) => text)).toEqual(['x', 'x', 'x', 'x', 'x']);
    expect(server.chats).toHaveLength(3);
    const generous = await open(
      await serve({ always: answer({ choices: Array.from({ length: 9 }, () => ({ message: { content: 'y' } })) }) }),
    );
    expect((await generous.generate([ask('hello', { n: 2 })]))[0]).toHaveLength(2);
  });

  it('may be none', async () => {
    const endpoint = await open(await serve({}));
    expect(await endpoint.generate([])).toEqual([]);
    expect(await endpoint.generate([ask('hello', { n: 0 })])).toEqual([[]]);
  });
});

describe('settings that a server rejects', () => {
  it.each(['top_k', 'min_p'])('%s is left out after a 400 that names it, with a note', async (name) => {
    const complaint = { error: { message: `Unrecognized request argument supplied: ${name}`, param: null } };
    const server = await serve({ always: refuses(name, 400, complaint) });
    const endpoint = await open(server, { concurrency: 2 });
    const requests = ['a', 'b', 'c'].map((prompt) => ask(prompt, { topK: 40, minP: 0.1 }));
    expect(await endpoint.generate(requests)).toHaveLength(3);
    expect(server.chats.filter(({ body }) => name in body).length).toBeLessThanOrEqual(2);
    expect(endpoint.notes()).toEqual([expect.stringContaining(name)]);
  });

  it('a seed is left out, and max_tokens is replaced by its newer name', async () => {
    const forbidden = {
      detail: [{ loc: ['body', 'seed'], msg: 'Extra inputs are not permitted', input: { top_k: 4 } }],
    };
    const newer = { error: { message: "Use 'max_completion_tokens' instead of 'max_tokens'.", param: 'max_tokens' } };
    const server = await serve({
      script: [refuses('seed', 422, forbidden), refuses('max_tokens', 400, newer)],
    });
    const endpoint = await open(server);
    await endpoint.generate([ask('hello', { topK: 4 })]);
    expect(server.chats[2].body).toEqual({
      model: 'tiny',
      messages: [{ role: 'user', content: 'hello' }],
      max_completion_tokens: 20,
      temperature: 1,
      top_k: 4,
    });
    expect(endpoint.notes()).toEqual([expect.stringContaining('seed')]);
  });

  it('any other rejection is fatal, with the message of the server, truncated and escaped', async () => {
    const message = `temperature is\u001b[31m wrong\u202e ${'x'.repeat(5000)}`;
    const server = await serve({ always: status(400, { error: { message } }) });
    const endpoint = await open(server);
    const error = await failureOf(endpoint.generate([ask('hello', { topK: 3 })]));
    expect(error.kind).toBe('user');
    expect(error.message).toContain('HTTP 400): temperature is\\u{1b}[31m wrong\\u{202e} xxx');
    expect(error.message.length).toBeLessThan(700);
    expect(server.chats).toHaveLength(1);
  });

  it.each([
    [401, /key into an environment variable/],
    [404, /usually ends in \/v1/],
    [422, /Change the setting that the server rejects/],
  ])('HTTP %i gives advice', async (code, advice) => {
    const error = await failureOf(oneReply({ always: status(code, '') }));
    expect(error.kind).toBe('user');
    expect(error.advice).toMatch(advice);
  });

  it('an empty account is not retried', async () => {
    const error = await failureOf(
      oneReply({ always: status(429, { error: { message: 'No money', code: 'insufficient_quota' } }) }),
    );
    expect(error).toMatchObject({ kind: 'user', advice: expect.stringMatching(/quota/) as string });
  });

  it('a redirect is not followed', async () => {
    const error = await failureOf(oneReply({ always: status(307, '', { location: 'http://elsewhere/v1?key=1' }) }));
    expect(error.kind).toBe('user');
    expect(error.advice).toContain('(http://elsewhere/v1)');
  });
});

describe('replies', () => {
  it('report whether they were cut off, and their cost', async () => {
    const choices = [
      { message: { content: 'a'.repeat(40) }, finish_reason: 'length' },
      { message: { content: 'b'.repeat(9) }, finish_reason: 'stop' },
      { message: { content: 'c'.repeat(19) }, finish_reason: 'stop' },
    ];
    const usage = { prompt_tokens: 5, completion_tokens: 26 };
    const endpoint = await open(await serve({ always: answer({ choices, usage }) }));
    const [replies] = await endpoint.generate([ask('hello', { n: 3 })]);
    expect(replies.map(({ stop }) => stop)).toEqual(['length', 'stop', 'stop']);
    expect(replies.map(({ tokens }) => tokens)).toEqual([20, 2, 4]);
    expect(endpoint.tokensUsed()).toBe(31);
  });

  it('estimate the cost if the server does not report it, with a note', async () => {
    const choices = [{ message: { content: 'x'.repeat(12) }, finish_reason: null }];
    for (const usage of [undefined, null, { completion_tokens: -3 }, { completion_tokens: 1e300 }]) {
      const endpoint = await open(await serve({ always: answer({ choices, usage }) }));
      expect(await endpoint.generate([ask('hello')])).toEqual([[{ text: 'x'.repeat(12), tokens: 3, stop: 'stop' }]]);
      expect(endpoint.notes()).toEqual([expect.stringContaining('estimated')]);
    }
  });

  it('contain the thoughts that the server extracted, and the parts that it split', async () => {
    const thoughtful = { reasoning_content: 'hmm', content: '4' };
    const cutOff = { reasoning: 'hmm hmm', content: null };
    const parts = { content: [{ type: 'text', text: 'a' }, { type: 'text', text: 'b' }, { type: 'image' }] };
    const choices = [thoughtful, cutOff, parts].map((message) => ({ message }));
    const endpoint = await open(await serve({ always: answer({ choices }) }));
    const [replies] = await endpoint.generate([ask('hello', { n: 3 })]);
    expect(replies.map(({ text }) => text)).toEqual(['<think>\nhmm\n</think>\n\n4', '<think>\nhmm hmm', 'ab']);
  });
});

describe('progress', () => {
  it('counts replies', async () => {
    const endpoint = await open(await serve({}), { concurrency: 1 });
    const seen: string[] = [];
    await endpoint.generate([ask('a', { n: 2 }), ask('b')], {
      onProgress: ({ done, total }) => seen.push(`${done}/${total}`),
    });
    expect(seen).toEqual(['2/3', '3/3']);
  });
});
