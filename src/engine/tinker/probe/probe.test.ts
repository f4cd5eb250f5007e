import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTablesBase } from '../../../../test/engines/memory-service/base.ts';
import { MEMORY_MODEL, MemoryBackend } from '../../../../test/engines/memory-service/index.ts';
import { LIKE_OPENRL, LIKE_SKYRL_JAX, type Quirks } from '../../../../test/engines/memory-service/quirks.ts';
import { type BaseFacts, readBaseFacts } from '../base/base-folder.ts';
import { RemoteService } from '../remote-service.ts';
import type { Findings } from './findings.ts';

let root: string;
let facts: BaseFacts;
const LORA = { rank: 3, seed: 1, train_attn: true, train_mlp: true, lora_alpha: 32, lora_dropout: 0 };

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rzero-probe-'));
  await writeTablesBase(root);
  facts = await readBaseFacts(root);
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function probed(quirks: Partial<Quirks> = {}): Promise<{ found: Findings; backend: MemoryBackend }> {
  const backend = await MemoryBackend.open(root, facts.decode, quirks);
  const service = new RemoteService('main', backend.service(), MEMORY_MODEL);
  await service.training(facts, LORA);
  return { found: await service.findings(), backend };
}

it('x', async () => {
  for (const q of [{}, LIKE_SKYRL_JAX, LIKE_OPENRL]) {
    const { found, backend } = await probed(q);
    console.log(JSON.stringify(found, null, 1), backend.calls.length);
  }
});
