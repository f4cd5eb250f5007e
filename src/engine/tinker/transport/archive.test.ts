import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { pack } from 'tar-stream';
import { describe, expect, it, onTestFinished } from 'vitest';

import { openClient, outcomeOf } from '../../../../test/tinker/open-client.ts';
import { type Action, detail, type Received } from '../../../../test/tinker/scripted-service.ts';

type Header = Parameters<ReturnType<typeof pack>['entry']>[0];

async function archive(...entries: [Header, string?][]): Promise<Buffer> {
  const tar = pack();
  for (const [header, text] of entries) {
    if (text === undefined) tar.entry(header);
    else tar.entry(header, text);
  }
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const part of tar) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

const WEIGHTS = 'x'.repeat(300_000);
const GOOD: [Header, string][] = [
  [{ name: './adapter_config.json' }, '{"r":4}'],
  [{ name: 'deep/adapter_model.safetensors' }, WEIGHTS],
];
const good = (): Promise<Buffer> => archive([{ name: './', type: 'directory' }], ...GOOD);

function folderOf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rzero-archive-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'weights');
}

function expectGood(folder: string): void {
  expect(readFileSync(join(folder, 'adapter_config.json'), 'utf8')).toBe('{"r":4}');
  expect(readFileSync(join(folder, 'deep/adapter_model.safetensors'), 'utf8')).toBe(WEIGHTS);
  expect(readdirSync(folder).toSorted()).toEqual(['adapter_config.json', 'deep']);
}

const PATH = 'tinker://run/sampler_weights/name';
const bytes = (body: Buffer): Action => ({ body, headers: { 'content-type': 'application/octet-stream' } });

/** Answers by the end of the address. */
const routes =
  (table: Record<string, Action>): Action =>
  ({ path }: Received) =>
    Object.entries(table).find(([end]) => path.endsWith(end))?.[1] ?? detail(404, 'Not Found');

describe('the archive of a checkpoint', () => {
  it.each([
    ['a tar file', async () => good()],
    ['a packed tar file', async () => gzipSync(await good())],
    ['a tar file whose own folder is called /', async () => archive([{ name: '/', type: 'directory' }], ...GOOD)],
  ])('is unpacked from %s', async (_, make) => {
    const { service, client } = await openClient();
    service.always('checkpoints', routes({ 'sampler_weights/name/archive': bytes(await make()) }));
    const folder = folderOf();
    await client.download(PATH, folder);
    expectGood(folder);
  });

  it('of many parts is unpacked without a warning', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));
    const files = Array.from({ length: 20 }, (_, at): [Header, string] => [{ name: `part-${at}` }, WEIGHTS]);
    const { service, client } = await openClient();
    service.always('checkpoints', bytes(gzipSync(await archive(...files))));
    const folder = folderOf();
    await client.download(PATH, folder);
    expect(readdirSync(folder)).toHaveLength(20);
    // Warnings are emitted at the next tick.
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  });

  it('is found under the name without its kind, as SkyRL has it', async () => {
    const { service, client } = await openClient();
    service.always('checkpoints', routes({ 'checkpoints/name/archive': bytes(await good()) }));
    const folder = folderOf();
    await client.download('tinker://run/name', folder);
    expectGood(folder);
  });

  it('is found there too if the first address exists for other methods only', async () => {
    const { service, client } = await openClient();
    const table = {
      'checkpoints/name/archive': bytes(await good()),
      'sampler_weights/name/archive': detail(405, 'no'),
    };
    service.always('checkpoints', routes(table));
    const folder = folderOf();
    await client.download('tinker://run/name', folder);
    expectGood(folder);
  });

  it.each(['a redirect', 'an address in JSON'])(
    'comes from another host by %s, which does not get the key',
    async (by) => {
      const file = gzipSync(await good());
      const keys: unknown[] = [];
      const store = createServer((request, response) => {
        keys.push(request.headers['x-api-key'], request.url);
        response.end(file);
      });
      await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void store.close());
      const url = `http://127.0.0.1:${(store.address() as AddressInfo).port}/signed?token=1`;
      const { service, client } = await openClient({}, { apiKey: 'tml-key' });
      service.always(
        'checkpoints',
        by === 'a redirect' ? { status: 302, headers: { location: url } } : { body: { url } },
      );
      const folder = folderOf();
      await client.download(PATH, folder);
      expectGood(folder);
      expect(keys).toEqual([undefined, '/signed?token=1']);
      expect(service.requests('checkpoints')[0].headers['x-api-key']).toBe('tml-key');
    },
  );

  it('follows a redirect within the service with the key', async () => {
    const { service, client } = await openClient({}, { apiKey: 'tml-key' });
    service.always('checkpoints', { status: 302, headers: { location: '/download' } });
    service.always('download', bytes(await good()));
    const folder = folderOf();
    await client.download(PATH, folder);
    expectGood(folder);
    expect(service.requests('download')[0].headers['x-api-key']).toBe('tml-key');
  });

  it.each([
    ['425', { status: 425 }],
    ['503', { status: 503 }],
    ['a reset connection', 'reset'],
  ] as [string, Action][])('is asked for again after %s', async (_, action) => {
    const { service, client } = await openClient();
    service.script('checkpoints', action, action);
    service.always('checkpoints', bytes(await good()));
    const folder = folderOf();
    await client.download(PATH, folder);
    expectGood(folder);
  });

  it.each([
    ['cut tar file', async () => (await good()).subarray(0, 200_000)],
    ['cut packed file', async () => gzipSync(await good()).subarray(0, 200)],
  ])('is downloaded again after a %s, into a clean folder', async (_, damaged) => {
    const { service, client } = await openClient();
    service.script('checkpoints', bytes(await damaged()), bytes(await damaged()));
    service.always('checkpoints', bytes(await good()));
    const folder = folderOf();
    await client.download(PATH, folder);
    expectGood(folder);
    expect(service.requests('checkpoints')).toHaveLength(3);
  });

  it.each([
    ['leaves the folder', [{ name: '../evil' }, 'x']],
    ['leaves the folder in the middle', [{ name: 'a/../../evil' }, 'x']],
    ['has an absolute name', [{ name: '/tmp/rzero-evil' }, 'x']],
    ['has a name for Windows', [{ name: 'a\\..\\evil' }, 'x']],
    ['has a symbolic link', [{ name: 'link', type: 'symlink', linkname: '/etc' }]],
    ['has a hard link', [{ name: 'link', type: 'link', linkname: '/etc/passwd' }]],
    ['has a device', [{ name: 'null', type: 'character-device' }]],
  ] as [string, [Header, string?]][])('that %s is refused', async (_, entry) => {
    const { service, client } = await openClient();
    service.always('checkpoints', bytes(await archive([{ name: 'first' }, 'x'], entry)));
    const folder = folderOf();
    expect(await outcomeOf(client.download(PATH, folder))).toBe('refused');
    expect(service.requests('checkpoints')).toHaveLength(1);
    expect(readdirSync(join(folder, '..'))).toEqual(['weights']);
  });

  it('that does not exist is refused', async () => {
    const { client } = await openClient();
    await expect(client.download(PATH, folderOf())).rejects.toMatchObject({ outcome: 'refused', status: 404 });
  });

  it('ends at once when it is aborted', async () => {
    const { service, client } = await openClient();
    const stop = new AbortController();
    service.always('checkpoints', () => {
      setTimeout(() => stop.abort(), 10);
      return 'silent';
    });
    await expect(client.download(PATH, folderOf(), { signal: stop.signal })).rejects.toMatchObject({ kind: 'aborted' });
  });
});
