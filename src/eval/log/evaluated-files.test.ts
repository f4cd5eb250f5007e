import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { writeSafetensors } from '../../models/weights/safetensors.ts';
import { EvalError } from '../../errors.ts';
import { findEvaluated, type ModelIdentity } from '../../generate/open-model.ts';
import { evaluatedFiles } from './evaluated-files.ts';
import { type EvaluationAbout, openLog, readLog } from './log.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-evaluated-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const model = join(root, 'model');
const weights = join(model, 'model.safetensors');
let evaluation: string;
let made = 0;

const settings: EvaluationAbout['settings'] = {
  seed: 1,
  temperature: 1,
  topP: 1,
  topK: 0,
  minP: 0,
  maxTokens: null,
  prompts: 'math',
};

const identity = async (): Promise<ModelIdentity> => (await findEvaluated(model, { runsDir: root })).identity;

beforeEach(async () => {
  rmSync(model, { recursive: true, force: true });
  evaluation = join(root, `evaluation-${++made}`);
  mkdirSync(model);
  writeFileSync(join(model, 'config.json'), '{}');
  // So large that the fingerprint of its identity leaves out its middle.
  const data = Float32Array.from({ length: 100_000 }, (_, at) => at);
  await writeSafetensors(weights, [['w', { shape: [data.length], data }]]);
  const found = await identity();
  openLog(evaluation, { model: found, settings, files: await evaluatedFiles(evaluation, found) }).close();
});

function flipMiddle(): void {
  const bytes = readFileSync(weights);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(weights, bytes);
}

it('refuses to continue an evaluation with one changed weight in the middle', async () => {
  const before = await identity();
  flipMiddle();
  const now = await identity();
  expect(now.fingerprint).toBe(before.fingerprint);
  const refused = evaluatedFiles(evaluation, now);
  await expect(refused).rejects.toThrow(EvalError);
  await expect(refused).rejects.toThrow(`The weights of the model ${weights} changed since its evaluation began.`);
});

it('continues with a touched model, and an evaluation without a record', async () => {
  utimesSync(weights, 1_000_000_000, 1_000_000_000);
  expect(await evaluatedFiles(evaluation, await identity())).toMatchObject({ base: null });
  const old = join(root, `evaluation-${++made}`);
  openLog(old, { model: await identity(), settings }).close();
  flipMiddle();
  expect(await evaluatedFiles(old, await identity())).toBeUndefined();
  const log = readLog(old);
  expect(log.about().files).toBeUndefined();
  log.close();
});
