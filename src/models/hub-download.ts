/** HTTP for `hub.ts`: requests with a deadline and a few tries, and files that are either whole or not there. */

import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

export type Fetch = typeof fetch;

/** An answer that says no. */
export class HttpFailure extends Error {
  readonly status: number;
  constructor(status: number, url: string) {
    super(`HTTP ${status} for ${url}`);
    this.name = 'HttpFailure';
    this.status = status;
  }
}

const TRIES = 4;
const FIRST_PAUSE_MS = 250;
/** Silence after which a connection counts as dead. */
const SILENCE_MS = 60_000;

/** GET that follows redirects. Server errors and broken connections are tried again; throws HttpFailure for what stays a no. */
export async function request(fetch: Fetch, url: string, token: string | null): Promise<Response> {
  return withTries(() => get(fetch, url, token, AbortSignal.timeout(SILENCE_MS)));
}

async function get(fetch: Fetch, url: string, token: string | null, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { 'user-agent': 'rzero', 'accept-encoding': 'identity' };
  if (token !== null) headers.authorization = `Bearer ${token}`;
  const response = await fetch(url, { headers, signal });
  if (response.ok) return response;
  await response.body?.cancel();
  throw new HttpFailure(response.status, url);
}

async function withTries<T>(work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await work();
    } catch (error) {
      const final = error instanceof HttpFailure && error.status < 500 && error.status !== 429;
      if (final || tried === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * 2 ** (tried - 1)));
    }
  }
}

export interface BlobRequest {
  fetch: Fetch;
  token: string | null;
  url: string;
  /** Folder of the contents, by their hash. */
  blobs: string;
  /** Where the file shows up: a link to its content. */
  target: string;
  onStart?: (bytes: number | null) => void;
}

/** Downloads one file. It appears at `target` only when it is whole: length, and SHA-256 where the hub says it. */
export async function downloadBlob(wanted: BlobRequest): Promise<void> {
  await mkdir(wanted.blobs, { recursive: true });
  await mkdir(dirname(wanted.target), { recursive: true });
  const blob = await withTries(() => fetchBlob(wanted));
  await link(blob, wanted.target);
}

async function fetchBlob({ fetch, token, url, blobs, onStart }: BlobRequest): Promise<string> {
  const watch = new AbortController();
  let timer = setTimeout(() => watch.abort(new Error('the connection fell silent')), SILENCE_MS);
  const temp = join(blobs, `${randomUUID()}.incomplete`);
  try {
    const response = await get(fetch, url, token, watch.signal);
    // Redirects lead to a store that knows less: the linked headers are the hub's own.
    const etag = tagOf(response.headers.get('x-linked-etag') ?? response.headers.get('etag'));
    const length = numberOf(response.headers.get('x-linked-size') ?? response.headers.get('content-length'));
    const name = etag ?? createHash('sha256').update(url).digest('hex');
    const blob = join(blobs, name);
    if (existsSync(blob)) {
      await response.body?.cancel();
      return blob;
    }
    onStart?.(length);
    const hash = createHash('sha256');
    const file = await open(temp, 'w');
    let received = 0;
    try {
      for await (const chunk of response.body ?? []) {
        clearTimeout(timer);
        timer = setTimeout(() => watch.abort(new Error('the connection fell silent')), SILENCE_MS);
        hash.update(chunk);
        received += chunk.length;
        await file.write(chunk);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    if (length !== null && received !== length) throw new Error(`${url} ended after ${received} of ${length} bytes`);
    if (etag !== null && etag.length === 64 && hash.digest('hex') !== etag) throw new Error(`${url} arrived damaged`);
    await rename(temp, blob);
    return blob;
  } finally {
    clearTimeout(timer);
    await rm(temp, { force: true });
  }
}

/** A relative link, as Hugging Face's tools make it; a copy where the system forbids links. */
async function link(blob: string, target: string): Promise<void> {
  if (existsSync(target)) return;
  await rm(target, { force: true });
  try {
    await symlink(relative(dirname(target), blob), target);
  } catch {
    const temp = `${target}.${randomUUID()}.part`;
    await copyFile(blob, temp);
    await rename(temp, target);
  }
}

/** The tag without its marks, when it can be a file's name. */
function tagOf(header: string | null): string | null {
  const tag = header?.replace(/^W\//, '').replaceAll('"', '') ?? '';
  return /^[\w.-]{8,128}$/.test(tag) ? tag : null;
}

function numberOf(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}
