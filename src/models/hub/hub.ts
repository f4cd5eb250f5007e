/**
 * Downloads files of a repository on the Hugging Face hub into the cache of Hugging Face's tools
 * (`$HF_HOME/hub/datasets--owner--name/{blobs,refs,snapshots}`), so that files are shared with them. Cached files are
 * used without network access: the first download pins the commit of a revision. An interrupted download continues
 * where it ended. This module lists, downloads and checks files; `obtain-model.ts` interprets those of models.
 */

import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, posix, relative } from 'node:path';
import { z } from 'zod';
import { EvalError, messageOf, ModelLoadError, RzeroError } from '../../errors.ts';
import { writeWhole } from '../../files/atomic-file.ts';
import { storeFailure } from '../../files/atomic-folder.ts';
import { type Connection, downloadBlob, type Fetch, request } from './hub-download.ts';

export interface HubRepo {
  type: 'dataset' | 'model';
  /** `owner/name`. */
  id: string;
  /** Branch, tag or commit; default `main`. */
  revision?: string;
}

export interface HubOptions {
  /** Default `process.env`: HF_ENDPOINT, HF_TOKEN, HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE, XDG_CACHE_HOME. */
  env?: Record<string, string | undefined>;
  fetch?: Fetch;
  /** Called before each file is downloaded. */
  onFile?: (path: string, bytes: number | null) => void;
  /** Called with the progress of the whole download, a few times per second and after each file. */
  onProgress?: (progress: HubProgress) => void;
  /** Aborts the download. The received bytes are kept, and the next call continues from there. */
  signal?: AbortSignal;
  /** Pause before the first retry, in milliseconds. */
  pause?: number;
}

export interface HubProgress {
  /** The current file. */
  file: string;
  /** Received bytes of all chosen files. */
  done: number;
  /** Total bytes of all chosen files; null if the hub does not report them. */
  total: number | null;
  /** Average of this download; null before its first bytes. */
  bytesPerSecond: number | null;
}

export interface HubSnapshot {
  commit: string;
  /** Folder of the snapshot in the cache. */
  folder: string;
  /** Absolute paths of the chosen files. */
  files: string[];
}

/** Returns whether a text is a valid name of a repository. */
export function isHubId(text: string): boolean {
  return /^\w[\w.-]{0,95}\/\w[\w.-]{0,95}$/.test(text) && !text.includes('..');
}

/**
 * Downloads the chosen files of a repository if needed, and returns their paths. `choose` receives all paths of the
 * revision and returns the files to download. Throws EvalError (data sets) or ModelLoadError (models) if the repository
 * does not exist or may not be read, the network fails, or a file does not arrive completely.
 */
export async function fetchFromHub(
  repo: HubRepo,
  choose: (paths: readonly string[]) => string[],
  options: HubOptions = {},
): Promise<HubSnapshot> {
  const env = options.env ?? process.env;
  const place = placeOf(repo, env);
  const cached = await fromCache(place, choose);
  if (cached !== null) return cached;
  if (isOn(env.HF_HUB_OFFLINE)) {
    throw hubError(repo, 'is not in the cache, and HF_HUB_OFFLINE is set', 'Unset HF_HUB_OFFLINE once to download it.');
  }
  const { signal, pause } = options;
  const remote: Remote = { ...place, fetch: options.fetch ?? fetch, token: await tokenOf(env), signal, pause };
  try {
    const listing = await list(remote);
    const chosen = choose(listing.paths);
    const folder = join(place.folder, 'snapshots', listing.commit);
    const progress = progressOf(listing, chosen, folder, options);
    for (const path of chosen) {
      if (existsSync(join(folder, path))) continue;
      const listener = progress(path);
      await download(remote, listing.commit, path, listener);
      listener.onWhole();
    }
    remember(place, listing);
    return { commit: listing.commit, folder, files: chosen.map((path) => join(folder, path)) };
  } catch (error) {
    const failure = storeFailure(place.folder, error);
    if (failure instanceof RzeroError) throw failure;
    if (signal?.aborted === true) {
      const advice = 'Run the same command again to continue; the received bytes are kept.';
      throw hubError(repo, 'was not downloaded: the download was stopped', advice, error);
    }
    const { message, advice } = explain(error, place);
    throw hubError(repo, message, advice, error);
  }
}

/** Returns the chosen files if all of them are in the cache, without network access; otherwise null. */
export async function findInCache(
  repo: HubRepo,
  choose: (paths: readonly string[]) => string[],
  env: Record<string, string | undefined> = process.env,
): Promise<HubSnapshot | null> {
  return fromCache(placeOf(repo, env), choose);
}

interface Place {
  repo: HubRepo;
  revision: string;
  endpoint: string;
  /** Returns the repository's folder in the cache. */
  folder: string;
}

interface Remote extends Place, Connection {}

interface Listing {
  commit: string;
  paths: string[];
  /** Bytes by path, if the hub reports them. */
  sizes: ReadonlyMap<string, number>;
}

function placeOf(repo: HubRepo, env: Record<string, string | undefined>): Place {
  if (!isHubId(repo.id)) throw hubError(repo, 'is not a name of a repository', 'Write it as owner/name.');
  const revision = repo.revision ?? 'main';
  if (!/^[\w.-]+(?:\/[\w.-]+)*$/.test(revision) || revision.includes('..')) {
    throw hubError(repo, `has no revision ${JSON.stringify(revision).slice(0, 80)}`, 'Give a branch, tag or commit.');
  }
  const name = `${repo.type}s--${repo.id.replaceAll('/', '--')}`;
  const endpoint = endpointOf(env);
  return { repo, revision, endpoint, folder: join(cacheFolder(env), name) };
}

function endpointOf(env: Record<string, string | undefined>): string {
  return (env.HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, '');
}

/** Returns the address of the hub, and the user's token; null without one. */
export async function hubAccess(
  env: Record<string, string | undefined>,
): Promise<{ endpoint: string; token: string | null }> {
  return { endpoint: endpointOf(env), token: await tokenOf(env) };
}

/** Returns the cache folder of Hugging Face's tools. */
export function cacheFolder(env: Record<string, string | undefined>): string {
  return env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(hubHome(env), 'hub');
}

function hubHome(env: Record<string, string | undefined>): string {
  return env.HF_HOME || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface');
}

async function tokenOf(env: Record<string, string | undefined>): Promise<string | null> {
  if (env.HF_TOKEN) return env.HF_TOKEN;
  const path = env.HF_TOKEN_PATH || join(hubHome(env), 'token');
  return existsSync(path) ? (await readFile(path, 'utf8')).trim() || null : null;
}

/** Returns the chosen files if all of them exist; otherwise null. */
async function fromCache(place: Place, choose: (paths: readonly string[]) => string[]): Promise<HubSnapshot | null> {
  const ref = join(place.folder, 'refs', place.revision);
  const commit = existsSync(ref) ? (await readFile(ref, 'utf8')).trim() : place.revision;
  const folder = join(place.folder, 'snapshots', commit);
  if (!existsSync(folder)) return null;
  const listing = listingFile(place, commit);
  // Without a listing (another tool downloaded it), the existing files count as the whole repository.
  const paths = existsSync(listing)
    ? z.array(z.string()).parse(JSON.parse(await readFile(listing, 'utf8')))
    : await filesIn(folder);
  const chosen = choose(paths).map((path) => join(folder, path));
  return chosen.length > 0 && chosen.every((path) => existsSync(path)) ? { commit, folder, files: chosen } : null;
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

function listingFile(place: Place, commit: string): string {
  return join(place.folder, '.rzero', `${commit}.json`);
}

const infoSchema = z.looseObject({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  siblings: z.array(z.looseObject({ rfilename: z.string(), size: z.number().int().nonnegative().nullish() })),
});

async function list(remote: Remote): Promise<Listing> {
  const { repo, endpoint, revision } = remote;
  const url = `${endpoint}/api/${repo.type}s/${repo.id}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const response = await request(remote, url);
  const info = infoSchema.safeParse(await response.json().catch(() => null));
  if (!info.success) throw new Error('its answer is not a list of files; a proxy or a sign-in page may have answered');
  const { sha, siblings } = info.data;
  return {
    commit: sha,
    paths: siblings.map(({ rfilename }) => rfilename).filter(isInside),
    sizes: new Map(siblings.flatMap(({ rfilename, size }) => (typeof size === 'number' ? [[rfilename, size]] : []))),
  };
}

/** Returns whether a path of a listing stays within the snapshot's folder. */
function isInside(path: string): boolean {
  const normal = posix.normalize(path);
  return normal === path && !posix.isAbsolute(path) && !path.split('/').includes('..') && !/[\\\0:]/.test(path);
}

/** Reports the progress of one file. */
interface FileListener {
  onStart: (bytes: number | null) => void;
  onBytes: (received: number) => void;
  onWhole: () => void;
}

/** Minimum time between two reports, in milliseconds. */
const REPORT_MS = 250;

/** Sums the progress over all files; existing files count as received. */
function progressOf(
  { sizes }: Listing,
  chosen: readonly string[],
  folder: string,
  { onFile, onProgress }: HubOptions,
): (path: string) => FileListener {
  const sizeOf = (path: string): number => sizes.get(path) ?? 0;
  const sum = (paths: readonly string[]): number => paths.reduce((total, path) => total + sizeOf(path), 0);
  const total = chosen.every((path) => sizes.has(path)) ? sum(chosen) : null;
  const start = performance.now();
  let whole = sum(chosen.filter((path) => existsSync(join(folder, path))));
  let fresh = 0;
  let reported = 0;
  return (path) => {
    const before = whole;
    let last: number | null = null;
    const report = (): void => {
      reported = performance.now();
      const seconds = (reported - start) / 1000;
      onProgress?.({ file: path, done: whole, total, bytesPerSecond: fresh > 0 ? fresh / seconds : null });
    };
    return {
      onStart: (bytes) => onFile?.(path, bytes),
      onBytes(received) {
        // The first report includes bytes of earlier attempts, which must not count for the speed.
        if (last !== null) fresh += Math.max(0, received - last);
        last = received;
        whole = before + received;
        if (performance.now() - reported >= REPORT_MS) report();
      },
      onWhole() {
        // The content may already exist under another name.
        if (sizes.has(path)) whole = before + sizeOf(path);
        report();
      },
    };
  };
}

async function download(remote: Remote, commit: string, path: string, listener: FileListener): Promise<void> {
  const kind = remote.repo.type === 'dataset' ? 'datasets/' : '';
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  const { fetch, token, signal, pause } = remote;
  await downloadBlob({
    fetch,
    token,
    signal,
    pause,
    url: `${remote.endpoint}/${kind}${remote.repo.id}/resolve/${commit}/${encoded}`,
    blobs: join(remote.folder, 'blobs'),
    target: join(remote.folder, 'snapshots', commit, path),
    ...listener,
  });
}

function remember(place: Place, { commit, paths }: Listing): void {
  writeWhole(listingFile(place, commit), JSON.stringify(paths));
  if (place.revision !== commit) writeWhole(join(place.folder, 'refs', place.revision), commit);
}

function explain(error: unknown, { endpoint, repo, revision }: Place): { message: string; advice: string } {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : null;
  if (status === 401 || status === 403) {
    return {
      message: `may not be read (HTTP ${status})`,
      advice: `Accept its terms at ${endpoint} if it has any, and set HF_TOKEN to a token that may read it.`,
    };
  }
  if (status === 404) {
    return {
      message: `has no revision ${revision}, or does not exist at ${endpoint}`,
      advice: 'Check the name and the revision.',
    };
  }
  return {
    message: `could not be fetched from ${endpoint}: ${reasonOf(error)}`,
    advice:
      repo.type === 'dataset'
        ? 'Check the network (HF_ENDPOINT names another hub), or put the data files into a folder and pass it with --data-dir.'
        : 'Check the network (HF_ENDPOINT names another hub), or download the model to a folder and pass its path.',
  };
}

/** Returns the reason for a failed connection, which Node stores in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? ` (${messageOf(error.cause)})` : '';
  return `${messageOf(error)}${cause}`.split('\n', 1)[0].slice(0, 200);
}

function hubError(repo: HubRepo, message: string, advice: string, cause?: unknown): RzeroError {
  const what = `The ${repo.type === 'dataset' ? 'data set' : 'model'} ${repo.id.slice(0, 200)} ${message}.`;
  return repo.type === 'dataset' ? new EvalError(what, advice, { cause }) : new ModelLoadError(what, advice, { cause });
}

function isOn(value: string | undefined): boolean {
  return ['1', 'true', 'yes', 'on'].includes((value ?? '').toLowerCase());
}
