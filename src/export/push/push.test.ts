import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { receiveUploads, type UploadHub } from '../../../test/fixtures/hub-upload-server.ts';
import { messageOf } from '../../errors.ts';
import { push, type PushOptions } from './push.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-push-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const folder = join(root, 'model');
const weights = Buffer.alloc(300_000, 'weights of a model ');
mkdirSync(join(folder, 'jsonl'), { recursive: true });
writeFileSync(join(folder, 'README.md'), '# card\n');
writeFileSync(join(folder, 'rzero.json'), '{}');
writeFileSync(join(folder, 'model.safetensors'), weights);
writeFileSync(join(folder, 'jsonl', 'rows.jsonl'), '{"a":1}\n');

let hub: UploadHub;
afterEach(() => hub.close());

async function pushed(options: Partial<PushOptions> = {}, env: Record<string, string> = {}) {
  const all = { HF_ENDPOINT: hub.endpoint, HF_TOKEN: hub.token, ...env };
  return push(folder, { repo: 'me/model', type: 'model', isPublic: false, pause: 1, env: all, ...options });
}

describe('an upload', () => {
  it('creates a private repository and brings every file', async () => {
    hub = await receiveUploads();
    const done = await pushed({ except: ['rzero.json'] });
    expect(done).toMatchObject({ address: `${hub.endpoint}/me/model`, files: 3, commit: 'c0ffee'.padEnd(40, '0') });
    const found = hub.repositories.get('me/model');
    expect(found?.isPrivate).toBe(true);
    expect([...(found?.files.keys() ?? [])].toSorted()).toEqual(['README.md', 'jsonl/rows.jsonl', 'model.safetensors']);
    expect(found?.files.get('model.safetensors')).toEqual(weights);
    expect(found?.files.get('README.md')?.toString()).toBe('# card\n');
  });

  it('sends the token to the hub alone', async () => {
    hub = await receiveUploads();
    await pushed();
    const storage = hub.requests.filter(({ server }) => server === 'storage');
    expect(storage.map(({ method, authorization }) => [method, authorization])).toEqual([['PUT', undefined]]);
    const own = hub.requests.filter(({ server }) => server === 'hub');
    expect(new Set(own.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${hub.token}`]));
  });

  it('makes a public repository only when asked', async () => {
    hub = await receiveUploads();
    await pushed({ isPublic: true });
    expect(hub.repositories.get('me/model')?.isPrivate).toBe(false);
  });

  it('does not add to a public repository unasked', async () => {
    hub = await receiveUploads({ 'me/model': 'public' });
    await expect(pushed()).rejects.toThrow(/exists and is public[^]*--public/);
    expect(hub.repositories.get('me/model')?.files.size).toBe(0);
    await pushed({ isPublic: true });
    expect(hub.repositories.get('me/model')?.files.size).toBe(4);
  });

  it('adds to an existing private repository, as a dataset where it is one', async () => {
    hub = await receiveUploads({ 'me/model': 'private' });
    const { address } = await pushed({ type: 'dataset' });
    expect(address).toBe(`${hub.endpoint}/datasets/me/model`);
    const urls = hub.requests.map(({ url }) => url);
    expect(urls).toContain('/api/datasets/me/model/commit/main');
    expect(urls).not.toContain('/api/repos/create');
  });

  it('tries again after broken connections and errors of the server', async () => {
    hub = await receiveUploads();
    hub.failures.push(503, 0, 429);
    await pushed();
    expect(hub.repositories.get('me/model')?.files.get('model.safetensors')).toEqual(weights);
  });

  it('gives up after four tries, and says so without the token', async () => {
    hub = await receiveUploads();
    hub.failures.push(500, 500, 500, 500);
    const error = await pushed().catch((one: unknown) => one);
    expect(messageOf(error)).toMatch(/could not be uploaded[^]*500[^]*The export itself is complete/);
    expect(JSON.stringify(error) + messageOf(error)).not.toContain(hub.token);
  });

  it('names the token if the hub refuses it', async () => {
    hub = await receiveUploads();
    const error = await pushed({}, { HF_TOKEN: 'hf_other' }).catch((one: unknown) => one);
    expect(messageOf(error)).toMatch(/Set HF_TOKEN to a token that may write/);
    expect(messageOf(error)).not.toContain('hf_other');
  });

  it('asks nothing of the hub without a token or with a wrong name', async () => {
    hub = await receiveUploads();
    await expect(pushed({}, { HF_TOKEN: '', HF_HOME: root })).rejects.toThrow(/needs a token[^]*Set HF_TOKEN/);
    await expect(pushed({ repo: 'model' })).rejects.toThrow(/Write it as owner\/name/);
    expect(hub.requests).toEqual([]);
  });

  it('reads the token that the tools of the hub keep', async () => {
    hub = await receiveUploads();
    writeFileSync(join(root, 'token'), `${hub.token}\n`);
    await pushed({}, { HF_TOKEN: '', HF_HOME: root });
    expect(hub.repositories.get('me/model')?.files.size).toBe(4);
    rmSync(join(root, 'token'));
  });
});
