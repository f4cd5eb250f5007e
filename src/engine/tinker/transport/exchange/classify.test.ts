import { describe, expect, it } from 'vitest';

import { judgeAnswer, judgeFault } from './classify.ts';
import { HttpFault, type HttpAnswer } from './http.ts';

function answer(status: number, body: unknown = '', headers: HttpAnswer['headers'] = {}): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/html' : 'application/json';
  return { status, headers: { 'content-type': type, ...headers }, body: Buffer.from(text) };
}

describe('an answer', () => {
  it.each([
    [200, { request_id: '1' }, 'done'],
    [204, '', 'done'],
    [302, '', 'refused'],
    [400, { detail: 'max_tokens is currently required' }, 'refused'],
    [400, { detail: [{ loc: ['body'], msg: 'field required' }] }, 'refused'],
    [400, { type: 'RequestFailedResponse', error_message: 'no' }, 'refused'],
    [400, { error: 'base_model is required' }, 'refused'],
    [400, '<html>Bad Request</html>', 'noise'],
    [400, '', 'noise'],
    [400, [1, 2], 'noise'],
    [401, '', 'unauthorized'],
    [402, '', 'billing'],
    [403, '', 'unauthorized'],
    [404, { detail: 'Model not found' }, 'missing'],
    [405, '', 'refused'],
    [408, { type: 'try_again' }, 'timeout'],
    [409, '', 'conflict'],
    [410, '', 'gone'],
    [413, '', 'refused'],
    [422, { detail: 'bad' }, 'refused'],
    [425, '', 'early'],
    [429, '', 'busy'],
    [500, 'Internal Server Error', 'broken'],
    [501, '', 'refused'],
    [502, '<html>Bad Gateway</html>', 'down'],
    [503, '', 'down'],
    [504, '', 'down'],
  ])('%i %j is %s', (status, body, is) => {
    expect(judgeAnswer(answer(status, body)).is).toBe(is);
  });

  it('that says not to repeat it is final', () => {
    expect(judgeAnswer(answer(503, '', { 'x-should-retry': 'false' })).is).toBe('refused');
  });

  it.each([
    [{ 'retry-after-ms': '1500' }, 1500],
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after-ms': '20', 'retry-after': '2' }, 20],
    [{ 'retry-after': '3600' }, 60_000],
    [{ 'retry-after': '-1' }, 0],
    [{ 'retry-after': new Date(Date.now() - 5000).toUTCString() }, 0],
    [{ 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() }, 60_000],
    [{ 'retry-after': 'soon' }, null],
    [{}, null],
  ])('with %j asks to wait %s ms', (headers, ms) => {
    expect(judgeAnswer(answer(429, '', headers)).retryAfterMs).toBe(ms);
  });

  it('is reported in one line of the service, and never as the page of a proxy', () => {
    expect(judgeAnswer(answer(422, { detail: 'bad\n  body\u0000' })).text).toBe('bad body');
    expect(judgeAnswer(answer(422, { detail: [{ msg: 'x' }] })).text).toBe('[{"msg":"x"}]');
    expect(judgeAnswer(answer(502, '<html><h1>Bad Gateway</h1></html>')).text).toBe('HTTP 502');
    expect(judgeAnswer(answer(500, 'Internal Server Error')).text).toBe('Internal Server Error');
    expect(judgeAnswer(answer(422, { detail: 'x'.repeat(9999) })).text).toHaveLength(501);
    expect(judgeAnswer(answer(301, '', { location: 'https://other/' })).text).toBe('it redirects to https://other/');
  });
});

describe('a fault', () => {
  it.each([
    ['not-sent', 'not-sent'],
    ['lost', 'lost'],
    ['timeout', 'timeout'],
    ['unusable', 'refused'],
  ] as const)('%s is %s', (kind, is) => {
    expect(judgeFault(new HttpFault(kind, 'x'))).toMatchObject({ is, status: null, retryAfterMs: null });
  });
});
