/**
 * Measures what this program itself costs in one iteration at paper scale, whose models run elsewhere: processor time
 * of the whole process by stage, and whether its memory stays flat while it votes. The models are replaced by texts of
 * the usual length; the service runs in another process.
 *
 *     npm run bench:remote
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { resolveConfig } from '../src/config/load.ts';
import { evolve } from '../src/loop/evolve.ts';
import { loadTokenizer } from '../src/models/tokenizer/tokenizer.ts';
import { atMost, checkLines } from './lib/checks.ts';
import { paperEngine } from './lib/remote/paper-engine.ts';
import { paperTexts } from './lib/remote/paper-texts.ts';
import { writeWordModel } from './lib/remote/word-tokenizer.ts';
import { commandOf, provenance, writeResult } from './lib/results.ts';

const { values: options } = parseArgs({
  options: { set: { type: 'string', multiple: true, default: [] }, runs: { type: 'string' } },
});
const root = mkdtempSync(join(tmpdir(), 'rzero-remote-'));
const model = join(root, 'model');
const texts = paperTexts(1024, 1);
await writeWordModel(model, [...texts.questions, ...texts.reasonings, ...texts.ends]);
const tokenizer = await loadTokenizer(model);
const config = resolveConfig({
  scale: 'paper',
  flags: {
    model,
    domain: 'math',
    iterations: 1,
    runsDir: options.runs ?? join(root, 'runs'),
    engine: { kind: 'local' },
  },
  set: ['evaluation.tasks=[]', ...options.set],
});
const engine = paperEngine(tokenizer, texts, {
  parameters: null,
  adapter: null,
  vocabulary: tokenizer.size,
  maxContext: 8192,
  architecture: 'paper',
});

interface StageRow {
  stage: string;
  seconds: number;
  cpuSeconds: number;
  steps: number;
  peakMiB: number;
  firstThirdMiB: number;
  lastThirdMiB: number;
}
const rows: StageRow[] = [];
const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
let [wall, used] = [performance.now(), cpu()];
let rss: number[] = [];
const timer = setInterval(() => rss.push(process.memoryUsage.rss() / 2 ** 20), 200);
const start = { wall, used };
for await (const event of evolve({ config, engine })) {
  if (event.type === 'warning' || event.type === 'notice') process.stderr.write(`${JSON.stringify(event)}\n`);
  if (event.type === 'stage-start') {
    wall = performance.now();
    used = cpu();
    rss = [process.memoryUsage.rss() / 2 ** 20];
  }
  if (event.type === 'stage-end') {
    const third = Math.ceil(rss.length / 3);
    const row = {
      stage: event.stage,
      seconds: (performance.now() - wall) / 1000,
      cpuSeconds: cpu() - used,
      steps: 0,
      peakMiB: Math.max(...rss),
      firstThirdMiB: Math.max(...rss.slice(0, third)),
      lastThirdMiB: Math.max(...rss.slice(-third)),
    };
    rows.push(row);
    process.stderr.write(`${JSON.stringify(row)}\n`);
  }
}
clearInterval(timer);
process.stderr.write(`total cpu ${cpu() - start.used} wall ${(performance.now() - start.wall) / 1000}\n`);
rmSync(root, { recursive: true, force: true });
void atMost;
void checkLines;
void commandOf;
void provenance;
void writeResult;
