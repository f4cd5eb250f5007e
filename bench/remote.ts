/**
 * Measures what this program itself costs in one iteration at paper scale, whose model runs elsewhere: processor time of
 * the whole process (with its threads) by stage, and whether its memory stays flat while the Solver votes. The service is
 * a fake in another process, which answers at once with texts of the usual length.
 *
 *     npm run bench:remote
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { resolveConfig } from '../src/config/load.ts';
import { evolve } from '../src/loop/evolve.ts';
import { openRun } from '../src/store/sqlite.ts';
import { atLeast, atMost, type Check, checkLines } from './lib/checks.ts';
import { StageMeter } from './lib/remote/stage-meter.ts';
import { PAPER_TEXTS, SEED } from './lib/remote/paper-size.ts';
import { SERVED, startPaperService } from './lib/remote/paper-service.ts';
import { paperTexts } from './lib/remote/paper-texts.ts';
import { writeWordModel } from './lib/remote/word-tokenizer.ts';
import { commandOf, provenance, writeResult } from './lib/results.ts';

/** Most processor time of this process for one iteration. */
const CPU_LIMIT_SECONDS = 300;
/** Most that the peak of the last third of the votes may exceed that of the first. */
const GROWTH_LIMIT = 1.25;

const { values: options } = parseArgs({
  options: { set: { type: 'string', multiple: true, default: [] }, trial: { type: 'boolean', default: false } },
});
const root = mkdtempSync(join(tmpdir(), 'rzero-remote-'));
const model = join(root, 'model');
const texts = paperTexts(PAPER_TEXTS, SEED);
await writeWordModel(model, [...texts.questions, ...texts.answers]);
const service = await startPaperService(model);
const config = resolveConfig({
  scale: 'paper',
  flags: {
    model,
    domain: 'math',
    iterations: 1,
    engine: { kind: 'tinker', url: service.url, model: SERVED },
    adapt: { method: 'lora', alpha: 32 },
  },
  set: ['filter.minQuestions=16', ...options.set],
});

const meter = new StageMeter();
const runDir = join(root, 'run');
const evolution = evolve({ config, runDir });
for await (const event of evolution) {
  meter.see(event);
  if (event.type === 'warning') process.stderr.write(`${event.message}\n`);
  if (event.type === 'stage-end') process.stderr.write(`${JSON.stringify(meter.stages.at(-1))}\n`);
  // The fake has no weights to export, with which a run ends.
  if (event.type === 'iteration-end') break;
}
meter.close();
await evolution.result.catch((error: unknown) => process.stderr.write(`${String(error).split('\n')[0]}\n`));
const store = openRun(runDir, { readOnly: true });
const attempts = store.poolOutcomes(1).length;
store.close();
const serviceCpuSeconds = await service.cpuSeconds();
await service.close();
rmSync(root, { recursive: true, force: true });

const votes = meter.stages.find(({ stage }) => stage === 'vote');
const checks: Check[] = [
  atMost('processor seconds of one iteration', meter.cpuSeconds(), CPU_LIMIT_SECONDS),
  atMost('memory of the votes, last third / first third', votes?.growth ?? null, GROWTH_LIMIT),
  atLeast('attempts in the votes', attempts, options.trial ? 0 : 72_000),
];
const lines = checkLines(checks);
if (!options.trial) {
  const result = { attempts, ...meter.result(), serviceCpuSeconds, checks };
  lines.push(`written to ${writeResult('remote', { ...provenance(commandOf('bench:remote')), ...result })}`);
}
process.stdout.write(`${lines.join('\n')}\n`);
process.exitCode = checks.every(({ passed }) => passed) ? 0 : 1;
