/**
 * Probes a running service as the engine does before a run, and prints what was found as JSON.
 *
 *     npx tsx test/interop/probe.ts URL [--tokenizer FOLDER] [--rank 8] [--out FILE]
 */

import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { readBaseFacts } from '../../src/engine/tinker/base/base-folder.ts';
import { profileOf } from '../../src/engine/tinker/probe/findings.ts';
import { probeSampling } from '../../src/engine/tinker/probe/probe-sampling.ts';
import { probeTraining } from '../../src/engine/tinker/probe/probe-training.ts';
import { connect } from '../../src/engine/tinker/transport/connect.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tokenizer: { type: 'string', default: 'models/arith-base' },
    rank: { type: 'string', default: '8' },
    out: { type: 'string' },
  },
});
const url = positionals[0];
if (url === undefined) throw new Error('Usage: probe.ts URL');

const api = await connect({
  url,
  apiKey: process.env['TINKER_API_KEY'] ?? 'tml-local',
  concurrency: 16,
  patience: 60,
});
const started = Date.now();
try {
  const facts = await readBaseFacts(values.tokenizer);
  const [base] = await api.supportedModels();
  if (base === undefined) throw new Error(`${url} offers no model.`);
  const lora = {
    rank: Number(values.rank),
    seed: 1,
    train_unembed: false,
    train_mlp: true,
    train_attn: true,
    lora_alpha: 32,
    lora_dropout: 0,
  };
  const sampling = await probeSampling(api, base, facts);
  const training = await probeTraining(api, { base: base.name, lora }, facts);
  const findings = {
    date: new Date().toISOString(),
    seconds: Math.round((Date.now() - started) / 1000),
    profile: profileOf(training, sampling),
    sampling,
    training,
  };
  const text = `${JSON.stringify(findings, null, 2)}\n`;
  process.stdout.write(text);
  if (values.out !== undefined) await writeFile(values.out, text);
} finally {
  await api.close();
}
