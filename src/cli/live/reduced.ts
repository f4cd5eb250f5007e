/** Renderers around others: only what matters (`--quiet`), and a copy in a file (`--log-file`). */

import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RunEvent } from '../../events.ts';
import { messageOf, StoreError } from '../../errors.ts';
import type { Renderer } from './renderer.ts';

const ESSENTIAL: ReadonlySet<RunEvent['type']> = new Set(['warning', 'notice', 'run-end']);

/** Passes on warnings, notices and the result only. */
export function quietRenderer(inner: Renderer): Renderer {
  return {
    ...inner,
    handle: (event) => {
      if (ESSENTIAL.has(event.type)) inner.handle(event);
    },
  };
}

/** Shows everything in both renderers; the second one gets no progress. */
export function teeRenderer(shown: Renderer, logged: Renderer): Renderer {
  return {
    handle(event) {
      shown.handle(event);
      if (event.type !== 'progress') logged.handle(event);
    },
    note(line) {
      shown.note(line);
      logged.note(line);
    },
    close() {
      shown.close();
      logged.close();
    },
  };
}

/**
 * Returns a function that appends text to a file, and creates the file and its folder.
 * @throws StoreError if it cannot be written, also from the returned function
 */
export function fileWriter(path: string): (text: string) => void {
  const append = (text: string): void => {
    try {
      appendFileSync(path, text);
    } catch (cause) {
      const why = `The log file ${path} cannot be written: ${messageOf(cause)}.`;
      throw new StoreError(why, 'Check the path given to --log-file, and the disk.', { cause });
    }
  };
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch {
    // The first write reports it.
  }
  append('');
  return append;
}
