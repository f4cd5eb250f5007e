/**
 * Another framework in its own process. It is started once and runs one round at a time: it receives a line
 * per round and answers with the seconds, so that loading and warm-up are not counted.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export class Peer {
  #child: ChildProcess;
  #lines: AsyncIterableIterator<string>;
  #reader: Interface;
  #errors = '';

  /**
   * @param program executable that runs the script
   * @param script a file of `bench/peers/`
   */
  constructor(program: string, script: string, settings: object) {
    const env = { ...process.env };
    // Some shells force older OpenBLAS kernels, at half the speed.
    delete env.OPENBLAS_CORETYPE;
    delete env.OPENBLAS_L2_SIZE;
    const path = fileURLToPath(new URL(`../peers/${script}`, import.meta.url));
    this.#child = spawn(program, [path, JSON.stringify(settings)], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    if (this.#child.stdout === null || this.#child.stderr === null) throw new Error('the peer has no streams');
    this.#child.stderr.on('data', (data: Buffer) => {
      this.#errors = (this.#errors + data.toString()).slice(-2000);
    });
    this.#reader = createInterface({ input: this.#child.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** Runs one round and returns its seconds. */
  async round(): Promise<number> {
    this.#child.stdin?.write('go\n');
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error(`The peer exited:\n${this.#errors}`);
      const seconds = /^seconds (\S+)$/.exec(value)?.[1];
      if (seconds !== undefined) return Number(seconds);
    }
  }

  close(): void {
    this.#child.stdin?.end();
    this.#reader.close();
    this.#child.kill();
  }
}
