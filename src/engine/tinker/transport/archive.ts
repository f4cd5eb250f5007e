/** Downloads the archive of a checkpoint, and unpacks it. */

import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

import { extract, type Extract, type Header } from 'tar-stream';
import { z } from 'zod';

import { parseJson } from '../../../wire/json/parse.ts';
import { ServiceError } from '../service.ts';
import { checkAborted } from './exchange/abort.ts';
import { type Caller, TIMEOUT_MS } from './exchange/caller.ts';
import { readPath } from './checkpoints.ts';
import { judgeAnswer } from './exchange/classify.ts';
import { HttpClient, HttpFault } from './exchange/http.ts';
import { backoff } from './exchange/waiting.ts';

const ATTEMPTS = 6;
const REDIRECTS = 5;
const GZIP = Buffer.from([0x1f, 0x8b]);
const signed = z.object({ url: z.string() });

/** An archive that is damaged on the way is downloaded again; one that is hostile is not. */
class HostileArchive extends Error {}

/**
 * Downloads and unpacks a checkpoint into an empty folder. Throws ServiceError: `refused` if the service has no archive
 * of it, or if the archive has links or leaves the folder.
 */
export async function downloadArchive(
  caller: Caller,
  path: string,
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  const { run, kind, name } = readPath(path);
  const root = `/api/v1/training_runs/${encodeURIComponent(run)}/checkpoints`;
  const routes = [`${root}/${kind}/${encodeURIComponent(name)}/archive`];
  // SkyRL knows only samplers' archives, without the kind.
  if (kind === 'sampler_weights') routes.push(`${root}/${encodeURIComponent(name)}/archive`);
  await mkdir(folder, { recursive: true });
  // Weights may be larger than any other answer.
  const http = new HttpClient(caller.parts.http.url, 1, { maxAnswerBytes: -1 });
  try {
    for (const [index, route] of routes.entries()) {
      try {
        return await repeatedly(caller, signal, folder, () => fetchInto({ caller, http, folder, signal }, route));
      } catch (error) {
        const last = index === routes.length - 1;
        // 405: SkyRL deletes at the first address, and does nothing else there.
        const absent = error instanceof ServiceError && (error.status === 404 || error.status === 405);
        if (last || !absent) throw error;
      }
    }
  } finally {
    await http.close();
  }
}

async function repeatedly(
  caller: Caller,
  signal: AbortSignal | undefined,
  folder: string,
  once: () => Promise<void>,
): Promise<void> {
  for (let count = 0; ; count++) {
    try {
      return await once();
    } catch (error) {
      checkAborted(signal);
      // The disk is full, or not ours to write.
      if (error instanceof ServiceError || (error instanceof Error && 'syscall' in error)) throw error;
      const text = error instanceof Error ? error.message : String(error);
      if (error instanceof HostileArchive) throw caller.error('refused', 'archive', { status: null, text });
      if (count + 1 >= ATTEMPTS) throw caller.error('unreachable', 'archive', { status: null, text });
      await Promise.all((await readdir(folder)).map((each) => rm(join(folder, each), { recursive: true })));
      caller.monitor.note(`the download of a checkpoint broke (${text})`);
      await caller.pause(backoff(count, caller.spread(count, 1)), signal);
    }
  }
}

interface Download {
  caller: Caller;
  http: HttpClient;
  folder: string;
  signal: AbortSignal | undefined;
}

/** Follows redirects, and a JSON answer that names an address. Only the service itself gets the key. */
async function fetchInto({ caller, http, folder, signal }: Download, route: string): Promise<void> {
  let address = http.url + route;
  for (let count = 0; count <= REDIRECTS; count++) {
    const own = new URL(address).origin === new URL(http.url).origin;
    const headers = { accept: '*/*', ...(own ? await caller.parts.auth.headers() : {}) };
    const next = await http.open(
      { method: 'GET', path: address, headers, timeoutMs: TIMEOUT_MS, signal },
      async ({ statusCode: status, headers, body }) => {
        const location = headers['location'];
        if (status >= 300 && status < 400 && typeof location === 'string') {
          await body.dump();
          return new URL(location, address).href;
        }
        if (status !== 200) {
          const answer = { status, headers, body: Buffer.from(await body.arrayBuffer()) };
          const judgement = judgeAnswer(answer);
          // Still being written, or a fault of the moment.
          if (['early', 'busy', 'timeout', 'down', 'broken'].includes(judgement.is)) throw new Error(judgement.text);
          throw caller.error('refused', 'archive', judgement);
        }
        if (String(headers['content-type'] ?? '').includes('json'))
          return signed.parse(parseJson(Buffer.from(await body.arrayBuffer()))).url;
        await unpack(body, folder);
        return null;
      },
    );
    if (next === null) return;
    address = next;
  }
  throw new HttpFault('lost', 'too many redirects');
}

/** Unpacks a tar file, with gzip or without. */
async function unpack(body: Readable, folder: string): Promise<void> {
  const archive = extract();
  const write = async (): Promise<void> => {
    for await (const entry of archive) await writeEntry(entry, folder);
  };
  const feed = async (): Promise<void> => {
    try {
      for await (const part of gunzipped(body)) await put(archive, part);
      archive.end(null);
    } catch (error) {
      archive.destroy(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  };
  const results = await Promise.allSettled([write(), feed()]);
  const failed = results.filter((each) => each.status === 'rejected').map(({ reason }) => reason as unknown);
  // The end of one ends the other, whose error then says less.
  if (failed.length > 0) throw failed.find((each) => each instanceof HostileArchive) ?? failed.at(-1);
}

async function put(archive: Extract, part: Uint8Array): Promise<void> {
  if (archive.destroyed || archive.write(part)) return;
  await new Promise<void>((resolve) => {
    const go = (): void => {
      archive.off('drain', go);
      archive.off('close', go);
      resolve();
    };
    archive.on('drain', go);
    archive.on('close', go);
  });
}

/** The parts of a file; unpacked, if its first bytes say that it is packed. */
async function* gunzipped(body: Readable): AsyncGenerator<Uint8Array> {
  const parts = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const start = await parts.next();
  if (start.done === true) return;
  const { value: first } = start;
  async function* all(): AsyncGenerator<Buffer> {
    yield first;
    yield* { [Symbol.asyncIterator]: () => parts };
  }
  if (!first.subarray(0, 2).equals(GZIP)) {
    yield* all();
    return;
  }
  const gunzip = createGunzip();
  // An error of the source destroys `gunzip` with it, which the reader below sees.
  pipeline(all(), gunzip).catch(() => {});
  yield* gunzip as AsyncIterable<Buffer>;
}

async function writeEntry(
  entry: AsyncIterable<unknown> & { header: Header; resume: () => unknown },
  folder: string,
): Promise<void> {
  const { name, type } = entry.header;
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  // The folder itself; SkyRL calls it `/`.
  if (type === 'directory' && parts.length === 0) {
    entry.resume();
    return;
  }
  const leaves = name.startsWith('/') || /[\\\0]|^[a-z]:/i.test(name) || parts.includes('..');
  if (leaves) throw new HostileArchive(`its archive has a file outside of its folder: ${JSON.stringify(name)}`);
  if (type === 'directory') {
    await mkdir(join(folder, ...parts), { recursive: true });
    entry.resume();
    return;
  }
  if (type !== 'file' && type !== 'contiguous-file')
    throw new HostileArchive(`its archive has a ${type} in place of a file: ${JSON.stringify(name)}`);
  const target = join(folder, ...parts);
  await mkdir(dirname(target), { recursive: true });
  await pipeline(entry, createWriteStream(target, { flags: 'wx' }));
}
