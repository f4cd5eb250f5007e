/**
 * The same evolution in this process, and through client and server: same questions and votes, and weights with the
 * same bits.
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

/** The correction for a sampler that differs from the trainer; a run on a service has one unless it is switched off. */
const UNCORRECTED = { importanceCorrection: 'none' } as const;
const SETTINGS = {
  ...SHORT_RUN,
  iterations: 1,
  model: MODEL,
  challenger: { ...SHORT_RUN.challenger, ...UNCORRECTED },
  solver: { ...SHORT_RUN.solver, ...UNCORRECTED },
} satisfies ConfigInput;

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
    ['all parameters', { adapt: { method: 'full' } }, 'model.safetensors'],
    ['adapters', { adapt: { method: 'lora', rank: 4, alpha: 32 } }, 'adapter_model.safetensors'],
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
});
