/**
 * `rzero serve`: serves the page about the runs of a folder, or with `--tinker` a model over the Tinker wire. It runs
 * until a signal stops it.
 */

import type { Io } from '../io.ts';
import type { CommonFlags } from '../options.ts';

export interface ServeFlags extends CommonFlags {
  tinker?: boolean;
  control?: boolean;
  model?: string[];
  name?: string;
  host?: string;
  port?: number;
  key?: string;
  allowHost?: string[];
  checkpoints?: string;
  sessionTimeout?: number;
  maxModels?: number;
  set?: string[];
  /** `auto`, `cpu` or `webgpu`. */
  device?: string;
}

/** Exit code 0, or that of the signal that stopped it. Throws as `openPageServer` and `serveTinker`. */
export async function run(flags: ServeFlags, io: Io): Promise<number> {
  if (flags.tinker === true) return (await import('../serve/tinker.ts')).serveWire(flags, io);
  return (await import('../serve/page.ts')).serveRuns(flags, io);
}
