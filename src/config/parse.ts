import { existsSync, readFileSync } from 'node:fs';
import { TomlError, parse } from 'smol-toml';
import { ConfigError, messageOf } from '../errors.ts';
import { packageFile } from '../package-file.ts';
import type { Layer, Table } from './tables.ts';

/**
 * Returns the path of a config file: the given path, or a file of this package (`recipes/repo.toml`, or just `repo`).
 */
export function findConfigFile(path: string): string {
  if (existsSync(path)) return path;
  const shipped = [packageFile(path), packageFile(`recipes/${path}.toml`)];
  return shipped.find((candidate) => existsSync(candidate)) ?? path;
}

/** Reads a TOML file. Throws ConfigError if it cannot be read, or with line, column and excerpt of a syntax error. */
export function readLayer(path: string): Layer {
  let text: string;
  try {
    text = readFileSync(findConfigFile(path), 'utf8');
  } catch (error) {
    throw new ConfigError(
      `Cannot read the config file ${path}: ${messageOf(error)}.`,
      'Check the path given to --config, or name a preset: paper, repo, modern.',
      { cause: error },
    );
  }
  try {
    return { source: path, values: parse(text) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason] = error.message.split('\n');
    throw new ConfigError(
      `${path}:${error.line}:${error.column}: ${reason}\n\n${error.codeblock.trimEnd()}\n`,
      `Correct line ${error.line} of ${path}.`,
      { cause: error },
    );
  }
}

const KEY = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

/**
 * Parses `--set a.b=v`. v is a TOML value; anything else is text (`model=my/folder`). Throws ConfigError if there is no
 * `=`, no key, or a quote or bracket that is not closed.
 */
export function parseSet(assignment: string): Layer {
  const at = assignment.indexOf('=');
  const key = assignment.slice(0, Math.max(at, 0)).trim();
  if (!KEY.test(key)) {
    throw new ConfigError(`--set ${assignment}: expected key=value.`, 'Write it as --set solver.steps=20.');
  }
  const value = parseValue(assignment.slice(at + 1).trim(), assignment);
  const [root, ...rest] = key.split('.');
  return {
    source: '--set',
    values: single(
      root,
      rest.reduceRight<unknown>((inner, name) => single(name, inner), value),
    ),
  };
}

function parseValue(text: string, assignment: string): unknown {
  try {
    const parsed = parse(`value = ${text}`);
    if (Object.keys(parsed).length === 1) return parsed.value;
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    if (/^["'[{]/.test(text)) {
      const [reason] = error.message.split('\n');
      throw new ConfigError(
        `--set ${assignment}: ${reason}`,
        'Close the quote or bracket, or quote the whole argument for the shell.',
        { cause: error },
      );
    }
  }
  return text;
}

/** Defines a key of any name, including `__proto__`, so that it can be reported. */
function single(name: string, value: unknown): Table {
  const table: Table = {};
  Object.defineProperty(table, name, { value, enumerable: true, configurable: true, writable: true });
  return table;
}
