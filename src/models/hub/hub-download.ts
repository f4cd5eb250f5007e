/**
 * HTTP for `hub.ts`: requests with a deadline and retries, and atomic downloads of files. If a connection breaks or a
 * process ends, the bytes received so far stay next to the contents as `HASH.PROCESS.incomplete`, and the next attempt
 * or the next process continues from there.
 */

import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { copyFile, mkdir, open, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isAlive } from '../../files/alive.ts';

export type Fetch = typeof fetch;

/** An HTTP response with an error status. */
class HttpFailure extends Error {
  readonly status: number;
  constructor(status: number, url: string) {
    super(`HTTP ${status} for ${url}`);
    this.name = 'HttpFailure';
    this.status = status;
  }
}

/** Options of all requests. */
export interface Connection {
  fetch: Fetch;
  token: string | null;
  /** Pause before the first retry, in milliseconds; doubled each time. */
  pause?: number;
  /** Aborts between two chunks of a file; the received bytes stay. */
  signal?: AbortSignal;
}

const TRIES = 4;
const FIRST_PAUSE_MS = 500;
/** Time without data after which a connection counts as dead. */
const SILENCE_MS = 60_000;
const REDIRECTS = 10;

/**
 * Sends a GET and follows redirects. Retries server errors and broken connections; throws HttpFailure for other errors.
 */
export async function request(connection: Connection, url: string): Promise<Response> {
  return withTries(connection, async () => {
    const silence = AbortSignal.timeout(SILENCE_MS);
    const signal = connection.signal === undefined ? silence : AbortSignal.any([silence, connection.signal]);
    const response = await connection.fetch(url, { headers: headersOf(connection.token), signal });
    if (!response.ok) await refuse(response, url);
    return response;
  });
}

function headersOf(token: string | null): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': 'rzero', 'accept-encoding': 'identity' };
  if (token !== null) headers.authorization = `Bearer ${token}`;
  return headers;
}

async function refuse(response: Response, url: string): Promise<never> {
  await response.body?.cancel();
  throw new HttpFailure(response.status, url);
}

/** @param progress bytes received so far; an attempt that increases it does not count as a retry */
async function withTries<T>(
  { pause = FIRST_PAUSE_MS, signal }: Connection,
  work: () => Promise<T>,
  progress: () => number = () => 0,
): Promise<T> {
  let furthest = 0;
  for (let tried = 1; ; tried++) {
    try {
      return await work();
    } catch (error) {
      if (progress() > furthest) tried = 1;
      furthest = Math.max(furthest, progress());
      if (isFinal(error) || signal?.aborted === true || tried === TRIES) throw error;
      await sleep(pause * 2 ** (tried - 1), signal);
    }
  }
}

/** Ends early if the caller aborts. */
async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal }).catch(() => signal?.throwIfAborted());
}

/** Returns whether an error of the server or the disk would occur again. */
function isFinal(error: unknown): boolean {
  if (error instanceof HttpFailure) return error.status < 500 && error.status !== 429;
  return error instanceof Error && 'syscall' in error && 'code' in error && 'errno' in error;
}

export interface BlobRequest extends Connection {
  url: string;
  /** Folder of the contents, named by hash. */
  blobs: string;
  /** Path of the file: a link to its content. */
  target: string;
  onStart?: (bytes: number | null) => void;
  /** Called with the number of received bytes of the file, including those of earlier attempts. */
  onBytes?: (received: number) => void;
}

/** Downloads one file. It appears at `target` only after its length and, if the hub sends one, its SHA-256 match. */
export async function downloadBlob(wanted: BlobRequest): Promise<void> {
  await mkdir(wanted.blobs, { recursive: true });
  await mkdir(dirname(wanted.target), { recursive: true });
  let received = 0;
  let announced = false;
  const once: BlobRequest = {
    ...wanted,
    onStart: (bytes) => {
      if (!announced) wanted.onStart?.(bytes);
      announced = true;
    },
    onBytes: (bytes) => {
      received = bytes;
      wanted.onBytes?.(bytes);
    },
  };
  const blob = await withTries(
    wanted,
    () => fetchBlob(once),
    () => received,
  );
  await link(blob, wanted.target);
}

async function fetchBlob(wanted: BlobRequest): Promise<string> {
  const { blobs } = wanted;
  const watch = watchSilence(wanted.signal);
  const claimed: Part[] = [];
  const claim = async (tag: string): Promise<Part> => {
    const part = await claimPart(blobs, tag);
    claimed.push(part);
    return part;
  };
  try {
    const content = await openContent(wanted, watch.signal, async (tag) => (await claim(tag)).size);
    const { response, tag, length } = content;
    const name = tag ?? createHash('sha256').update(wanted.url).digest('hex');
    const blob = join(blobs, name);
    const part = claimed.at(-1) ?? (await claim(name));
    if (existsSync(blob)) {
      await response.body?.cancel();
      part.drop();
      return blob;
    }
    wanted.onStart?.(length);
    await receive(content, part, wanted, watch.touch);
    await rename(part.path, blob);
    return blob;
  } finally {
    watch.stop();
    for (const part of claimed) await part.release();
  }
}

/** Aborts if it is not touched for a while, or if the caller aborts. */
function watchSilence(caller?: AbortSignal): { signal: AbortSignal; touch: () => void; stop: () => void } {
  const silent = new AbortController();
  const abort = (): void => silent.abort(new Error('the connection fell silent'));
  let timer = globalThis.setTimeout(abort, SILENCE_MS);
  return {
    signal: caller === undefined ? silent.signal : AbortSignal.any([silent.signal, caller]),
    touch() {
      clearTimeout(timer);
      timer = globalThis.setTimeout(abort, SILENCE_MS);
    },
    stop: () => clearTimeout(timer),
  };
}

interface Content {
  response: Response;
  /** Hash of the content, if the hub sends it. */
  tag: string | null;
  /** Size of the whole file in bytes. */
  length: number | null;
  /** Byte at which the response begins. */
  start: number;
}

/**
 * Follows redirects manually: only the hub's response has the hash and size of the content, and the storage server must
 * not receive the token. `claim` returns the number of bytes that already exist.
 */
async function openContent(
  { fetch, token, url }: BlobRequest,
  signal: AbortSignal,
  claim: (tag: string) => Promise<number>,
): Promise<Content> {
  let at = url;
  let tag: string | null = null;
  let size: number | null = null;
  let have = 0;
  for (let hop = 0; hop <= REDIRECTS; hop++) {
    const headers = headersOf(new URL(at).origin === new URL(url).origin ? token : null);
    if (have > 0) headers.range = `bytes=${have}-`;
    const response = await fetch(at, { headers, signal, redirect: 'manual' });
    const location = response.headers.get('location');
    const redirected = response.status >= 300 && response.status < 400 && location !== null;
    // The storage server has fewer bytes than this machine, or does not support ranges.
    if (response.status === 416) have = -1;
    else if (!redirected && !response.ok) await refuse(response, at);
    const known = tag;
    tag ??= tagOf(response.headers.get('x-linked-etag') ?? (redirected ? null : response.headers.get('etag')));
    size ??= numberOf(response.headers.get('x-linked-size'));
    if (tag !== null && known === null) have = await claim(tag);
    if (redirected || have < 0 || (have > 0 && known === null)) {
      await response.body?.cancel();
      if (redirected) at = new URL(location, at).href;
      have = Math.max(0, have);
      continue;
    }
    return { response, tag, ...extentOf(response, have, size) };
  }
  throw new Error(`${url} is redirected more than ${REDIRECTS} times`);
}

/**
 * Returns the start of a response and the size of the whole file. A server may ignore the range and send everything.
 */
function extentOf(response: Response, have: number, size: number | null): { start: number; length: number | null } {
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  if (response.status !== 206 || range === null)
    return { start: 0, length: size ?? numberOf(response.headers.get('content-length')) };
  if (Number(range[1]) !== have) throw new Error(`asked for bytes from ${have}, the answer begins at ${range[1]}`);
  return { start: have, length: size ?? numberOf(range[2]) };
}

/**
 * Appends the response to the existing bytes, then checks the length and, if the tag is one, the SHA-256 of the whole
 * file.
 */
async function receive(
  { response, tag, length, start }: Content,
  part: Part,
  { url, onBytes }: BlobRequest,
  touch: () => void,
): Promise<void> {
  // Without a hash, the bytes could belong to another content.
  if (tag === null) part.drop();
  const hash = createHash('sha256');
  if (start > 0) for await (const chunk of createReadStream(part.path)) hash.update(chunk as Buffer);
  let received = start;
  const file = await open(part.path, start > 0 ? 'a' : 'w');
  try {
    for await (const chunk of response.body ?? []) {
      touch();
      hash.update(chunk);
      await file.write(chunk);
      received += chunk.length;
      onBytes?.(received);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if (length !== null && received !== length) {
    if (received > length) part.drop();
    throw new Error(`${url} ended after ${received} of ${length} bytes`);
  }
  if (tag?.length === 64 && hash.digest('hex') !== tag) {
    part.drop();
    throw new Error(`${url} arrived damaged`);
  }
}

/** A partial download that this process owns. */
interface Part {
  path: string;
  /** Number of bytes in it. */
  size: number;
  /** True if it is unusable: `release` removes it. */
  drop(): void;
  release(): Promise<void>;
}

const held = new Set<string>();
let parts = 0;

/** Takes over the longest partial download that no live process owns. It is renamed, so only one process succeeds. */
async function claimPart(blobs: string, tag: string): Promise<Part> {
  const path = join(blobs, `${tag}.${process.pid}-${++parts}.incomplete`);
  held.add(path);
  let dropped = false;
  for (const { path: free } of await freeParts(blobs, tag)) {
    if (existsSync(path)) await rm(free, { force: true });
    else await rename(free, path).catch(() => undefined);
  }
  return {
    path,
    size: await sizeOf(path),
    drop: () => (dropped = true),
    async release() {
      held.delete(path);
      if (dropped || (await sizeOf(path)) === 0) await rm(path, { force: true });
    },
  };
}

/** Lists partial downloads, longest first. */
async function freeParts(blobs: string, tag: string): Promise<{ path: string; size: number }[]> {
  const found: { path: string; size: number }[] = [];
  for (const name of await readdir(blobs)) {
    const match = name.startsWith(`${tag}.`) ? /\.(\d+)-\d+\.incomplete$/.exec(name) : null;
    const path = join(blobs, name);
    if (match === null || held.has(path)) continue;
    const pid = Number(match[1]);
    if (pid === process.pid || !isAlive(pid)) found.push({ path, size: await sizeOf(path) });
  }
  return found.toSorted((a, b) => b.size - a.size);
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Creates a relative link, like Hugging Face's tools; copies the file if the system does not allow links. */
async function link(blob: string, target: string): Promise<void> {
  if (existsSync(target)) return;
  await rm(target, { force: true });
  try {
    await symlink(relative(dirname(target), blob), target);
  } catch {
    const temp = `${target}.${process.pid}-${++parts}.part`;
    await copyFile(blob, temp);
    await rename(temp, target);
  }
}

/** Returns the ETag without quotes and prefix, if it is a valid file name. */
function tagOf(header: string | null): string | null {
  const tag = header?.replace(/^W\//, '').replaceAll('"', '') ?? '';
  return /^[\w-]{8,128}$/.test(tag) ? tag : null;
}

function numberOf(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}
