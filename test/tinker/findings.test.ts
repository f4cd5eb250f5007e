/** What the probe finds on this project's server. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { writeRandomCheckpoint } from '../fixtures/random-checkpoint.ts';
import { clientOf, serveFolder } from './served.ts';

it('the server does everything as the wire describes it, and scores without sampling', async () => {
  const root = await mkdtemp(join(tmpdir(), 'rzero-findings-'));
  const path = join(root, 'base');
  await writeRandomCheckpoint(path, { scale: 0.3 });
  const server = await serveFolder(path, join(root, 'checkpoints'));
  const engine = await clientOf(server.url);
  onTestFinished(async () => {
    await engine.close();
    await server.close();
    await rm(root, { recursive: true, force: true });
  });
  const adapt = {
    kind: 'lora',
    rank: 2,
    alpha: 32,
    seed: 1,
    targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj'],
  } as const;
  const found = await engine.findings?.({ from: { kind: 'base', path }, adapt });
  expect(found?.[server.url]).toMatchObject({
    profile: 'conforming',
    sampling: { scoresOnly: true, promptLogprobs: 'n', seeds: true },
    training: { masks: true, forwardOnly: true, repetition: 'same', freshGradient: true, clip: true, epsilon: true },
  });
});
