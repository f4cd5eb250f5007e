/** Config values that select the scripted engine. */

import { fileURLToPath } from 'node:url';

const path = fileURLToPath(new URL('./index.ts', import.meta.url));

/** For `config.engine`. */
export const SCRIPTED = { kind: 'module', path } as const;

/** The same as arguments of `--set`. */
export const SET_SCRIPTED: readonly string[] = ['engine.kind=module', `engine.path=${JSON.stringify(path)}`];
