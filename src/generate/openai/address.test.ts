import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../errors.ts';
import { isAddress, parseAddress, shownAddress } from './address.ts';
import { openEndpoint } from './index.ts';
import { longFetchDispatcher } from './long-fetch.ts';

describe('an address', () => {
  it.each([
    ['http://localhost:8000', 'http://localhost:8000/v1'],
    ['http://localhost:8000/', 'http://localhost:8000/v1'],
    ['http://localhost:8000/v1/', 'http://localhost:8000/v1'],
    ['https://host/openai/v1/chat/completions', 'https://host/openai/v1'],
    ['HTTPS://Host/api', 'https://host/api'],
    ['http://[::1]:8080/v1', 'http://[::1]:8080/v1'],
  ])('%s asks %s', (text, base) => {
    expect(parseAddress(text)).toMatchObject({ base, query: '', model: null, shown: base, basic: null, secrets: [] });
  });

  it('shows neither password nor query, and takes the model after #', () => {
    const address = parseAddress('https://me:p%40ss@host/v1?api-version=2&key=abc#Qwen/Qwen3-0.6B');
    expect(address).toEqual({
      base: 'https://host/v1',
      query: '?api-version=2&key=abc',
      model: 'Qwen/Qwen3-0.6B',
      shown: 'https://host/v1?…',
      basic: `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
      secrets: [Buffer.from('me:p@ss').toString('base64'), 'p@ss', 'p%40ss', '2', 'abc'],
    });
  });

  it.each(['localhost:8000', 'ftp://host/v1', 'http://', 'me:hunter2@host'])(
    '%s is rejected, and the error does not repeat it',
    (text) => {
      expect(() => parseAddress(text)).toThrow(ConfigError);
      expect(() => parseAddress(text)).not.toThrow(/hunter2/);
    },
  );

  it('has a form without secrets', () => {
    expect(shownAddress('https://me:pw@host?key=abc#a/b')).toBe('https://host/v1?…#a/b');
    expect(shownAddress('http://localhost:8000')).toBe('http://localhost:8000/v1');
  });

  it('is distinguished from a folder', () => {
    expect(['http://x', 'HTTPS://x/v1'].map(isAddress)).toEqual([true, true]);
    expect(['./http', 'models/arith-base', 'C:\\http://'].map(isAddress)).toEqual([false, false, false]);
  });
});

describe('options', () => {
  it.each([{ concurrency: 0 }, { retries: -1 }, { timeoutMs: Number.NaN }, { tokenBudget: -5 }])(
    '%o is rejected',
    async (options) => {
      await expect(openEndpoint({ url: 'http://localhost:1#m', ...options })).rejects.toThrow(ConfigError);
    },
  );

  it('a key is never repeated, not even if it was given as the variable’s name', async () => {
    process.env.RZERO_BROKEN_KEY = 'sk-secret\u0007secret';
    for (const apiKeyEnv of ['sk-secret-key', 'sk_secret_key', 'RZERO_NO_SUCH_KEY', 'RZERO_BROKEN_KEY']) {
      const opening = openEndpoint({ url: 'http://localhost:1#m', apiKeyEnv });
      await expect(opening).rejects.toThrow(ConfigError);
      await expect(opening).rejects.not.toThrow(/secret/);
    }
    delete process.env.RZERO_BROKEN_KEY;
  });
});

describe('long replies', () => {
  it('have a connection pool without the five-minute limit', async () => {
    const pool = await longFetchDispatcher();
    expect(pool).not.toBeNull();
    await pool?.close();
  });
});
