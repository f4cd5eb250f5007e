/** The folder of the run that all tests in a browser share. The main process of the tests removes it at the end. */

import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Returns the folder of a test session. `main`: the id of its main process. */
export function sharedFolder(main: number): string {
  return join(tmpdir(), `rzero-browser-tests-${main}`);
}

export function teardown(): void {
  rmSync(sharedFolder(process.pid), { recursive: true, force: true });
}
