/**
 * Uploads an exported folder or file to the Hugging Face hub. The token of the user goes to the hub's own address and
 * nowhere else: uploads of large files go to addresses that the hub signs, without it. The package that uploads is
 * loaded only here.
 */

import { readdir } from 'node:fs/promises';
import { statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, messageOf, StoreError } from '../../errors.ts';
import { hubAccess, isHubId } from '../../models/hub/hub.ts';
import { steadyFetch } from './steady-fetch.ts';

export interface PushOptions {
  /** `owner/name`. */
  repo: string;
  type: 'model' | 'dataset';
  /** Creates a public repository, and allows one that is public already. */
  isPublic: boolean;
  /** Names of files in the folder that stay here. */
  except?: readonly string[];
  /** Default `process.env`. */
  env?: Record<string, string | undefined>;
  fetch?: typeof fetch;
  /** Pause before the first retry, in milliseconds. */
  pause?: number;
}

export interface Pushed {
  /** Address of the repository. */
  address: string;
  commit: string | null;
  files: number;
}

interface Access {
  endpoint: string;
  token: string;
  fetch: typeof fetch;
}

/**
 * Uploads `path`, a folder or a file, in one commit. A repository that does not exist is created, private by default.
 * @throws ConfigError without a token, for a wrong name and for a repository that others could read; StoreError if the
 * upload fails
 */
export async function push(path: string, options: PushOptions): Promise<Pushed> {
  const { repo, type, isPublic } = options;
  const access = await accessOf(options);
  const files = await filesOf(path, options.except ?? []);
  const hub = await import('@huggingface/hub');
  const common = {
    repo: { type, name: repo },
    accessToken: access.token,
    hubUrl: access.endpoint,
    fetch: access.fetch,
  };
  return reported(access, repo, async () => {
    const found = await visibilityOf(access, options);
    if (found === 'public' && !isPublic) throw isReadable(repo);
    if (found === null) await hub.createRepo({ ...common, visibility: isPublic ? 'public' : 'private' });
    const written = await hub.uploadFiles({ ...common, files, commitTitle: 'Upload with rzero', useXet: false });
    const address = `${access.endpoint}/${type === 'dataset' ? 'datasets/' : ''}${repo}`;
    return { address, commit: written?.commit.oid ?? null, files: files.length };
  });
}

/**
 * Checks what can be checked before the export: the name of the repository, and that there is a token.
 * @throws ConfigError
 */
export async function accessOf({ repo, env = process.env, fetch: base = fetch, pause }: PushOptions): Promise<Access> {
  if (!isHubId(repo)) {
    throw new ConfigError(`${repo.slice(0, 200)} is no name of a repository.`, 'Write it as owner/name.');
  }
  const { endpoint, token } = await hubAccess(env);
  if (token !== null) return { endpoint, token, fetch: steadyFetch(base, { endpoint, pause }) };
  throw new ConfigError(
    `An upload to ${endpoint} needs a token, and there is none.`,
    'Set HF_TOKEN to a token that may write, from the settings of your account on the hub.',
  );
}

function isReadable(repo: string): ConfigError {
  return new ConfigError(
    `The repository ${repo} exists and is public.`,
    'Pass --public to upload to it all the same, or name another one.',
  );
}

async function filesOf(path: string, except: readonly string[]): Promise<{ path: string; content: URL }[]> {
  if (!statSync(path).isDirectory()) return [{ path: basename(path), content: pathToFileURL(path) }];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(path, file).replaceAll('\\', '/'), content: pathToFileURL(file) }))
    .filter((file) => !except.includes(file.path))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Asks who may read a repository; null if there is none that the token may see. */
async function visibilityOf(
  { endpoint, token, fetch: ask }: Access,
  { repo, type }: PushOptions,
): Promise<'public' | 'private' | null> {
  const response = await ask(`${endpoint}/api/${type}s/${repo}`, { headers: { Authorization: `Bearer ${token}` } });
  if (response.status === 404 || response.status === 401) {
    await response.body?.cancel();
    return null;
  }
  const { status: statusCode, ok } = response;
  if (!ok) throw Object.assign(new Error(`HTTP ${statusCode} for ${repo}`), { statusCode });
  const about: unknown = await response.json();
  const isPrivate = typeof about === 'object' && about !== null && 'private' in about && about.private === true;
  return isPrivate ? 'private' : 'public';
}

const LONGEST = 300;

async function reported<T>({ endpoint, token }: Access, repo: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : null;
    const reason = reasonOf(error).replaceAll(token, '…').split('\n', 1)[0].slice(0, LONGEST);
    throw new StoreError(
      `${repo} could not be uploaded to ${endpoint}: ${reason}`,
      status === 401 || status === 403
        ? 'Set HF_TOKEN to a token that may write to this repository. The export itself is complete.'
        : 'Check the network, and run the same command again with --overwrite. The export itself is complete.',
      // The cause may contain the request, and with it the token.
    );
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? ` (${messageOf(error.cause)})` : '';
  return `${messageOf(error)}${cause}`;
}
