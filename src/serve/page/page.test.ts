import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleMeta } from '../../store/samples.contract.ts';
import { createRun } from '../../store/sqlite.ts';
import { openFolder } from '../../view/folder-source.ts';
import type { BundleFile } from '../../page/bundle.ts';
import { openShell, type Shell } from '../shell/shell.ts';
import { viewPage } from './page.ts';

const RUN = '2026-11-23-arith-base-01';
const SECRET = 'the secret of another folder';
const script = 'console.log("the page");\n'.repeat(200);
const bundle: BundleFile[] = [
  { path: 'index.html', type: 'text/html; charset=utf-8', bytes: Buffer.from('<!doctype html><title>x</title>') },
  { path: 'assets/page.js', type: 'text/javascript; charset=utf-8', bytes: Buffer.from(script) },
];

const root = mkdtempSync(join(tmpdir(), 'rzero-page-'));
const runsDir = join(root, 'runs');
let shell: Shell;
let port: number;

beforeAll(async () => {
  mkdirSync(runsDir);
  for (const dir of [join(runsDir, RUN), join(root, 'outside')]) {
    createRun(dir, { ...sampleMeta, id: SECRET, createdAt: '2026-11-23T10:00:00.000Z' }).close();
    writeFileSync(join(dir, 'secret.txt'), SECRET);
  }
  symlinkSync(join(root, 'outside'), join(runsDir, 'link'));
  const source = openFolder(runsDir);
  shell = await openShell({ host: '127.0.0.1', port: 0, key: null, hosts: [] }, [
    viewPage({ bundle, source, runsDir }),
  ]);
  port = Number(new URL(shell.url).port);
});

afterAll(async () => {
  await shell.close(0);
  rmSync(root, { recursive: true, force: true });
});

/** Sends an address as it is, and returns the whole answer: `fetch` would resolve its dots. */
async function raw(path: string, headers: readonly string[] = []): Promise<{ status: number; text: string }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.write(
    [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...headers, 'Connection: close', '', ''].join('\r\n'),
  );
  await closed;
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), text };
}

describe('the files', () => {
  it('are compressed for clients that read gzip, and sent once', async () => {
    const plain = await raw('/assets/page.js');
    expect(plain.text).toContain(script);
    expect(plain.text).not.toContain('Content-Encoding');
    const response = await fetch(`${shell.url}/assets/page.js`);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.text()).toBe(script);
    const tag = response.headers.get('etag') ?? '';
    const again = await raw('/assets/page.js', [`If-None-Match: "other", W/${tag}`]);
    expect(again.status).toBe(304);
    expect(again.text).not.toContain('the page');
    expect((await raw('/assets/page.js', ['Accept-Encoding: gzip;q=0, br'])).text).toContain(script);
  });

  it('carry the policy of the page, and every other answer forbids everything', async () => {
    const policy = async (path: string): Promise<string> =>
      /content-security-policy: ([^\r]*)/i.exec((await raw(path)).text)?.[1] ?? '';
    expect(await policy('/')).toMatch(/script-src 'self'.*frame-ancestors 'none'/);
    for (const path of ['/api/runs', '/api/runs/none', '/nothing', '/%', `/${'x'.repeat(20_000)}`]) {
      expect(await policy(path)).toBe("default-src 'none'; frame-ancestors 'none'");
    }
  });
});

describe('the answers', () => {
  it('list the runs of the folder, compressed if the list is long', async () => {
    const answer = await fetch(`${shell.url}/api/runs`);
    expect(await answer.json()).toMatchObject([{ id: RUN, state: 'unfinished' }]);
    for (let at = 0; at < 10; at++) {
      mkdirSync(join(runsDir, `broken-${at}`));
      writeFileSync(join(runsDir, `broken-${at}`, 'run.db'), 'garbage '.repeat(1000));
    }
    const { text } = await raw('/api/runs', ['Accept-Encoding: gzip, br']);
    const [head, body] = text.split('\r\n\r\n', 2);
    expect(head).toMatch(/content-encoding: gzip/i);
    expect(head).toMatch(/cache-control: no-store/i);
    const bytes = Buffer.from(body, 'latin1');
    expect(JSON.parse(gunzipSync(/chunked/i.test(head) ? unchunked(bytes) : bytes).toString())).toHaveLength(11);
  });
});

function unchunked(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const end = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, end), 16);
    if (size === 0) return Buffer.concat(parts);
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}

describe('an address leads to no other folder', () => {
  const ids = [
    '..',
    '../outside',
    '%2e%2e%2foutside',
    '..%2foutside',
    '..%5coutside',
    `..%2fruns%2f${RUN}`,
    '%2fetc%2fpasswd',
    encodeURIComponent(join(root, 'outside')),
    'link',
    `${RUN}%2f`,
    `${RUN}%2f.`,
    `.%2f${RUN}`,
    `${RUN}%00`,
    `${RUN}%00.txt`,
    '%c0%ae%c0%ae',
    '%',
    '__proto__',
    'latest',
    RUN.slice(0, -1),
  ];
  const views = [
    '',
    '/curves',
    '/series?names=a',
    '/questions',
    '/questions/x',
    '/evaluations',
    '/evaluations/x',
    '/pools',
    '/held-out',
    '/events',
  ];

  it.each(ids)('with the run %s', async (id) => {
    for (const view of views) {
      const { status, text } = await raw(`/api/runs/${id}${view}`);
      expect([400, 404]).toContain(status);
      expect(text).not.toContain(SECRET);
    }
  });

  it('outside of the API', async () => {
    for (const path of [
      '/../secret.txt',
      `/${RUN}/secret.txt`,
      '/assets/../../package.json',
      '/assets%2f..%2fx',
      '//etc',
    ]) {
      expect((await raw(path)).status).toBe(404);
    }
  });
});

describe('a query', () => {
  const base = `/api/runs/${RUN}`;
  const asked = (query: unknown): string =>
    `${base}/questions?query=${encodeURIComponent(typeof query === 'string' ? query : JSON.stringify(query))}`;

  it.each([
    'no json',
    '[]',
    'null',
    '{"search":1}',
    { search: 'x'.repeat(501) },
    { limit: 501 },
    { limit: -1 },
    { offset: 1.5 },
    { offset: 1e300 },
    { agreement: [0, 2] },
    { agreement: [0] },
    { iterations: Array(1001).fill(1) },
    { iterations: ['1 OR 1=1'] },
    { sort: 'rowid; DROP TABLE question' },
    { verdict: "kept' OR '1'='1" },
    { file: '../../secret' },
    '{"__proto__":{"limit":1}}',
    '{"constructor":1}',
  ])('%j is refused', async (query) => {
    const { status, text } = await raw(asked(query));
    expect(status).toBe(400);
    expect(text).toMatch(/"detail":"The query is/);
  });

  it('is refused if it is deep or huge, without a fault', async () => {
    expect((await raw(asked('['.repeat(4000)))).status).toBe(400);
    expect((await raw(asked({ search: 'x'.repeat(20_000) }))).status).toBe(431);
    expect((await raw(`${base}/series`)).status).toBe(400);
    expect((await raw(`${base}/series?names=${'a,'.repeat(65)}`)).status).toBe(400);
    expect((await raw(`${base}/series?names=${'a'.repeat(201)}`)).status).toBe(400);
  });
});
