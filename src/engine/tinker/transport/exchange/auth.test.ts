import { describe, expect, it } from 'vitest';

import { openClient, outcomeOf, sampleOnce } from '../../../../../test/tinker/open-client.ts';
import { type Action, detail, type ScriptedService } from '../../../../../test/tinker/scripted-service.ts';
import { HOSTED_SERVICE } from '../../address.ts';
import { connect } from '../connect.ts';

const KEY = 'tml-secret-key';

/** A token that ends after so many seconds; its text differs by `name`. */
function token(name: string, seconds: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ exp: Math.floor(Date.now() / 1000) + seconds })}.${name}`;
}

const gives = (jwt: string): Action => ({ body: { jwt } });

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('the key', () => {
  it('is sent with every request, heartbeats included', async () => {
    const { service, client } = await openClient({ requiredKey: KEY }, { apiKey: KEY, heartbeat: 0.05 });
    const session = await client.openSampling({ baseModel: 'base' });
    await sampleOnce(client, session);
    await until(() => service.requests('session_heartbeat').length > 0);
    expect(new Set(service.received.map(({ headers }) => headers['x-api-key']))).toEqual(new Set([KEY]));
  });

  it('is not needed by a service that asks for none', async () => {
    const { service, client } = await openClient({}, { apiKey: '' });
    await client.supportedModels();
    expect(service.received.some(({ headers }) => 'x-api-key' in headers)).toBe(false);
  });

  it('that is wrong is refused, and is never part of the message', async () => {
    const { service, client } = await openClient({}, { apiKey: KEY });
    service.always('get_server_capabilities', detail(401, `no such key: ${KEY}`));
    const error = await client.supportedModels().catch((each: unknown) => each);
    expect(error).toMatchObject({ outcome: 'refused', status: 401 });
    expect(String(error)).toContain('no such key: ***');
    expect(String(error)).not.toContain(KEY);
    expect(service.requests('get_server_capabilities')).toHaveLength(1);
  });
});

/** Opens a client whose service gives these tokens, the last one again and again. */
function withTokens(tokens: string[], options: { heartbeat?: number } = {}): ReturnType<typeof openClient> {
  const prepare = (service: ScriptedService): void => {
    service.script('token', ...tokens.map(gives));
    service.always('token', gives(tokens[tokens.length - 1]));
  };
  return openClient({ config: { pjwt_auth_enabled: true } }, { apiKey: KEY, prepare, ...options });
}

const keysOf = (service: ScriptedService, route: string): unknown[] =>
  service.requests(route).map(({ headers }) => headers['x-api-key']);

describe('the hosted service', () => {
  it.each(['', 'sk-other'])('is not called without a key of its own: "%s"', async (apiKey) => {
    const opened = connect({ url: HOSTED_SERVICE, apiKey, concurrency: 1, patience: 1 });
    await expect(opened).rejects.toMatchObject({ outcome: 'refused', status: 401 });
  });
});

describe('a key that no header can hold', () => {
  it('is refused at once', async () => {
    const opened = openClient({}, { apiKey: 'tml-key\nx-other: 1' });
    const error = await opened.catch((each: unknown) => each);
    expect(error).toMatchObject({ outcome: 'refused', status: null });
    expect(String(error)).not.toContain('tml-key');
  });
});

describe('a token', () => {
  it('is fetched with the key, and used in its place', async () => {
    const jwt = token('first', 3600);
    const { service, client } = await withTokens([jwt], { heartbeat: 0.05 });
    const session = await client.openSampling({ baseModel: 'base' });
    await Promise.all([sampleOnce(client, session), sampleOnce(client, session)]);
    expect(keysOf(service, 'token')).toEqual([KEY]);
    expect(keysOf(service, 'asample')).toEqual([jwt, jwt]);
    await until(() => keysOf(service, 'session_heartbeat').includes(jwt));
  });

  it('that is about to end is renewed first', async () => {
    const [first, second] = [token('first', 30), token('second', 3600)];
    const { service, client, clock } = await withTokens([first, second]);
    await clock.sleep(6000);
    await Promise.all([client.supportedModels(), client.supportedModels()]);
    expect(keysOf(service, 'get_server_capabilities')).toEqual([second, second]);
    expect(service.requests('token')).toHaveLength(2);
  });

  it('that ends within five minutes is used while the next one is fetched, once a minute', async () => {
    const [first, second] = [token('first', 240), token('second', 3600)];
    const { service, client, clock } = await withTokens([first, second]);
    await client.supportedModels();
    expect(service.requests('token')).toHaveLength(1);
    await clock.sleep(61_000);
    await client.supportedModels();
    await until(() => service.requests('token').length === 2);
    await until(() => keysOf(service, 'get_server_capabilities').length === 2);
    expect(keysOf(service, 'get_server_capabilities')).toEqual([first, first]);
  });

  it('that the service refuses is fetched again, once', async () => {
    const [first, second] = [token('first', 3600), token('second', 3600)];
    const { service, client } = await withTokens([first, second]);
    service.script('get_server_capabilities', { status: 401 });
    expect(await outcomeOf(client.supportedModels())).toBe('done');
    expect(keysOf(service, 'get_server_capabilities')).toEqual([first, second]);
    service.always('get_server_capabilities', detail(401, `not ${second}`));
    const error = await client.supportedModels().catch((each: unknown) => each);
    expect(error).toMatchObject({ outcome: 'refused', status: 401 });
    expect(String(error)).not.toContain(second);
    expect(service.requests('token')).toHaveLength(3);
  });

  it.each([{ status: 503 }, { body: '<html>' }, { body: {} }, 'reset'] satisfies Action[])(
    'that cannot be fetched (%j) leaves the key, and is not fetched for every call',
    async (answer) => {
      const prepare = (service: ScriptedService): void => service.always('token', answer);
      const { service, client } = await openClient({ config: { pjwt_auth_enabled: true } }, { apiKey: KEY, prepare });
      await client.supportedModels();
      expect(await outcomeOf(client.supportedModels())).toBe('done');
      expect(keysOf(service, 'get_server_capabilities')).toEqual([KEY, KEY]);
      expect(service.requests('token')).toHaveLength(1);
    },
  );
});
