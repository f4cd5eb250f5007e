/** Opens the server of the page: its files, the runs of a folder, and further pages such as the models in use. */

import { EngineError } from '../errors.ts';
import { readBundle } from '../page/bundle.ts';
import { openFolder } from '../view/folder-source.ts';
import type { ServerInfo } from '../view/server/types.ts';
import type { Actions } from './control/actions.ts';
import { controlPage } from './control/page.ts';
import { Streams } from './page/live/streams.ts';
import { viewPage } from './page/page.ts';
import { checkAccess } from './shell/access.ts';
import type { Limits } from './shell/limits.ts';
import { openShell, type Page, type Shell } from './shell/shell.ts';

export interface PageServerOptions {
  runsDir: string;
  /** Default: 127.0.0.1. */
  host?: string;
  /** Default: 4747, or a free one if that is in use. */
  port?: number;
  /** Key that clients must send; needed unless only this machine can reach the server. */
  key?: string | null;
  /** Names, besides `localhost`, under which clients reach the server. */
  allowHosts?: readonly string[];
  /** What the page knows about this program. */
  about?: Partial<ServerInfo>;
  /** What the page may do to runs; null, as by default: it only reads. */
  actions?: Actions | null;
  /** What is served besides the page. */
  pages?: readonly Page[];
  streams?: Streams;
  limits?: Partial<Limits>;
  /** Called with failures that are faults of this program. */
  onFault?: (error: unknown) => void;
}

export const PAGE_PORT = 4747;
/** Ports that are tried before any free one, so that two servers have addresses that stay the same. */
const NEXT_PORTS = 9;

/** The page sends nothing larger than a question to a model. */
const PAGE_LIMITS: Partial<Limits> = {
  bodyBytes: 8 * 1024 * 1024,
  bodiesBytes: 64 * 1024 * 1024,
  connections: 512,
  requestMs: 30_000,
};

/**
 * Serves the page. Throws ConfigError for an open address without a key, and if the page was not built; EngineError if
 * the address cannot be used.
 */
export async function openPageServer(options: PageServerOptions): Promise<Shell> {
  const { runsDir, host = '127.0.0.1', key = null, allowHosts = [], pages = [], actions = null } = options;
  const streams = options.streams ?? new Streams();
  checkAccess(host, key);
  const source = openFolder(runsDir, { control: actions !== null, ...options.about });
  const page = viewPage({ bundle: readBundle(), source, runsDir, streams });
  const shell = {
    host,
    key,
    hosts: allowHosts,
    limits: { ...PAGE_LIMITS, ...options.limits },
    onFault: options.onFault,
  };
  return openAtPort(options.port, (port) =>
    openShell({ ...shell, port }, [page, controlPage(runsDir, actions), ...pages]),
  );
}

/** Opens at the given port; without one, at the first usable port from `PAGE_PORT` on, else at any free one. */
async function openAtPort(port: number | undefined, open: (port: number) => Promise<Shell>): Promise<Shell> {
  if (port !== undefined) return open(port);
  for (let next = PAGE_PORT; next <= PAGE_PORT + NEXT_PORTS; next++) {
    try {
      return await open(next);
    } catch (error) {
      if (!isInUse(error)) throw error;
    }
  }
  return open(0);
}

function isInUse(error: unknown): boolean {
  const cause = error instanceof EngineError ? error.cause : null;
  return cause instanceof Error && 'code' in cause && (cause.code === 'EADDRINUSE' || cause.code === 'EACCES');
}
