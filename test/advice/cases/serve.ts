/** Errors of `rzero serve`: each follows the advice until the server answers. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { run, type ServeFlags } from '../../../src/cli/commands/serve.ts';
import { createLocalEngine } from '../../../src/engine/local/index.ts';
import { newAdapter } from '../../../src/models/adapters/adapter.ts';
import { writeAdapterFiles } from '../../../src/models/adapters/adapter-folder.ts';
import { type ServeOptions, serveTinker } from '../../../src/serve/index.ts';
import { writeRandomCheckpoint } from '../../fixtures/random-checkpoint.ts';
import { carryOut } from '../command.ts';
import type { AdviceCase } from '../followed.ts';
import { perform } from '../perform.ts';

/** Serves a tiny model, and asks whether the server answers. */
async function served(place: string, options: Partial<ServeOptions> = {}): Promise<void> {
  await writeRandomCheckpoint(join(place, 'base'), { maxPositions: 16 });
  const engine = await createLocalEngine({ threads: 1, slots: 2, microBatchTokens: 64 });
  try {
    const model = join(place, 'base');
    const server = await serveTinker({
      engine,
      model,
      name: 'tiny',
      checkpoints: join(place, 'checkpoints'),
      ...options,
    });
    const url = server.url.replace('0.0.0.0', '127.0.0.1');
    const headers = { 'X-API-Key': options.key ?? 'none' };
    expect((await fetch(`${url}/api/v1/healthz`, { headers })).status).toBe(200);
    await server.close();
  } finally {
    await engine.close();
  }
}

/** Listens on a port while `work` runs. */
async function whileInUse(work: (port: number) => Promise<void>): Promise<void> {
  const other: Server = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  try {
    await work((other.address() as AddressInfo).port);
  } finally {
    other.close();
  }
}

/** Starts the command, which runs until it fails or is stopped. */
const started = (place: string, flags: ServeFlags): Promise<unknown> => perform(run, { tinker: true, ...flags }, place);

const LONG_KEY = 'tml-0123456789abcdef';

export const CASES: AdviceCase[] = [
  {
    file: 'cli/serve/tinker.ts',
    message: 'The Tinker wire serves one model, not ….',
    advice: 'Pass --model once, or leave out --tinker to serve several.',
    provoke: (place) => started(place, { model: ['a', 'b'] }),
    follow: async (place) => {
      // It goes on to look for the model.
      await expect(started(place, { model: [join(place, 'none')] })).rejects.toThrow(/none/);
    },
  },
  {
    file: 'cli/serve/tinker.ts',
    message: 'A service cannot be served again.',
    advice: 'Leave out engine.kind, or set it to local or module.',
    provoke: (place) => started(place, { set: ['engine.kind=tinker'] }),
    follow: async (place) => {
      // It goes on to look for the model.
      await expect(started(place, { set: ['engine.kind=local'], model: [join(place, 'none')] })).rejects.toThrow(
        /none/,
      );
    },
  },
  {
    file: 'serve/index.ts',
    message: '… is an adapter, not a base model.',
    advice: /^Write the whole model with `rzero export --model \S+ --out FOLDER`, and serve that\.$/,
    provoke: async (place) => {
      const base = join(place, 'plain');
      const config = await writeRandomCheckpoint(base, { maxPositions: 16 });
      const adapter = newAdapter(config, { rank: 2, alpha: 4, targets: ['q_proj'] }, 1);
      await writeAdapterFiles(place, adapter, { base });
      return served(place, { model: place });
    },
    follow: async (place, { advice }) => {
      await carryOut(advice.replace('FOLDER', join(place, 'whole')));
      await served(place, { model: join(place, 'whole') });
    },
  },
  {
    file: 'serve/shell/access.ts',
    message: 'Everybody who reaches … could use the server: it needs a key.',
    advice: 'Set RZERO_SERVE_KEY to a key, or leave out --host to serve this machine only.',
    provoke: (place) => served(place, { host: '0.0.0.0' }),
    follow: async (place) => {
      await served(place, { host: '0.0.0.0', key: LONG_KEY });
      await served(place);
    },
  },
  {
    file: 'serve/shell/access.ts',
    message: 'The key has … characters.',
    advice: /^Set RZERO_SERVE_KEY to a key of at least \d+ characters\.$/,
    provoke: (place) => served(place, { key: 'tml-short' }),
    follow: async (place, { advice }) => {
      const length = Number(/\d+/.exec(advice)?.[0]);
      await served(place, { key: LONG_KEY.padEnd(length, '0').slice(0, length) });
    },
  },
  {
    file: 'serve/shell/shell.ts',
    message: 'The server cannot listen on …, port …: ….',
    advice: 'Choose another port with --port, or another address with --host.',
    provoke: (place) => whileInUse((port) => served(place, { port })),
    follow: (place) => whileInUse(() => served(place, { port: 0 })),
  },
];
