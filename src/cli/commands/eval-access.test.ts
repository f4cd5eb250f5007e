import { describe, expect, it } from 'vitest';
import { accessOf } from './eval-access.ts';

const [OURS, THEIRS] = ['http://ours:8000/v1#a', 'https://theirs/v1#b'];

describe('an API key', () => {
  it('is sent only to the host of the first endpoint', () => {
    const keysOf = (flags: Parameters<typeof accessOf>[0]): (string | undefined)[] => {
      const { model, baseline, judge } = accessOf({ apiKeyEnv: 'OUR_KEY', ...flags });
      return [model, baseline, judge].map(({ apiKeyEnv }) => apiKeyEnv);
    };
    expect(keysOf({ model: OURS, baseline: 'http://ours:8000/other#c', judge: THEIRS })).toEqual([
      'OUR_KEY',
      'OUR_KEY',
      undefined,
    ]);
    expect(keysOf({ model: 'folder', judge: THEIRS })).toEqual([undefined, undefined, 'OUR_KEY']);
    expect(keysOf({ model: OURS, judge: THEIRS, judgeApiKeyEnv: 'THEIR_KEY' })).toEqual([
      'OUR_KEY',
      undefined,
      'THEIR_KEY',
    ]);
    // Another port may be another user's server.
    expect(keysOf({ model: OURS, judge: 'http://ours:8001/v1' })[2]).toBeUndefined();
  });
});

describe('a token budget', () => {
  it('is shared by all endpoints of a command', () => {
    const { model, judge } = accessOf({ model: OURS, judge: THEIRS, tokenBudget: 100 });
    expect(model.tokenBudget).toBeDefined();
    expect(model.tokenBudget).toBe(judge.tokenBudget);
  });

  it('is rejected without an endpoint', () => {
    expect(accessOf({ model: 'folder' })).toEqual({ model: {}, baseline: {}, judge: {} });
    expect(() => accessOf({ model: 'folder', judgeApiKeyEnv: 'KEY' })).toThrow('--judge-api-key-env needs an endpoint');
  });
});
