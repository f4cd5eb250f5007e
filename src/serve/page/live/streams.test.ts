/** Event streams over real sockets: who follows, who comes back, and who never reads. */

import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StampedEvent } from '../../../events.ts';
import { appendEvent, EVENTS_FILE } from '../../../store/events/event-log.ts';
import { acquireLock } from '../../../store/lock.ts';
import { sampleMeta, sampleSummary } from '../../../store/samples.contract.ts';
import { createRun } from '../../../store/sqlite.ts';
import { openFolder } from '../../../view/folder-source.ts';
import { openShell, type Shell } from '../../shell/shell.ts';
import { viewPage } from '../page.ts';
import type { StreamLimits } from './limits.ts';
import { Streams } from './streams.ts';

const LIMITS: Partial<StreamLimits> = { streams: 6, streamsOfClient: 6, stateMs: 50 };

let root: string;
let dir: string;
let shell: Shell;
let streams: Streams;
const stops: AbortController[] = [];
const sockets: Socket[] = [];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-streams-'));
  dir = join(root, 'a-run');
  createRun(dir, { ...sampleMeta, createdAt: '2026-11-23T10:00:00.000Z' }).close();
  await serve();
});

afterEach(async () => {
  for (const stop of stops.splice(0)) stop.abort();
  for (const socket of sockets.splice(0)) socket.destroy();
  await shell.close(0);
  rmSync(root, { recursive: true, force: true });
});

async function serve(limits: Partial<StreamLimits> = {}, port = 0): Promise<void> {
  streams = new Streams({ ...LIMITS, ...limits });
  const page = viewPage({ bundle: [], source: openFolder(root), runsDir: root, streams });
  shell = await openShell({ host: '127.0.0.1', port, key: null, hosts: [] }, [page]);
}

async function serveAgain(limits: Partial<StreamLimits> = {}): Promise<void> {
  await shell.close(0);
  await serve(limits);
}

function warning(seq: number, message = `number ${seq}`): StampedEvent {
  return { v: 1, run: 'a-run', seq, at: '2026-01-02T03:04:05.006Z', type: 'warning', message };
}

function ending(seq: number): StampedEvent {
  const { v, run, at } = warning(seq);
  return { v, run, seq, at, type: 'run-end', summary: sampleSummary('finished') };
}

interface Message {
  name: string;
  id: string | null;
  data: unknown;
}

/** Opens a stream, and returns its messages as they come. */
async function follow(query = '', headers: Record<string, string> = {}): Promise<AsyncGenerator<Message>> {
  const stop = new AbortController();
  stops.push(stop);
  const response = await fetch(`${shell.url}/api/runs/a-run/events${query}`, { signal: stop.signal, headers });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  return messagesOf(response);
}

async function* messagesOf({ body }: Response): AsyncGenerator<Message> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const lines = part.split('\n');
      const field = (name: string): string | null =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? null;
      const name = field('event');
      if (name !== null) yield { name, id: field('id'), data: JSON.parse(field('data') ?? 'null') };
    }
  }
}

/** Returns the next `count` messages of one kind. */
async function take(messages: AsyncGenerator<Message>, count: number, name = 'run'): Promise<Message[]> {
  const out: Message[] = [];
  while (out.length < count) {
    const { value, done } = await messages.next();
    if (done === true) throw new Error(`The stream ended after ${out.length} messages.`);
    if (value.name === name) out.push(value);
  }
  return out;
}

const run = (...numbers: number[]): Message[] =>
  numbers.map((seq) => ({ name: 'run', id: String(seq), data: warning(seq) }));

describe('a stream', () => {
  it('has the newest events and then every new one, with its number', async () => {
    for (const seq of [1, 2]) appendEvent(dir, warning(seq));
    const messages = await follow();
    expect(await take(messages, 2)).toEqual(run(1, 2));
    appendEvent(dir, warning(3));
    expect(await take(messages, 1)).toEqual(run(3));
  });

  it('continues after the end of the run, when the run is resumed', async () => {
    for (const event of [warning(1), ending(2)]) appendEvent(dir, event);
    const messages = await follow();
    await take(messages, 2);
    appendEvent(dir, warning(3));
    expect(await take(messages, 1)).toEqual(run(3));
  });

  it('continues where a reader stopped, by the query or by the last id', async () => {
    for (const seq of [1, 2, 3, 4]) appendEvent(dir, warning(seq));
    expect(await take(await follow('?from=3'), 2)).toEqual(run(3, 4));
    expect(await take(await follow('?from=1', { 'Last-Event-ID': '3' }), 1)).toEqual(run(4));
  });

  it('says that events were missed if they are kept no longer', async () => {
    await serveAgain({ keptBytes: 500 });
    for (let seq = 1; seq <= 20; seq++) appendEvent(dir, warning(seq));
    const messages = await follow('?from=2');
    expect((await take(messages, 1, 'reset'))[0].data).toEqual({});
    expect(await take(messages, 1)).not.toEqual(run(2));
  });

  it('begins again if the log is replaced', async () => {
    for (const seq of [1, 2, 3]) appendEvent(dir, warning(seq));
    const messages = await follow();
    await take(messages, 3);
    writeFileSync(join(dir, EVENTS_FILE), `${JSON.stringify(warning(1))}\n`);
    await take(messages, 1, 'reset');
    expect(await take(messages, 1)).toEqual(run(1));
  });

  it('shows whether a process works on the run, also after a kill', async () => {
    const messages = await follow();
    expect((await take(messages, 1, 'state'))[0].data).toEqual({ running: false });
    const release = acquireLock(dir);
    expect((await take(messages, 1, 'state'))[0].data).toEqual({ running: true });
    release();
    expect((await take(messages, 1, 'state'))[0].data).toEqual({ running: false });
  });

  it('ends with the run that is deleted', async () => {
    const messages = await follow();
    await take(messages, 1, 'state');
    rmSync(dir, { recursive: true });
    await take(messages, 1, 'gone');
    expect((await messages.next()).done).toBe(true);
    expect(streams.size).toBe(0);
    expect((await fetch(`${shell.url}/api/runs/a-run/events`)).status).toBe(404);
  });

  it('has passing events, without a number, until the next event', async () => {
    const messages = await follow();
    await take(messages, 1, 'state');
    const { v, run: of, at } = warning(1);
    const place = { iteration: 1, stage: 'vote', step: 1, steps: 2 } as const;
    const progress: StampedEvent = {
      v,
      run: of,
      at,
      seq: 0,
      type: 'progress',
      ...place,
      what: 'attempts',
      done: 1,
      total: 2,
      tokensPerSecond: 9,
    };
    streams.pass(dir, progress);
    expect(await take(messages, 1, 'passing')).toEqual([{ name: 'passing', id: null, data: progress }]);
    const late = await follow();
    expect(await take(late, 1, 'passing')).toHaveLength(1);
  });

  it('sends a damaged line to no reader, and a hostile text as one line of JSON', async () => {
    appendFileSync(join(dir, EVENTS_FILE), 'event: run\ndata: {}\n\nnull\n');
    const hostile = warning(1, 'a\n\nevent: gone\ndata: {}\n\n\u2028\r\n</script>');
    appendEvent(dir, hostile);
    expect(await take(await follow(), 1)).toEqual([{ name: 'run', id: '1', data: hostile }]);
  });

  it.each(['?from=-1', '?from=1e3', '?from=x', `?from=${'9'.repeat(16)}`])('%s is refused', async (query) => {
    expect((await fetch(`${shell.url}/api/runs/a-run/events${query}`)).status).toBe(400);
  });
});

describe('the streams of a server', () => {
  it('are limited, and a place becomes free when a reader leaves', async () => {
    for (let at = 0; at < 6; at++) await take(await follow(), 1, 'state');
    const refused = await fetch(`${shell.url}/api/runs/a-run/events`);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('10');
    expect(streams.size).toBe(6);
    for (const stop of stops.splice(0, 1)) stop.abort();
    while (streams.size === 6) await pause(5);
    await take(await follow(), 1, 'state');
  });

  it('are limited for each address', async () => {
    await serveAgain({ streamsOfClient: 2 });
    for (let at = 0; at < 2; at++) await take(await follow(), 1, 'state');
    expect((await fetch(`${shell.url}/api/runs/a-run/events`)).status).toBe(429);
  });

  it('end after a time, so that a reader that vanished frees its place', async () => {
    await serveAgain({ longestMs: 50 });
    const messages = await follow();
    await take(messages, 1, 'state');
    expect((await messages.next()).done).toBe(true);
  });

  it('end at once when the server closes', async () => {
    const messages = await follow();
    await take(messages, 1, 'state');
    await shell.close(60_000);
    expect((await messages.next().catch(() => ({ done: true }))).done).toBe(true);
  });

  it('share one reader of the log', async () => {
    const readers = await Promise.all([follow(), follow(), follow()]);
    for (const messages of readers) await take(messages, 1, 'state');
    appendEvent(dir, warning(1));
    for (const messages of readers) expect(await take(messages, 1)).toEqual(run(1));
  });
});

describe('a reader that never reads', () => {
  it('is dropped when too much waits for it, and holds up no other', async () => {
    await serveAgain({ waitingBytes: 100_000, keptBytes: 10_000 });
    const socket = connect(Number(new URL(shell.url).port), '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {});
    socket.pause();
    socket.write(`GET /api/runs/a-run/events HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const messages = await follow();
    while (streams.size < 2) await pause(5);
    const text = 'x'.repeat(200_000);
    // More than the buffers of the system hold.
    let seq = 0;
    while (streams.size === 2 && seq < 500) {
      appendEvent(dir, warning(++seq, text));
      expect((await take(messages, 1))[0].id).toBe(String(seq));
    }
    expect(streams.size).toBe(1);
    appendEvent(dir, warning(++seq));
    expect(await take(messages, 1)).toEqual(run(seq));
  });

  it('comes for a run that has no log yet', async () => {
    mkdirSync(join(root, 'empty'));
    expect((await fetch(`${shell.url}/api/runs/empty/events`)).status).toBe(404);
  });
});
