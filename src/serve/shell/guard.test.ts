import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkCaller, type Headers, isLoopback } from './guard.ts';
import { Refusal } from './refusal.ts';

const KEY = 'tml-0123456789abcdef';

/** Returns the status of the refusal; 200 if the caller may come in. */
function statusOf(headers: Headers, key: string | null = null, hosts: readonly string[] = []): number {
  try {
    checkCaller(headers, { key, hosts });
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

describe('the key', () => {
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
