/**
 * The engine contract on the client over real HTTP, against this project's server over the local engine. Every suite
 * writes a base, which starts a server for it.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { engineContract } from '../../src/engine/engine.contract.ts';
import { writeRandomCheckpoint } from '../fixtures/random-checkpoint.ts';
import { clientOf, type Served, serveFolder } from './served.ts';

const open: Served[] = [];
const scratch = await mkdtemp(join(tmpdir(), 'rzero-contract-'));

afterAll(async () => {
  for (const server of open) await server.close();
  await rm(scratch, { recursive: true, force: true });
});

engineContract(
  'client and server',
  async () => clientOf(open.at(-1)?.url ?? ''),
  async (folder) => {
    await writeRandomCheckpoint(folder, { scale: 0.3 });
    open.push(await serveFolder(folder, join(scratch, `checkpoints-${open.length}`)));
  },
  {
    noMinP: 'the wire has no min-p',
    noMeasures: 'the wire has log-probabilities of given tokens only',
    oneBase: 'a base on a service is a name',
    // The wire names parts of the model, not matrices.
    adapter: { rank: 2, alpha: 4, targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj'] },
  },
);
