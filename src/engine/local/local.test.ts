import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { request } from '../../../test/fixtures/engine-parts.ts';
import { writeRandomCheckpoint } from '../../../test/fixtures/random-checkpoint.ts';
import { engineContract } from '../engine.contract.ts';
import { createLocalEngine } from './index.ts';

// A small token budget, so that every call takes several micro-batches and refills the slots several times.
const open = () => createLocalEngine({ threads: 1, slots: 5, microBatchTokens: 64 });

engineContract('local, Qwen3 tied', open, async (folder) => {
  await writeRandomCheckpoint(folder, { architecture: 'qwen3', scale: 0.3 });
});
engineContract('local, Llama untied', open, async (folder) => {
  await writeRandomCheckpoint(folder, {
    architecture: 'llama',
    tied: false,
    scale: 0.3,
    heads: 6,
    kvHeads: 2,
    headDim: 10,
  });
});

it('ends an aborted request long before its limit, and no other', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rzero-local-'));
  const engine = await open();
  try {
    await writeRandomCheckpoint(folder, { architecture: 'qwen3', scale: 0.3 });
    const sampler = await engine.openSampler({ kind: 'base', path: folder });
    const controller = new AbortController();
    const long = request({ n: 200, maxTokens: 250, ignoreEnd: true });
    const short = request({ maxTokens: 50, ignoreEnd: true, seed: 2 });
    const [[whole], cut] = await sampler.sample([short, long], {
      requestSignals: [undefined, controller.signal],
      onTokens: () => controller.abort(),
    });
    expect(whole.tokens).toHaveLength(50);
    expect(cut.every(({ stop }) => stop === 'length')).toBe(true);
    expect(cut.reduce((sum, { tokens }) => sum + tokens.length, 0)).toBeLessThan(25_000);
  } finally {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  }
});
