import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import type { StampedEvent } from '../../events.ts';
import { appendEvent } from '../../store/events/event-log.ts';
import { sampleMeta, sampleSummary } from '../../store/samples.contract.ts';
import { createRun } from '../../store/sqlite.ts';
import type { RunStore } from '../../store/store.ts';
import { PAGE_PORT } from '../open-page.ts';
import { openPageThread, type PageThread } from './page-thread.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-beside-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const open: (PageThread | RunStore)[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** A run that this thread writes, and the page next to it. */
function running(name: string): { store: RunStore; thread: PageThread; problems: string[] } {
  const problems: string[] = [];
  const store = createRun(join(root, name, 'a-run'), { ...sampleMeta, createdAt: '2026-11-23T10:00:00.000Z' });
  const thread = openPageThread(store.dir, (why) => problems.push(why));
  open.push(thread, store);
  return { store, thread, problems };
}

const stamp = { v: 1, run: 'a-run', at: '2026-01-02T03:04:05.006Z' };
const place = { iteration: 1, stage: 'vote', step: 1, steps: 2 } as const;
const progress = (done: number): StampedEvent => {
  return { ...stamp, seq: 0, type: 'progress', ...place, what: 'attempts', done, total: 9, tokensPerSecond: 9 };
};

it('shows the run of another thread as running, with its passing events, until its last event', async () => {
  const { store, thread, problems } = running('shown');
  const url = await thread.url;
  expect(await (await fetch(`${url}/api/runs`)).json()).toMatchObject([{ id: 'a-run', state: 'running' }]);
  expect(await (await fetch(`${url}/api/server`)).json()).toMatchObject({ run: 'a-run', control: false, talk: false });
  const stream = (await fetch(`${url}/api/runs/a-run/events`)).body?.pipeThrough(new TextDecoderStream());
  let text = '';
  const reading = (async () => {
    for await (const chunk of stream ?? []) text += chunk;
  })();
  await expect.poll(() => text, { timeout: 20_000 }).toContain('"running":true');
  for (let done = 1; done <= 5; done++) thread.pass(progress(done));
  await expect.poll(() => text, { timeout: 20_000 }).toContain('event: passing');
  appendEvent(store.dir, { ...stamp, seq: 1, type: 'run-end', summary: sampleSummary('finished') });
  await thread.close();
  await reading;
  expect(text.match(/event: passing/g)).toHaveLength(1);
  expect(text).toMatch(/event: run\ndata: .*"type":"run-end"/);
  await expect(fetch(`${url}/api/runs`)).rejects.toThrow('fetch failed');
  expect(problems).toEqual([]);
});

it('takes another port if its own is in use', async () => {
  const other = createServer();
  // Another test of this machine may hold the port already.
  await new Promise<void>((resolve) => other.once('error', () => resolve()).listen(PAGE_PORT, '127.0.0.1', resolve));
  try {
    const { thread, problems } = running('busy');
    const url = await thread.url;
    expect(Number(new URL(url ?? '').port)).not.toBe(PAGE_PORT);
    expect((await fetch(`${url}/api/runs`)).status).toBe(200);
    expect(problems).toEqual([]);
  } finally {
    other.close();
  }
});

it('says once why there is no page, and does nothing from then on', async () => {
  const problems: string[] = [];
  const thread = openPageThread(join(root, 'no-run'), (why) => problems.push(why));
  expect(await thread.url).toBeNull();
  thread.pass(progress(1));
  await thread.close();
  expect(problems).toEqual([expect.stringContaining('There is no run')]);
});
