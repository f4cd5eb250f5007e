/**
 * Loads user modules by path: domains with rewards, benchmarks, engines. The hash of a module lets a run detect that
 * its code has changed.
 */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, messageOf } from './errors.ts';

/** A loaded module. */
export interface LoadedModule {
  /** Absolute path. */
  path: string;
  exports: Readonly<Record<string, unknown>>;
  /** Hash as computed by `hashModule`. */
  hash: string;
}

/** Returns whether a config value is a path, not a built-in name: it has a path separator or a file extension. */
export function isModulePath(value: string): boolean {
  return /[\\/]/.test(value) || extname(value) !== '';
}

/** Returns the name that results use for a config value: the file name without extension for a path, else the value. */
export function moduleLabel(nameOrPath: string): string {
  return isModulePath(nameOrPath) ? basename(nameOrPath, extname(nameOrPath)) : nameOrPath;
}

/**
 * Loads the module at `path`.
 * @param what kind of module, for messages: `domain`, `task`, `engine`
 * @throws ConfigError if the file does not exist or Node cannot run it
 */
export async function importModule(path: string, what: string): Promise<LoadedModule> {
  const absolute = resolve(path);
  if (!existsSync(absolute) || !statSync(absolute).isFile()) {
    throw new ConfigError(
      `The ${what} module ${absolute} does not exist.`,
      'Check the path. To resume a run, restore the file at its original path.',
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

/**
 * Loads the module at `path` and returns its default export.
 * @throws ConfigError as `importModule`, and if there is no default export
 */
export async function importDefault(path: string, what: string): Promise<unknown> {
  return defaultExport(await importModule(path, what), what);
}

/**
 * Returns the default export of a loaded module.
 * @throws ConfigError if there is none
 */
export function defaultExport({ path, exports }: LoadedModule, what: string): unknown {
  if (exports.default !== undefined) return exports.default;
  throw new ConfigError(`The ${what} module ${path} has no default export.`, 'Add `export default …` to it.');
}

/** Relative imports and re-exports, static or dynamic, with a literal path. */
const RELATIVE_IMPORT = /\b(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"\n]+)['"]/g;
/** The same, with `require('./x')` and the data files of `new URL('./x', import.meta.url)`. */
const RELATIVE_FILE = /\b(?:from|import|require|new\s+URL)\s*\(?\s*['"](\.{1,2}\/[^'"\n]+)['"]/g;

/**
 * Returns the first 16 hexadecimal digits of the SHA-256 over a module and all files that it names by a literal relative
 * path: imports, `require('./x')`, and data files as `new URL('./x', import.meta.url)`. Packages and other data files are
 * not covered. The hash does not depend on the folder of the module.
 */
export function hashModule(path: string): string {
  return hashFiles(path, RELATIVE_FILE);
}

/** Returns the hash that older runs recorded: over the module and its imports only. */
export function hashImports(path: string): string {
  return hashFiles(path, RELATIVE_IMPORT);
}

function hashFiles(path: string, references: RegExp): string {
  const root = resolve(path);
  const hash = createHash('sha256');
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file) || !existsSync(file) || !statSync(file).isFile()) return;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    hash.update(JSON.stringify([relative(dirname(root), file).replaceAll('\\', '/'), text]));
    for (const [, target] of text.matchAll(references)) visit(resolve(dirname(file), target));
  };
  visit(root);
  return hash.digest('hex').slice(0, 16);
}

function adviceFor(cause: unknown, path: string): string {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION' || code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING') {
    return `Node.js ${process.version} cannot run this file. Use Node.js 22.18 or newer for .ts files, or compile it to .mjs.`;
  }
  if (cause instanceof SyntaxError && /outside a module|Unexpected token 'export'/.test(cause.message)) {
    const extension = extname(path) === '.ts' ? '.mts' : '.mjs';
    return `Rename it to ${extension}, or set "type": "module" in the nearest package.json.`;
  }
  if (code === 'ERR_MODULE_NOT_FOUND') return 'Install its dependencies with `npm install`, or correct its imports.';
  return `Run \`node ${path}\` to see the error.`;
}
