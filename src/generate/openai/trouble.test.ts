/** Tests the endpoint client against a real HTTP server with errors, spent budgets and aborts. */

import { afterEach, describe, expect, it } from 'vitest';
import {
  answer,
  cut,
  endless,
  honest,
  silent,
  slow,
  status,
  type Behaviour,
} from '../../../test/fixtures/chat-server.ts';
import { closeAll, ask, failureOf, good, oneReply, open, serve } from '../../../test/fixtures/endpoint.ts';
import { Purse } from './lanes.ts';

afterEach(closeAll);

describe('temporary errors', () => {
  it.each<[string, Behaviour]>([
    ['429 without Retry-After', status(429, { error: { message: 'slow down' } })],
    ['429 with Retry-After', status(429, '', { 'retry-after': '0.02' })],
    ['429 with retry-after-ms', status(429, '', { 'retry-after-ms': '10' })],
    [
      '429 with an exhausted limit',
      status(429, '', { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '12ms' }),
    ],
    ['500', status(500, 'oops')],
    ['503 with a page', status(503, '<html>busy</html>', { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' })],
    ['a connection cut in the middle of the answer', cut],
    ['malformed JSON', answer('{"choices": [')],
    ['an empty answer', answer('')],
    ['JSON of another shape', answer({ hello: 'world' })],
    ['no choices', answer({ choices: [] })],
    ['choices without messages', answer({ choices: [{ text: 'completion' }] })],
    ['a message of another shape', answer({ choices: [{ message: { content: 17 } }] })],
    ['null', answer('null')],
    ['an error in a success', answer({ error: { message: 'upstream failed' } })],
    ['a hung-up connection', (response) => response.destroy()],
  ])('%s is retried', async (_name, trouble) => {
    expect(await oneReply({ script: [trouble, trouble] })).toEqual(good);
  });

  it('a server that never answers is retried after the deadline', async () => {
    expect(await oneReply({ script: [silent] }, { timeoutMs: 60 })).toEqual(good);
  });

  it('repeats the same request, including the seed', async () => {
    const server = await serve({ script: [status(500), cut] });
    const endpoint = await open(server);
    await endpoint.generate([ask('hello', { n: 2 })]);
    expect(server.chats).toHaveLength(3);
    expect(server.chats[1].body).toEqual(server.chats[0].body);
    expect(server.chats[2].body).toEqual(server.chats[0].body);
  });

  it('ends at the limit of retries, with the last error', async () => {
    const server = await serve({ always: status(500, { detail: 'CUDA out of memory' }) });
    const endpoint = await open(server, { retries: 3 });
    const error = await failureOf(endpoint.generate([ask('hello')]));
    expect(server.chats).toHaveLength(4);
    expect(error.kind).toBe('transient');
    expect(error.message).toContain('did not answer in 4 attempts; the last one gave HTTP 500: CUDA out of memory.');
  });

  it('does not count a rate limit that lets other requests pass', async () => {
    // Every second request passes. If rate limits counted, one retry would not be enough.
    let turn = 0;
    const always: Behaviour = (response, seen, reply) =>
      (turn++ % 2 === 0 ? status(429, '', { 'retry-after-ms': '2' }) : honest)(response, seen, reply);
    const endpoint = await open(await serve({ always }), { retries: 1, concurrency: 4 });
    const replies = await endpoint.generate(Array.from({ length: 20 }, (_, i) => ask(`p${i}`)));
    expect(replies.map(([{ text }]) => text.split(' ')[0])).toEqual(Array.from({ length: 20 }, (_, i) => `p${i}`));
  });

  it('does not wait for hours', async () => {
    const error = await failureOf(oneReply({ always: status(429, 'daily limit', { 'retry-after': '7200' }) }));
    expect(error).toMatchObject({ kind: 'transient', message: expect.stringContaining('wait 120 minutes') as string });
  });

  it('keeps replies that finished before a failure', async () => {
    const server = await serve({ script: [honest, honest], always: status(400, 'no more') });
    const endpoint = await open(server, { concurrency: 1 });
    const heard: string[] = [];
    const work = endpoint.generate([ask('a'), ask('b'), ask('c'), ask('d')], {
      onReply: (index, [reply]) => heard.push(`${index}: ${reply.text[0]}`),
    });
    expect((await failureOf(work)).kind).toBe('user');
    expect(heard).toEqual(['0: a', '1: b']);
    expect(server.chats).toHaveLength(3);
  });

  it('rethrows the error of a listener', async () => {
    const endpoint = await open(await serve({}));
    const onReply = (): void => {
      throw new RangeError('the disk is full');
    };
    await expect(endpoint.generate([ask('a'), ask('b')], { onReply })).rejects.toThrow('the disk is full');
  });
});

describe('malicious answers', () => {
  it('an endless body is not read', async () => {
    const error = await failureOf(oneReply({ always: endless }, { maxBodyBytes: 2_000_000 }));
    expect(error.message).toContain('more than 2 MB');
  });

  it('an endless error message is truncated', async () => {
    const always: Behaviour = (response) => {
      response.writeHead(400);
      response.end(Buffer.alloc(3_000_000, 0x61));
    };
    const error = await failureOf(oneReply({ always }));
    expect(error.message.length).toBeLessThan(700);
  });

  it('secrets that the server repeats are in no error and no reply', async () => {
    process.env.RZERO_TEST_KEY = 'sk-very-secret-key-of-mine';
    const echo: Behaviour = (response, seen) =>
      status(401, `Bad key ${seen.headers.authorization} at ${seen.path}`)(response, seen, {});
    const server = await serve({ always: echo });
    const endpoint = await open({ url: `${server.url}?token=query-secret` }, { apiKeyEnv: 'RZERO_TEST_KEY' });
    const error = await failureOf(endpoint.generate([ask('a')]));
    expect(server.chats[0].path).toBe('/v1/chat/completions?token=query-secret');
    expect(error.message).toContain('Bad key Bearer [secret] at /v1/chat/completions?token=[secret]');
    expect(`${error.stack} ${endpoint.name}`).not.toMatch(/very-secret|query-secret/);
    const gossip = await oneReply(
      { always: answer({ choices: [{ message: { content: 'it is sk-very-secret-key-of-mine' } }] }) },
      { apiKeyEnv: 'RZERO_TEST_KEY' },
    );
    expect(gossip.text).toBe('it is [secret]');
  });

  it('lone surrogates do not reach the store', async () => {
    const reply = await oneReply({ always: answer('{"choices":[{"message":{"content":"a\\ud800b"}}]}') });
    expect(reply.text).toBe('a\ufffdb');
  });
});

describe('a budget of tokens', () => {
  it('may be shared by two endpoints', async () => {
    const server = await serve({});
    const purse = new Purse(100);
    const [one, other] = [await open(server, { tokenBudget: purse }), await open(server, { tokenBudget: purse })];
    await one.generate(Array.from({ length: 9 }, () => ask('hello')));
    expect([one.tokensUsed(), other.tokensUsed(), purse.used]).toEqual([63, 0, 63]);
    // A request reserves its maximum cost, which exceeds the rest of the budget.
    expect((await failureOf(other.generate([ask('hello', { maxTokens: 40 })]))).message).toMatch(/63 are used/);
  });

  it('is never exceeded, and the call ends with the finished replies', async () => {
    const server = await serve({ always: slow(3) });
    // A request reserves 10 + 20 tokens and uses 7.
    const endpoint = await open(server, { tokenBudget: 100, concurrency: 8 });
    const heard: number[] = [];
    const work = endpoint.generate(
      Array.from({ length: 40 }, (_, i) => ask(`p${i}`)),
      { onReply: (index) => heard.push(index) },
    );
    const error = await failureOf(work);
    expect(error.kind).toBe('budget');
    expect(error.message).toMatch(/budget of 100 tokens is spent: \d+ are used/);
    expect(heard.length).toBe(server.chats.length);
    expect(endpoint.tokensUsed()).toBe(7 * heard.length);
    expect(endpoint.tokensUsed()).toBeGreaterThan(65);
    expect(endpoint.tokensUsed()).toBeLessThanOrEqual(100);
    expect((await failureOf(endpoint.generate([ask('again')]))).kind).toBe('budget');
    expect(server.chats.length).toBe(heard.length);
  });

  it('that is large enough has no effect', async () => {
    const endpoint = await open(await serve({}), { tokenBudget: 1000 });
    expect(await endpoint.generate(Array.from({ length: 20 }, () => ask('p')))).toHaveLength(20);
  });
});

describe('an abort', () => {
  it('ends running requests and keeps finished replies', async () => {
    const server = await serve({ script: [honest], always: silent });
    const endpoint = await open(server, { concurrency: 2 });
    const stop = new AbortController();
    const heard: number[] = [];
    const work = endpoint.generate([ask('a'), ask('b'), ask('c')], {
      signal: stop.signal,
      onReply: (index) => {
        heard.push(index);
        setTimeout(() => stop.abort(), 20);
      },
    });
    expect((await failureOf(work)).kind).toBe('aborted');
    expect(heard).toEqual([0]);
  });

  it('ends waiting for a rate limit', async () => {
    const server = await serve({ always: status(429, '', { 'retry-after': '300' }) });
    const endpoint = await open(server);
    const work = endpoint.generate([ask('a')], { signal: AbortSignal.timeout(50) });
    expect((await failureOf(work)).kind).toBe('aborted');
  });

  it('may come before the call, and closing aborts too', async () => {
    const server = await serve({ always: silent });
    const endpoint = await open(server);
    expect((await failureOf(endpoint.generate([ask('a')], { signal: AbortSignal.abort() }))).kind).toBe('aborted');
    expect(server.chats).toHaveLength(0);
    const work = failureOf(endpoint.generate([ask('a')]));
    await endpoint.close();
    expect((await work).kind).toBe('aborted');
    expect((await failureOf(endpoint.generate([ask('a')]))).kind).toBe('aborted');
  });
});
