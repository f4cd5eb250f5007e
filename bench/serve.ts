/**
 * Measures what the wire costs: a full GRPO step by the engine in this process, and by the same engine behind
 * `rzero serve`, in turns within one run. Use an idle machine.
 *
 *     npm run build && npx tsx bench/serve.ts
 *     npx tsx bench/serve.ts --rounds 9 --prompts 16 --group 8 --new-tokens 64
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { resolveConfig } from '../src/config/load.ts';
import { createLocalEngine } from '../src/engine/local/index.ts';
import { openEngine } from '../src/engine/open-engine.ts';
import type { Engine } from '../src/engine/engine.ts';
import { alternate, type Contestant, median } from './lib/alternate.ts';
import { grpoOnce, prompts, type Sizes } from './lib/engine-rows.ts';
import { writeRandomModel } from './lib/random-model.ts';
import { SHAPES } from './lib/shapes.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    prompts: { type: 'string', default: '16' },
    group: { type: 'string', default: '8' },
    'new-tokens': { type: 'string', default: '64' },
    lora: { type: 'boolean', default: false },
  },
});
const [rounds, count, groupSize, newTokens] = [values.rounds, values.prompts, values.group, values['new-tokens']].map(
  Number,
);
const PROMPT = 32;
const NAME = 'bench/5m';
const sizes: Sizes = { threads: availableParallelism(), slots: 128, microBatchTokens: 1024 };

const root = mkdtempSync(join(tmpdir(), 'rzero-bench-serve-'));
const folder = join(root, 'model');
const config = SHAPES['5m'];
await writeRandomModel(folder, config);

const child = spawn(
  process.execPath,
  [
    'dist/cli/main.js',
    'serve',
    '--tinker',
    '--json',
    '--model',
    folder,
    '--name',
    NAME,
    '--port',
    '0',
    '--checkpoints',
    join(root, 'checkpoints'),
    '--set',
    `engine.slots=${sizes.slots}`,
    '--set',
    `engine.microBatchTokens=${sizes.microBatchTokens}`,
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const url = await new Promise<string>((resolve, reject) => {
  let out = '';
  child.on('exit', () => reject(new Error('the server has ended')));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    const found = /"url": "([^"]+)"/.exec(out)?.[1];
    if (found !== undefined) resolve(found);
  });
});

/** A step of one policy of the engine, with the base as reference. */
async function contestant(engine: Engine): Promise<Contestant> {
  const from = { kind: 'base' as const, path: folder };
  const adapt = values.lora
    ? {
        kind: 'lora' as const,
        rank: 16,
        alpha: 32,
        targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const,
        seed: 1,
      }
    : { kind: 'full' as const };
  const policy = await engine.openPolicy({ from, optimizer: 'fresh', adapt });
  const reference = await engine.openSampler(from);
  return () => grpoOnce(engine, policy, reference, prompts(count, PROMPT, config), { groupSize, newTokens });
}

try {
  const local = await createLocalEngine(sizes);
  const { engine: settings } = resolveConfig({ flags: { engine: { kind: 'tinker', url, model: NAME } } });
  const remote = await openEngine(settings);
  const seconds = await alternate({ local: await contestant(local), served: await contestant(remote) }, rounds);
  const [here, there] = [median(seconds.local), median(seconds.served)];
  const show = (list: readonly number[]): string => list.map((one) => one.toFixed(2)).join(' ');
  process.stdout.write(`in this process: ${here.toFixed(3)} s (${show(seconds.local)})\n`);
  process.stdout.write(`over the wire:   ${there.toFixed(3)} s (${show(seconds.served)})\n`);
  process.stdout.write(`overhead: ${(100 * (there / here - 1)).toFixed(1)} %\n`);
  await remote.close();
  await local.close();
} finally {
  child.kill();
  rmSync(root, { recursive: true, force: true });
}
