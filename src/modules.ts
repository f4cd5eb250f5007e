/** Loads the modules that a user brings: an engine, a domain. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, messageOf } from './errors.ts';

/**
 * The default export of the module at `path`, relative to the working directory: JavaScript, or TypeScript where Node
 * can run it. ConfigError where it is missing, cannot be loaded or exports no default.
 * @param what the module is to be, for messages: `engine`
 */
export async function importDefault(path: string, what: string): Promise<unknown> {
  const file = resolve(path);
  if (!existsSync(file)) {
    throw new ConfigError(
      `There is no ${what} module ${file}.`,
      'Check the path: it is relative to the working folder.',
    );
  }
  let loaded: { default?: unknown };
  try {
    loaded = await import(pathToFileURL(file).href);
  } catch (cause) {
    throw new ConfigError(
      `The ${what} module ${file} cannot be loaded: ${messageOf(cause)}.`,
      'Run it with Node alone to see the error. Node runs TypeScript from version 22.18 on; compile it for older ones.',
      { cause },
    );
  }
  if (loaded.default !== undefined) return loaded.default;
  throw new ConfigError(
    `The ${what} module ${file} has no default export.`,
    `Export the ${what} with \`export default\`.`,
  );
}
