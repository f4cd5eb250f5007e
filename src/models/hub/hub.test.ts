import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EvalError, ModelLoadError } from '../../errors.ts';
import { cacheFolder, fetchFromHub, isHubId } from './hub.ts';

const COMMIT = 'a'.repeat(40);
const FILES: Record<string, string> = {
  'README.md': '# data',
  'main/test-00000.jsonl': '{"q":1}\n',
  'main/train-00000.jsonl': '{"q":2}\n',
};

let server: Server;
let endpoint = '';
let requests: string[] = [];
/** Response to the next request of a file, instead of the file. */
let trouble: ((response: ServerResponse) => void)[] = [];
let authorization: string | undefined;
let listed: string[] = [];

/** A hub with one data set and one model that needs a login. Files are served by a redirect, as on the real hub. */
function play(request: IncomingMessage, response: ServerResponse): void {
  const url = decodeURIComponent(request.url ?? '').split('?')[0];
  requests.push(url);
  authorization = request.headers.authorization;
  if (url.includes('/private/')) return void response.writeHead(401).end();
  if (url === `/api/datasets/owner/data/revision/main` || url === `/api/models/owner/data/revision/main`) {
    return void response.end(JSON.stringify({ sha: COMMIT, siblings: listed.map((rfilename) => ({ rfilename })) }));
  }
  const redirect = /^\/(?:datasets\/)?owner\/data\/resolve\/a{40}\/(.+)$/.exec(url);
  if (redirect !== null) {
    return void response.writeHead(302, { location: `${endpoint}/store/${redirect[1]}` }).end();
  }
  const content = FILES[url.replace('/store/', '')];
  if (content === undefined) return void response.writeHead(404).end();
  const meet = trouble.shift();
  if (meet !== undefined) return meet(response);
  const etag = createHash('sha256').update(content).digest('hex');
  response.writeHead(200, { etag: `"${etag}"`, 'content-length': Buffer.byteLength(content) }).end(content);
}

const root = mkdtempSync(join(tmpdir(), 'rzero-hub-'));
let homes = 0;
let env: Record<string, string> = {};

beforeAll(async () => {
  server = createServer(play);
  server.keepAliveTimeout = 1;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  [requests, trouble, listed] = [[], [], Object.keys(FILES)];
  env = { HF_ENDPOINT: `${endpoint}/`, HF_HOME: join(root, `home-${++homes}`) };
});
afterAll(() => {
  server.close();
  rmSync(root, { recursive: true, force: true });
});

const REPO = { type: 'dataset', id: 'owner/data' } as const;
const tests = (paths: readonly string[]): string[] => paths.filter((path) => path.includes('test-'));

describe('fetchFromHub', () => {
  it('downloads the chosen files into the cache of Hugging Face’s tools, once', async () => {
    const first = await fetchFromHub(REPO, tests, { env });
    expect(first.commit).toBe(COMMIT);
    expect(first.files.map((path) => readFileSync(path, 'utf8'))).toEqual(['{"q":1}\n']);
    const folder = join(env.HF_HOME, 'hub', 'datasets--owner--data');
    expect(readFileSync(join(folder, 'refs', 'main'), 'utf8')).toBe(COMMIT);
    expect(first.files[0]).toBe(join(folder, 'snapshots', COMMIT, 'main', 'test-00000.jsonl'));
    expect(lstatSync(first.files[0]).isSymbolicLink()).toBe(true);
    expect(readdirSync(join(folder, 'blobs'))).toHaveLength(1);

    requests = [];
    expect(await fetchFromHub(REPO, tests, { env: { ...env, HF_HUB_OFFLINE: '1' } })).toEqual(first);
    expect(requests).toEqual([]);
    // Another choice asks the hub again, and downloads only the missing files.
    await fetchFromHub(REPO, (paths) => [...paths], { env });
    expect(requests.filter((url) => url.startsWith('/store/'))).toEqual([
      '/store/README.md',
      '/store/main/train-00000.jsonl',
    ]);
  });

  it('uses files that another tool has downloaded', async () => {
    const snapshot = join(env.HF_HOME, 'hub', 'datasets--owner--data', 'snapshots', COMMIT);
    mkdirSync(snapshot, { recursive: true });
    writeFileSync(join(snapshot, 'test-0.jsonl'), 'x');
    const found = await fetchFromHub({ ...REPO, revision: COMMIT }, tests, { env });
    expect(found.files).toEqual([join(snapshot, 'test-0.jsonl')]);
    expect(requests).toEqual([]);
  });

  it('retries after a server error, a cut connection and a damaged file', async () => {
    trouble = [
      (response) => void response.writeHead(503).end(),
      (response) => void response.writeHead(200, { 'content-length': 100 }).end('short', () => response.destroy()),
      (response) => void response.writeHead(200, { etag: `"${'0'.repeat(64)}"`, 'content-length': 5 }).end('wrong'),
    ];
    const { files } = await fetchFromHub(REPO, tests, { env, pause: 1 });
    expect(readFileSync(files[0], 'utf8')).toBe('{"q":1}\n');
    const blobs = readdirSync(join(env.HF_HOME, 'hub', 'datasets--owner--data', 'blobs'));
    expect(blobs).toEqual([createHash('sha256').update('{"q":1}\n').digest('hex')]);
  });

  it('retries after a rate limit, but not after a refusal', async () => {
    const status = (code: number) => (response: ServerResponse) => void response.writeHead(code).end();
    trouble = [status(429), status(429)];
    const { files } = await fetchFromHub(REPO, tests, { env, pause: 1 });
    expect(readFileSync(files[0], 'utf8')).toBe('{"q":1}\n');
    expect(requests.filter((url) => url.startsWith('/store/'))).toHaveLength(3);

    [requests, trouble] = [[], [status(403), status(403)]];
    const elsewhere = { ...env, HF_HOME: join(root, 'refused') };
    await expect(fetchFromHub(REPO, tests, { env: elsewhere, pause: 1 })).rejects.toThrow('HTTP 403');
    expect(requests.filter((url) => url.startsWith('/store/'))).toHaveLength(1);
  });

  it('sends the token, and gives advice without one', async () => {
    await fetchFromHub(REPO, tests, { env: { ...env, HF_TOKEN: 'hf_secret' } });
    expect(authorization).toBe('Bearer hf_secret');
    const refused = fetchFromHub({ type: 'dataset', id: 'private/data' }, tests, { env });
    await expect(refused).rejects.toThrow(/HTTP 401[^]*HF_TOKEN/);
    await expect(refused).rejects.toBeInstanceOf(EvalError);
  });

  it('distinguishes models from data sets, and names a missing repository', async () => {
    const model = fetchFromHub({ type: 'model', id: 'owner/none' }, tests, { env });
    await expect(model).rejects.toBeInstanceOf(ModelLoadError);
    await expect(model).rejects.toThrow('does not exist');
    const found = await fetchFromHub({ type: 'model', id: 'owner/data' }, tests, { env });
    expect(found.files[0]).toContain('models--owner--data');
  });

  it('sends no request when offline with an empty cache', async () => {
    const asked = fetchFromHub(REPO, tests, { env: { ...env, HF_HUB_OFFLINE: 'on' } });
    await expect(asked).rejects.toThrow('HF_HUB_OFFLINE');
    expect(requests).toEqual([]);
  });

  it('rejects names and paths outside the cache', async () => {
    await expect(fetchFromHub({ type: 'dataset', id: '../../data' }, tests, { env })).rejects.toThrow('is not a name');
    await expect(fetchFromHub({ ...REPO, revision: '../../x' }, tests, { env })).rejects.toThrow('no revision');
    listed = ['../test-0.jsonl', '/test-1.jsonl', 'a/../../test-2.jsonl', 'main/test-00000.jsonl'];
    expect((await fetchFromHub(REPO, tests, { env })).files).toHaveLength(1);
    expect(existsSync(join(env.HF_HOME, 'hub', 'datasets--owner--data', 'snapshots', 'test-0.jsonl'))).toBe(false);
  });
});

describe('the cache', () => {
  it('is in the folder that the environment names', () => {
    expect(cacheFolder({ HF_HUB_CACHE: '/x' })).toBe('/x');
    expect(cacheFolder({ HF_HOME: '/h' })).toBe(join('/h', 'hub'));
    expect(cacheFolder({ XDG_CACHE_HOME: '/c' })).toBe(join('/c', 'huggingface', 'hub'));
  });

  it('distinguishes names of repositories from paths', () => {
    expect(['Qwen/Qwen3-0.6B', './folder', '../x', 'a/b/c', 'run-1'].map(isHubId)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
