import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkCaller, type GuardOptions, type Headers, isLoopback, type Target } from './guard.ts';
import { cookieAnswer } from './key.ts';
import { Refusal } from './refusal.ts';

const KEY = 'tml-0123456789abcdef';

/** Returns the status of the refusal; 200 if the caller may come in. */
function statusOf(headers: Headers, key: string | null = null, hosts: readonly string[] = []): number {
  return statusWith(headers, { key, hosts });
}

function statusWith(headers: Headers, options: Partial<GuardOptions>, target?: Target): number {
  try {
    checkCaller(headers, { key: null, hosts: [], ...options }, target);
    return 200;
  } catch (error) {
    if (error instanceof Refusal) return error.status;
    throw error;
  }
}

describe('the host', () => {
  it.each(['localhost', 'localhost:8000', 'LOCALHOST:1', '127.0.0.1:80', '10.1.2.3', '[::1]:8000', '[fe80::1]'])(
    '%s is answered',
    (host) => {
      expect(statusOf({ host })).toBe(200);
    },
  );

  it.each([
    'evil.com',
    'evil.com:8000',
    'localhost.evil.com',
    '127.0.0.1.evil.com',
    'localhost@evil.com',
    'localhost,evil.com',
    'localhost:8000:evil',
    '[::1',
    '::1',
    ' localhost',
    '',
  ])('%j is refused', (host) => {
    expect(statusOf({ host })).toBe(421);
  });

  it('must be there once', () => {
    expect(statusOf({})).toBe(421);
    expect(statusOf({ host: ['localhost', 'evil.com'] })).toBe(421);
  });

  it('may be a name that the user allowed, in any case, but not a longer one', () => {
    expect(statusOf({ host: 'GPU-box:8000' }, null, ['gpu-BOX'])).toBe(200);
    expect(statusOf({ host: 'gpu-box.evil.com' }, null, ['gpu-box'])).toBe(421);
  });

  it('is never a name that was not allowed', () => {
    fc.assert(
      fc.property(fc.domain(), (host) => {
        expect(statusOf({ host })).toBe(421);
      }),
    );
  });
});

describe('a web page', () => {
  it.each([
    { origin: 'https://evil.com' },
    { origin: 'null' },
    { origin: '' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'same-origin' },
  ])('that sends %j is refused', (headers) => {
    expect(statusOf({ host: 'localhost', ...headers })).toBe(403);
  });

  it('is not an address that a user typed', () => {
    expect(statusOf({ host: 'localhost', 'sec-fetch-site': 'none' })).toBe(200);
  });
});

describe('a server with a page', () => {
  const host = 'localhost:4747';
  const asked = (headers: Headers, target: Target = { method: 'GET', path: '/api/runs' }): number =>
    statusWith({ host, ...headers }, { browser: true }, target);

  it('answers its own page', () => {
    expect(asked({ 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(asked({ 'sec-fetch-site': 'same-origin', origin: `http://${host}` })).toBe(200);
    expect(asked({ origin: `https://${host}` })).toBe(200);
    expect(asked({ 'sec-fetch-site': 'none' })).toBe(200);
    expect(asked({})).toBe(200);
  });

  it.each([
    { origin: 'https://evil.com' },
    { origin: 'null' },
    { origin: '' },
    { origin: 'http://localhost:4748' },
    { origin: 'http://localhost' },
    { origin: 'http://localhost:4747.evil.com' },
    { origin: 'http://127.0.0.1:4747' },
    { origin: 'http://localhost:4747', 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
  ])('refuses a page that sends %j', (headers) => {
    for (const method of ['GET', 'POST', 'HEAD', 'OPTIONS']) expect(asked(headers, { method, path: '/' })).toBe(403);
  });

  it('can be opened by a link, in a window but not in a frame, and only its document', () => {
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    expect(asked(link, { method: 'GET', path: '/' })).toBe(200);
    expect(asked({ ...link, 'sec-fetch-dest': 'iframe' }, { method: 'GET', path: '/' })).toBe(403);
    expect(asked(link, { method: 'GET', path: '/api/runs' })).toBe(403);
    expect(asked({ ...link, origin: 'https://evil.com' }, { method: 'POST', path: '/' })).toBe(403);
    expect(statusWith({ host, ...link }, {}, { method: 'GET', path: '/' })).toBe(403);
  });
});

describe('the cookie of a browser', () => {
  const host = 'localhost';
  const given = cookieAnswer(KEY, KEY);
  const [cookie, ...attributes] = (given.headers.get('set-cookie') ?? '').split('; ');

  it('is not the key, and stays on this site', () => {
    expect(given.status).toBe(303);
    expect(given.headers.get('location')).toBe('./');
    expect(cookie).not.toContain(KEY);
    expect(attributes).toEqual(['Path=/', 'HttpOnly', 'SameSite=Strict']);
    expect(() => cookieAnswer(`${KEY}x`, KEY)).toThrow(/key in the address is wrong/);
    expect(cookieAnswer('anything', null).headers.get('set-cookie')).toBeNull();
  });

  it('opens a server with a page, and no other', () => {
    const status = (headers: Headers, browser = true): number =>
      statusWith({ host, ...headers }, { key: KEY, browser }, { method: 'GET', path: '/' });
    expect(status({ cookie })).toBe(200);
    expect(status({ cookie: `a=b; ${cookie};c=d` })).toBe(200);
    expect(status({ cookie }, false)).toBe(401);
    for (const wrong of ['', cookie.slice(0, -1), `${cookie}x`, `x${cookie}`, `rzero_page=${KEY}`, 'rzero_page=']) {
      expect(status({ cookie: wrong })).toBe(401);
    }
    // A wrong key is not made up for.
    expect(status({ cookie, 'x-api-key': 'wrong' })).toBe(401);
  });
});

describe('the key', () => {
  it('may be a Bearer token', () => {
    const status = (authorization: string | string[]): number => statusOf({ host: 'localhost', authorization }, KEY);
    expect(status(`Bearer ${KEY}`)).toBe(200);
    expect(status(`bearer  ${KEY}`)).toBe(200);
    for (const wrong of [KEY, `Basic ${KEY}`, 'Bearer', 'Bearer ', `Bearer ${KEY}x`, `Bearer ${KEY} x`]) {
      expect(status(wrong)).toBe(401);
    }
    expect(status([`Bearer ${KEY}`, `Bearer ${KEY}`])).toBe(401);
  });

  it('must be the whole key', () => {
    const host = 'localhost';
    expect(statusOf({ host, 'x-api-key': KEY }, KEY)).toBe(200);
    for (const key of [undefined, '', KEY.slice(0, -1), `${KEY}0`, KEY.toUpperCase()]) {
      expect(statusOf({ host, 'x-api-key': key }, KEY)).toBe(401);
    }
    expect(statusOf({ host, 'x-api-key': [KEY, KEY] }, KEY)).toBe(401);
  });

  it('is not asked for without one', () => {
    expect(statusOf({ host: 'localhost', 'x-api-key': 'anything' })).toBe(200);
  });
});

it('only addresses of this machine are loopback', () => {
  expect(['localhost', '127.0.0.1', '127.5.5.5', '::1'].map(isLoopback)).toEqual([true, true, true, true]);
  expect(['0.0.0.0', '::', '10.0.0.1', '127.evil.com', ''].map(isLoopback)).toEqual(Array(5).fill(false));
});
