import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../config/load.ts';
import { ConfigError } from '../../errors.ts';
import { HOSTED_SERVICE, settledService, shownServices, type TinkerConfig, withAddress } from './address.ts';

function config(settings: Partial<TinkerConfig> = {}): TinkerConfig {
  const { engine } = resolveConfig({ flags: { engine: { kind: 'tinker', ...settings } } });
  return engine.kind === 'tinker' ? engine : expect.fail();
}

describe('the address of a service', () => {
  it('is that of the config, else of the environment, else the hosted one', () => {
    const env = { TINKER_BASE_URL: 'http://from.env:8000/' };
    expect(withAddress(config({ url: 'http://localhost:8000/' }), env).url).toBe('http://localhost:8000');
    expect(withAddress(config(), env).url).toBe('http://from.env:8000');
    expect(withAddress(config(), { TINKER_BASE_URL: '' }).url).toBe(HOSTED_SERVICE);
    expect(withAddress(config({ solverUrl: 'https://host/a/b//' }), {}).solverUrl).toBe('https://host/a/b');
    expect(withAddress(config(), {}).solverUrl).toBe('');
    expect(withAddress(config({ challengerUrl: 'http://one' }), {}).url).toBe('http://one');
    expect(withAddress(config({ challengerUrl: 'http://one', solverUrl: 'http://two' }), {}).url).toBe('http://two');
  });

  it.each(['http://me:s3cret@host', 'http://me@host', 'https://host/path?key=s3cret', 'https://host/#s3cret'])(
    '%s would be stored with the run, so it is refused without being repeated',
    (url) => {
      for (const [given, env] of [
        [{ url }, {}],
        [{ referenceUrl: url }, {}],
        [{}, { TINKER_BASE_URL: url }],
      ] as const) {
        const refused = (): unknown => withAddress(config(given), env);
        expect(refused).toThrow(ConfigError);
        expect(refused).not.toThrow(/s3cret|me@/);
      }
    },
  );

  it.each(['localhost:8000', 'ftp://host', 'http://'])('%s in the environment is none', (url) => {
    expect(() => withAddress(config(), { TINKER_BASE_URL: url })).toThrow(
      'TINKER_BASE_URL is not the address of a service.',
    );
    expect(() => config({ url })).toThrow('engine.url');
  });

  it('is shown once for all roles', () => {
    const [one, two, three] = ['http://one', 'http://two', 'http://three'];
    expect(shownServices(config({ url: one }))).toBe(one);
    expect(shownServices(config({ url: one, challengerUrl: two }))).toBe(`${two}, ${one}`);
    const split = config({ url: one, challengerUrl: two, solverUrl: three, referenceUrl: two });
    expect(shownServices(split)).toBe(`${two}, ${three}`);
  });
});

it('a folder on this machine is no name on the service, but the name of a hub model is', () => {
  const url = 'http://localhost:8000';
  expect(settledService(config({ url }), 'org/Name-1B', {}).model).toBe('org/Name-1B');
  expect(settledService(config({ url }), 'models/arith-base', {}).model).toBe('');
  expect(settledService(config({ url, model: '/dir/there' }), 'models/arith-base', {}).model).toBe('/dir/there');
});
