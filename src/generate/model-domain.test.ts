import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { writeRandomCheckpoint } from '../../test/fixtures/random-checkpoint.ts';
import { resolveConfig } from '../config/load.ts';
import { writeDomainRecord } from '../models/domain-record.ts';
import { createRun } from '../store/sqlite.ts';
import { domainOfFolder, domainOfModel } from './model-domain.ts';
import { findEvaluated, fingerprintOf } from './open-model.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-model-domain-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('is recorded by the shipped base', async () => {
  const found = await findEvaluated('models/arith-base', { runsDir: join(root, 'runs') });
  expect(await domainOfModel(found)).toEqual({ domain: 'arithmetic', from: 'folder' });
});

it('is found in the folder, in its base for an adapter, and nowhere in a plain model', async () => {
  const folder = join(root, 'plain');
  await writeRandomCheckpoint(folder);
  const before = await fingerprintOf(folder);
  const found = await findEvaluated(folder, { runsDir: root });
  expect(await domainOfModel(found)).toEqual({ domain: null, from: 'none' });
  writeDomainRecord(folder, 'math');
  expect(await domainOfModel(found)).toEqual({ domain: 'math', from: 'folder' });
  // The record is no part of the model: evaluations of it can be continued.
  expect(await fingerprintOf(folder)).toBe(before);

  const adapter = join(root, 'adapter');
  mkdirSync(adapter);
  writeFileSync(
    join(adapter, 'adapter_config.json'),
    JSON.stringify({
      peft_type: 'LORA',
      base_model_name_or_path: folder,
      r: 4,
      lora_alpha: 8,
      target_modules: ['q_proj'],
    }),
  );
  expect(await domainOfFolder(adapter)).toBe('math');
  writeDomainRecord(adapter, 'arithmetic');
  expect(await domainOfFolder(adapter)).toBe('arithmetic');
});

it('is found in the run, also by the folders inside it', async () => {
  const dir = join(root, 'runs', 'run-a');
  const config = resolveConfig({ flags: { domain: 'math', model: join(root, 'plain') } });
  createRun(dir, { id: 'run-a', createdAt: '2026-01-01T00:00:00Z', version: '0', config }).close();
  const found = await findEvaluated('run-a@0', { runsDir: join(root, 'runs') });
  expect(await domainOfModel(found)).toEqual({ domain: 'math', from: 'run' });
  for (const folder of [join(dir, 'best'), join(dir, 'weights', 'state')]) {
    cpSync(join(root, 'plain'), folder, { recursive: true });
    rmSync(join(folder, 'rzero.json'));
    expect(await domainOfFolder(folder)).toBe('math');
  }
});
