/**
 * Loads JavaScript modules that a user names by path: an own domain with its rewards, an own benchmark, an own
 * engine. A module's hash lets a run refuse to continue with changed code.
 */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, messageOf } from './errors.ts';

/** A module and where it came from. */
export interface LoadedModule {
  /** Absolute. */
  path: string;
  exports: Readonly<Record<string, unknown>>;
  /** As `hashModule`. */
  hash: string;
}

/** Whether a config value names a file rather than something built in: it has a path separator or a file extension. */
export function isModulePath(value: string): boolean {
  return /[\\/]/.test(value) || extname(value) !== '';
}

/** A config value as results name it: a module by its file name without the extension, anything else as it is. */
export function moduleLabel(nameOrPath: string): string {
  return isModulePath(nameOrPath) ? basename(nameOrPath, extname(nameOrPath)) : nameOrPath;
}

/**
 * Loads the module at `path`.
 * @param what the module is for, for messages: `domain`, `task`, `engine`
 * @throws ConfigError when there is no such file, or Node cannot run it
 */
export async function importModule(path: string, what: string): Promise<LoadedModule> {
  const absolute = resolve(path);
  if (!existsSync(absolute) || !statSync(absolute).isFile()) {
    throw new ConfigError(
      `There is no ${what} module at ${absolute}.`,
      'Check the path. To resume a run, put the file back where it was when the run started.',
    );
  }
  const hash = hashModule(absolute);
  try {
    const exports: Record<string, unknown> = { ...(await import(pathToFileURL(absolute).href)) };
    return { path: absolute, exports, hash };
  } catch (cause) {
    throw new ConfigError(
      `The ${what} module ${absolute} cannot be loaded: ${messageOf(cause).split('\n', 1)[0]}.`,
      adviceFor(cause, absolute),
      { cause },
    );
  }
}

/** The default export of the module at `path`. ConfigError as `importModule`, and when there is none. */
export async function importDefault(path: string, what: string): Promise<unknown> {
  return defaultExport(await importModule(path, what), what);
}

/** The default export of a loaded module; ConfigError when there is none. */
export function defaultExport({ path, exports }: LoadedModule, what: string): unknown {
  if (exports.default !== undefined) return exports.default;
  throw new ConfigError(`The ${what} module ${path} has no default export.`, 'Write `export default …` in it.');
}

/** Relative imports and re-exports, static or dynamic, with a literal path. */
const RELATIVE_IMPORT = /\b(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"\n]+)['"]/g;

/**
 * First 16 hexadecimal digits of the SHA-256 of a module's text and of all that it imports by relative path. Packages
 * and data files that the module reads are not covered. The folder may move: only paths from the module count.
 */
export function hashModule(path: string): string {
  const root = resolve(path);
  const hash = createHash('sha256');
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file) || !existsSync(file) || !statSync(file).isFile()) return;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    hash.update(JSON.stringify([relative(dirname(root), file).replaceAll('\\', '/'), text]));
    for (const [, target] of text.matchAll(RELATIVE_IMPORT)) visit(resolve(dirname(file), target));
  };
  visit(root);
  return hash.digest('hex').slice(0, 16);
}

function adviceFor(cause: unknown, path: string): string {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION' || code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING') {
    return `Node.js ${process.version} does not run this file: use Node.js 22.18 or newer for .ts, or compile it to .mjs.`;
  }
  if (cause instanceof SyntaxError && /outside a module|Unexpected token 'export'/.test(cause.message)) {
    return 'Rename it to .mjs, or set "type": "module" in the nearest package.json.';
  }
  if (code === 'ERR_MODULE_NOT_FOUND') return 'Install what it imports with `npm install`, or correct its imports.';
  return `Run \`node ${path}\` to see where it fails.`;
}
