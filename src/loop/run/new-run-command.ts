/** The command that starts a new run with the settings of an existing one. */

import { join } from 'node:path';
import { shellWord } from '../../text/shell.ts';

/** Returns the command for the run in `dir`. `program`: how the user calls rzero. */
export function newRunCommand(dir: string, program = 'rzero'): string {
  return `${program} evolve --config ${shellWord(join(dir, 'config.toml'))}`;
}
