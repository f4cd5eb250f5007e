/**
 * The same evolution in this process, and through client and server: same questions and votes, and weights with the
 * same bits. With a reference, the last bits differ: a service scores every sequence alone, and this process scores
 * sequences together that share a prompt.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../src/config/schema.ts';
import { resolveConfig } from '../../src/config/load.ts';
import { openEngine } from '../../src/engine/open-engine.ts';
import { evolve } from '../../src/index.ts';
import type { Tensor } from '../../src/models/decoder-config.ts';
import { readSafetensors } from '../../src/models/weights/safetensors.ts';
import { openRun } from '../../src/store/sqlite.ts';
import { SHORT_RUN } from '../fixtures/short-run.ts';
import { LOCAL, SERVED_MODEL, type Served, serveFolder } from './served.ts';

const MODEL = 'models/arith-base';

let root: string;
let server: Served;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rzero-same-evolution-'));
  server = await serveFolder(MODEL, join(root, 'checkpoints'));
});
afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

const SETTINGS = { ...SHORT_RUN, iterations: 1, model: MODEL } satisfies ConfigInput;

/** Without the correction for a sampler that differs from the trainer, which a run on a service has by default. */
function withReference(klWeight: number): ConfigInput {
  const dials = { importanceCorrection: 'none', klWeight } as const;
  return { challenger: { ...SETTINGS.challenger, ...dials }, solver: { ...SETTINGS.solver, ...dials } };
}

const ROLES = ['challenger', 'solver'];

/** Runs an evolution; returns what it posed and answered, and the weights that both roles ended with. */
async function evolved(name: string, given: ConfigInput, file: string) {
  const config = resolveConfig({ flags: { ...SETTINGS, ...given } });
  const { runDir, outcome } = await evolve({ runDir: join(root, name), config }).result;
  expect(outcome).toBe('finished');
  const store = openRun(runDir, { readOnly: true });
  const engine = await openEngine(config.engine);
  try {
    const weights = new Map<string, Tensor>();
    for (const role of ROLES) {
      const id = store.weights(role, 1)?.state ?? '';
      const folder = join(root, `${name} ${role}`);
      await engine.exportTo({ kind: 'state', id, home: runDir }, folder);
      const { tensors } = await readSafetensors(join(folder, file));
      for (const [key, tensor] of tensors) weights.set(`${role} ${key}`, tensor);
    }
    // Both roles were trained, in different ways.
    expect(new Set(Array.from(weights.values(), ({ data }) => data.join())).size).toBeGreaterThan(weights.size / 2 + 1);
    return { questions: store.labels(1), votes: store.attempts({ iteration: 1 }), weights };
  } finally {
    await engine.close();
    store.close();
  }
}

describe('an evolution through client and server', () => {
  it.each([
    ['all parameters', { ...withReference(0), adapt: { method: 'full' } }, 'model.safetensors'],
    ['adapters', { ...withReference(0), adapt: { method: 'lora', rank: 4, alpha: 32 } }, 'adapter_model.safetensors'],
  ] as [string, ConfigInput, string][])(
    'is the same as in one process, with %s',
    { timeout: 240_000 },
    async (name, adapt, file) => {
      const here = await evolved(`here ${name}`, { ...adapt, engine: { ...LOCAL } }, file);
      const service = { kind: 'tinker', url: server.url, model: SERVED_MODEL } as const;
      const there = await evolved(`there ${name}`, { ...adapt, engine: service }, file);
      expect(there.questions).toEqual(here.questions);
      expect(there.votes).toEqual(here.votes);
      expect(here.votes.length).toBeGreaterThan(100);
      expect([...there.weights.keys()]).toEqual([...here.weights.keys()]);
      for (const [key, { data }] of here.weights) expect(there.weights.get(key)?.data, key).toEqual(data);
    },
  );

  it('is nearly the same as in one process, with a reference', { timeout: 240_000 }, async () => {
    const file = 'model.safetensors';
    const settings = { ...withReference(0.01), adapt: { method: 'full' } } as const;
    const here = await evolved('here, reference', { ...settings, engine: { ...LOCAL } }, file);
    const service = { kind: 'tinker', url: server.url, model: SERVED_MODEL } as const;
    const there = await evolved('there, reference', { ...settings, engine: service }, file);
    expect(there.questions).toEqual(here.questions);
    const { tensors: base } = await readSafetensors(join(MODEL, file));
    for (const [key, { data }] of here.weights) {
      const before = base.get(key.slice(key.indexOf(' ') + 1))?.data ?? new Float32Array(0);
      const other = there.weights.get(key)?.data ?? new Float32Array(0);
      expect(distance(data, before), key).toBeGreaterThan(0);
      expect(distance(data, other) / distance(data, before), key).toBeLessThan(0.01);
    }
  });
});

function distance(a: Float32Array, b: Float32Array): number {
  return Math.sqrt(a.reduce((sum, value, at) => sum + (value - b[at]) ** 2, 0));
}
