/**
 * Files of a repository on the Hugging Face hub, through the cache that Hugging Face's own tools use
 * (`$HF_HOME/hub/datasets--owner--name/{blobs,refs,snapshots}`), so that neither downloads what the other has.
 * What lies in the cache is used without asking the network: the first download pins a revision's commit.
 * A download that broke off goes on where it ended. It lists, downloads and checks; what the files mean is
 * decided elsewhere: models in `obtain-model.ts`.
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
  /** Hears of each file before it is downloaded. */
  onFile?: (path: string, bytes: number | null) => void;
  /** Hears how far the whole download is, a few times a second, and when a file is there. */
  onProgress?: (progress: HubProgress) => void;
  /** Ends the download; what has arrived is kept, and the next call goes on from there. */
  signal?: AbortSignal;
  /** Pause before a second try, in milliseconds. */
  pause?: number;
}

export interface HubProgress {
  /** The file that is arriving. */
  file: string;
  /** Bytes that are there, of all chosen files. */
  done: number;
  /** Bytes of all chosen files; null where the hub does not say. */
  total: number | null;
  /** Over this download; null before its first bytes. */
  bytesPerSecond: number | null;
}

export interface HubSnapshot {
  commit: string;
  /** Folder of the snapshot in the cache. */
  folder: string;
  /** Absolute paths of the chosen files. */
  files: string[];
}

/** Whether a text can be a repository's name. */
export function isHubId(text: string): boolean {
  return /^\w[\w.-]{0,95}\/\w[\w.-]{0,95}$/.test(text) && !text.includes('..');
}

/**
 * Makes the chosen files of a repository present and gives their paths. `choose` gets all paths of the revision
 * and gives those that are wanted. Throws EvalError (data sets) or ModelLoadError (models): no such repository,
 * no right to read it, no network, or a file that does not arrive whole.
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
      const advice = 'Run the same command again to go on; what has arrived is kept.';
      throw hubError(repo, 'has not arrived: the download was stopped', advice, error);
    }
    const { message, advice } = explain(error, place);
    throw hubError(repo, message, advice, error);
  }
}

/** The chosen files when all of them are in the cache, without asking the network; null otherwise. */
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
  /** The repository's folder in the cache. */
  folder: string;
}

interface Remote extends Place, Connection {}

interface Listing {
  commit: string;
  paths: string[];
  /** Bytes by path, where the hub says them. */
  sizes: ReadonlyMap<string, number>;
}

function placeOf(repo: HubRepo, env: Record<string, string | undefined>): Place {
  if (!isHubId(repo.id)) throw hubError(repo, 'is no name of a repository', 'Write it as owner/name.');
  const revision = repo.revision ?? 'main';
  if (!/^[\w.-]+(?:\/[\w.-]+)*$/.test(revision) || revision.includes('..')) {
    throw hubError(repo, `has no revision ${JSON.stringify(revision).slice(0, 80)}`, 'Give a branch, tag or commit.');
  }
  const name = `${repo.type}s--${repo.id.replaceAll('/', '--')}`;
  const endpoint = (env.HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, '');
  return { repo, revision, endpoint, folder: join(cacheFolder(env), name) };
}

/** Where Hugging Face's tools keep downloads. */
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

/** The wanted files when all of them are there; null otherwise. */
async function fromCache(place: Place, choose: (paths: readonly string[]) => string[]): Promise<HubSnapshot | null> {
  const ref = join(place.folder, 'refs', place.revision);
  const commit = existsSync(ref) ? (await readFile(ref, 'utf8')).trim() : place.revision;
  const folder = join(place.folder, 'snapshots', commit);
  if (!existsSync(folder)) return null;
  const listing = listingFile(place, commit);
  // Without our listing (another tool downloaded it) what is there counts as all there is.
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
  const { sha, siblings } = infoSchema.parse(await response.json());
  return {
    commit: sha,
    paths: siblings.map(({ rfilename }) => rfilename).filter(isInside),
    sizes: new Map(siblings.flatMap(({ rfilename, size }) => (typeof size === 'number' ? [[rfilename, size]] : []))),
  };
}

/** A path of a listing may not leave the snapshot's folder. */
function isInside(path: string): boolean {
  const normal = posix.normalize(path);
  return normal === path && !posix.isAbsolute(path) && !path.split('/').includes('..') && !/[\\\0:]/.test(path);
}

/** What one file tells while it arrives. */
interface FileListener {
  onStart: (bytes: number | null) => void;
  onBytes: (received: number) => void;
  onWhole: () => void;
}

/** A few reports a second are enough. */
const REPORT_MS = 250;

/** Adds the files' bytes up to those of the whole; files that are there count as arrived. */
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
        // The first report counts what an earlier try left, too: that is no speed.
        if (last !== null) fresh += Math.max(0, received - last);
        last = received;
        whole = before + received;
        if (performance.now() - reported >= REPORT_MS) report();
      },
      onWhole() {
        // The content may have been there under another name.
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
      advice: `Accept its terms at ${endpoint}, where it has terms, and set HF_TOKEN to a token that may read it.`,
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
        ? 'Check the network (HF_ENDPOINT names another hub), or put the data files into a folder and name it with --data-dir.'
        : 'Check the network (HF_ENDPOINT names another hub), or download the model to a folder and name that.',
  };
}

/** Node hides what happened to a connection in the cause. */
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
