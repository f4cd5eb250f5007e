/** Attacks on the page by other sites in the same browser, and over plain sockets. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openActions } from '../../src/serve/control/actions.ts';
import { openPageServer } from '../../src/serve/open-page.ts';
import type { Shell } from '../../src/serve/shell/shell.ts';
import { sampleMeta } from '../../src/store/samples.contract.ts';
import { createRun } from '../../src/store/sqlite.ts';
import { openBrowser, openPage } from './open.ts';

const RUN = 'a-run';
const KEY = 'key-0123456789abcdef';
const root = mkdtempSync(join(tmpdir(), 'rzero-safety-'));
const dir = join(root, RUN);

let browser: Browser;
let open: Shell;
let locked: Shell;
let evil: Server;
/** What the other site tries; `%` is the address of the page. */
let attack = '';

beforeAll(async () => {
  createRun(dir, { ...sampleMeta, id: RUN, createdAt: '2026-11-23T10:00:00.000Z' }).close();
  const limits = { bodyBytes: 10_000, headersMs: 500, requestMs: 1000, connections: 40 };
  const actions = openActions(root, [process.execPath, '-e', '']);
  open = await openPageServer({ runsDir: root, port: 0, actions, limits });
  locked = await openPageServer({ runsDir: root, port: 0, key: KEY });
  evil = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end(attack));
  await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
  browser = await openBrowser();
}, 120_000);

afterAll(async () => {
  await browser.close();
  await open.close(0);
  await locked.close(0);
  evil.close();
  rmSync(root, { recursive: true, force: true });
});

/** Opens the other site, and returns the status of every request that reached the page's server. */
async function visit(html: string, settle: string): Promise<{ statuses: Map<string, number>; seen: unknown }> {
  attack = html.replaceAll('%', open.url);
  const page = await browser.newPage();
  const statuses = new Map<string, number>();
  page.on('response', (response) => {
    const url = response.url();
    if (url.startsWith(open.url)) statuses.set(url.slice(open.url.length), response.status());
  });
  // By another name of this machine: another site, as every name on the web is.
  await page.goto(`http://localhost:${(evil.address() as AddressInfo).port}/`);
  const seen = await page.waitForSelector('#done', { state: 'attached' }).then(() => page.evaluate(settle));
  await page.close();
  return { statuses, seen };
}

const DONE = `document.body.append(Object.assign(document.createElement('i'), { id: 'done' }))`;

describe('another site in the same browser', () => {
  it('can read nothing', async () => {
    const { statuses, seen } = await visit(
      `<body><script type="module">
        window.seen = [];
        const tries = [
          fetch('%/api/runs').then((r) => r.text()),
          fetch('%/api/runs/${RUN}', { mode: 'no-cors' }).then((r) => r.text()),
          fetch('%/api/server', { credentials: 'include' }).then((r) => r.text()),
          new Promise((resolve) => {
            const events = new EventSource('%/api/runs/${RUN}/events');
            events.addEventListener('state', () => resolve('events'));
            events.onerror = () => { events.close(); resolve(''); };
          }),
          ...['script', 'img', 'iframe', 'object'].map((tag) => new Promise((resolve) => {
            const element = document.createElement(tag);
            element.onload = () => resolve(tag === 'script' || tag === 'img' ? tag : '');
            element.onerror = () => resolve('');
            element[tag === 'object' ? 'data' : 'src'] = tag === 'iframe' ? '%/' : '%/assets/page.js?' + tag;
            document.body.append(element);
            setTimeout(() => resolve(''), 3000);
          })),
        ];
        for (const one of await Promise.allSettled(tries)) window.seen.push(one.value ?? '');
        ${DONE}
      </script>`,
      'window.seen.filter((text) => text !== "")',
    );
    expect(seen).toEqual([]);
    // The browser hides the answers to requests of scripts altogether.
    expect(statuses.size).toBeGreaterThan(0);
    expect(new Set(statuses.values())).toEqual(new Set([403]));
  });

  it('can change nothing', async () => {
    await visit(
      `<body><iframe name="out"></iframe>
       <form method="POST" target="out" enctype="text/plain" action="%/api/runs/${RUN}/delete">
         <input name='{"delete":"${RUN}","x":"' value='"}'></form>
       <script type="module">
        const headers = { 'Content-Type': 'application/json', 'X-Rzero-Control': '1' };
        const body = JSON.stringify({ delete: '${RUN}' });
        await fetch('%/api/runs/${RUN}/delete', { method: 'POST', headers, body }).catch(() => {});
        await fetch('%/api/runs/${RUN}/delete', { method: 'POST', mode: 'no-cors', body }).catch(() => {});
        navigator.sendBeacon('%/api/runs/${RUN}/delete', body);
        document.forms[0].submit();
        setTimeout(() => { ${DONE} }, 500);
      </script>`,
      '1',
    );
    expect(existsSync(dir)).toBe(true);
  });

  it('may link to the page, which opens in its own window', async () => {
    attack = `<body><a href="${open.url}/">the page</a>`;
    const { page, problems } = await openPage(browser);
    await page.goto(`http://localhost:${(evil.address() as AddressInfo).port}/`);
    await page.getByRole('link').click();
    await page.getByRole('link', { name: RUN }).first().waitFor();
    expect(problems).toEqual([]);
    await page.close();
  });
});

describe('a server with a key', () => {
  it('opens for a browser that was given the key once, and forgets it in the address', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    expect((await page.goto(locked.url))?.status()).toBe(401);
    expect(await page.locator('body').innerText()).toContain('?key=KEY');
    expect((await page.goto(`${locked.url}/?key=wrong-0123456789`))?.status()).toBe(401);
    expect((await page.goto(`${locked.url}/?key=${KEY}`))?.status()).toBe(200);
    expect(page.url()).toBe(`${locked.url}/`);
    await page.getByRole('link', { name: RUN }).first().waitFor();
    expect(await page.evaluate('document.cookie')).toBe('');
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    expect((await page.goto(locked.url))?.status()).toBe(200);
    await context.close();
    expect((await fetch(`${locked.url}/api/runs`)).status).toBe(401);
    expect((await fetch(`${locked.url}/api/runs`, { headers: { Authorization: `Bearer ${KEY}` } })).status).toBe(200);
  });
});

/** Sends bytes, and returns everything that comes back until the connection is closed. */
async function exchange(text: string): Promise<string> {
  const socket = connect(Number(new URL(open.url).port), '127.0.0.1');
  let received = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.on('error', () => {});
  socket.write(text);
  await closed;
  return received;
}

const post = (headers: readonly string[], body: string): string =>
  [
    `POST /api/runs/${RUN}/delete HTTP/1.1`,
    ...headers,
    'X-Rzero-Control: 1',
    'Content-Type: application/json',
    '',
    body,
  ].join('\r\n');

describe('a raw connection', () => {
  const attacks: [string, () => string, number][] = [
    ['the name of another host', () => 'GET / HTTP/1.1\r\nHost: evil.com\r\nConnection: close\r\n\r\n', 421],
    [
      'a name that was rebound',
      () => 'GET /api/runs HTTP/1.1\r\nHost: evil.com:4747\r\nConnection: close\r\n\r\n',
      421,
    ],
    ['two hosts', () => 'GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.com\r\nConnection: close\r\n\r\n', 400],
    ['two lengths', () => post(['Host: localhost', 'Content-Length: 5', 'Content-Length: 6'], '{}'), 400],
    [
      'a length and chunks',
      () => post(['Host: localhost', 'Content-Length: 4', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
      400,
    ],
    ['a body over the limit', () => post(['Host: localhost', 'Content-Length: 10001', 'Connection: close'], 'x'), 413],
    ['headers without an end', () => 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ', 408],
    ['a body without an end', () => post(['Host: localhost', 'Content-Length: 100'], '{'), 408],
    ['huge headers', () => `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 431],
    ['no HTTP', () => '\u0016\u0003\u0001\u0002\u0000\r\n\r\n', 400],
    [
      'a line break in a path',
      () => 'GET /%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      404,
    ],
  ];

  it.each(attacks)('with %s is refused, with a policy', async (_name, text, status) => {
    const answer = await exchange(text());
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toMatch(/content-security-policy: default-src 'none'/i);
    expect(answer).not.toMatch(/^set-cookie/im);
    expect(existsSync(dir)).toBe(true);
  });

  it('is closed if there are too many', async () => {
    const port = Number(new URL(open.url).port);
    const sockets = Array.from({ length: 60 }, () => connect(port, '127.0.0.1').on('error', () => {}));
    const closed = await Promise.all(
      sockets.map((socket) =>
        Promise.race([
          new Promise((resolve) => socket.once('close', () => resolve(true))),
          new Promise((resolve) => setTimeout(() => resolve(false), 300)),
        ]),
      ),
    );
    expect(closed.filter(Boolean).length).toBeGreaterThanOrEqual(20);
    for (const socket of sockets) socket.destroy();
    await expect
      .poll(
        () =>
          fetch(`${open.url}/api/server`).then(
            ({ status }) => status,
            () => 0,
          ),
        { timeout: 20_000 },
      )
      .toBe(200);
  });
});
