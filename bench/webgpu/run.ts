/**
 * Measures training and sampling on a GPU against the processor, and against PyTorch with CUDA in bfloat16 (given a
 * Python with torch and transformers), within eight minutes. Contestants alternate. Use an idle machine.
 * bench/results/webgpu.json is written only for a real GPU; `--out` writes elsewhere, also for a software adapter.
 *
 *     npm run bench:webgpu -- --python venv/bin/python
 *     npm run bench:webgpu -- --shapes tiny --minutes 4 --out /somewhere/trial.json
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { toJson } from '../../src/ablate/result.ts';
import { deviceProblem } from '../../src/engine/local/device/choice.ts';
import { measureDevice } from '../../src/engine/local/device/measure.ts';
import { partOf } from '../../src/engine/local/device/report.ts';
import type { Engine, WeightsRef } from '../../src/engine/engine.ts';
import { timingWeights } from '../../src/engine/local/device/shapes.ts';
import { writeWhole } from '../../src/files/atomic-file.ts';
import { type DecoderConfig, parameterCount } from '../../src/models/decoder-config.ts';
import type { Contestant } from '../lib/alternate.ts';
import * as rows from '../lib/engine-rows.ts';
import { Peer } from '../lib/peer.ts';
import { writeRandomModel } from '../lib/random-model.ts';
import { commandOf, provenance, writeResult } from '../lib/results.ts';
import { SHAPES } from '../lib/shapes.ts';
import { resultLines, type WebgpuResults, type WebgpuRow } from './results.ts';
import { measureUntil } from './until.ts';

const { values: options } = parseArgs({
  options: {
    shapes: { type: 'string', default: '5m,29m,135m,600m' },
    python: { type: 'string' },
    minutes: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '0' },
    out: { type: 'string' },
  },
});
const threads = Number(options.threads) || availableParallelism();
const end = performance.now() + Number(options.minutes) * 60_000;
const PEER = 'PyTorch CUDA bfloat16';

/** Tries the script on any machine. */
const TINY: DecoderConfig = { ...SHAPES['5m'], hidden: 64, heads: 1, kvHeads: 1, layers: 2, intermediate: 128 };
const ALL: Readonly<Record<string, DecoderConfig>> = { tiny: TINY, ...SHAPES };

/** Sizes of the work: as in `bench:engine`, and less of it for what takes a processor minutes. */
function workOf(shape: string): { train: number; sequences: number; newTokens: number; length: number } {
  if (shape === 'tiny') return { train: 4, length: 64, sequences: 8, newTokens: 16 };
  if (shape === '600m') return { train: 4, length: 256, sequences: 64, newTokens: 32 };
  return { train: shape === '135m' ? 8 : 16, length: 256, sequences: 64, newTokens: 128 };
}

const PROMPT = 32;

/** Whether a Python can compare: it has CUDA, PyTorch and transformers. */
function hasCuda(python: string): boolean {
  const asked = spawnSync(python, ['-c', 'import torch, transformers; assert torch.cuda.is_available()']);
  return asked.status === 0;
}

type Task = WebgpuRow['row'];

/** Opens what it runs in its first round, so that a model that does not fit fails this contestant only. */
function contestant(engine: Engine, base: WeightsRef, { row, config, work }: Given): Contestant {
  const { train, length, sequences, newTokens } = work;
  const open = async (): Promise<Contestant> => {
    if (row === 'train') {
      const policy = await engine.openPolicy({ from: base, optimizer: 'fresh' });
      const examples = rows.trainingExamples(train, length, config);
      return () => rows.trainOnce(policy, examples);
    }
    const sampler = await engine.openSampler(base);
    const prompts = rows.prompts(sequences, PROMPT, config);
    const requests = prompts.map((one, at) => rows.request(one, 1, at, newTokens));
    return () => rows.sampleOnce(sampler, requests);
  };
  let opened: Promise<Contestant> | null = null;
  return async () => (await (opened ??= open()))();
}

interface Given {
  row: Task;
  config: DecoderConfig;
  work: ReturnType<typeof workOf>;
}

async function measure(shape: string, row: Task, folder: string, python: string | null): Promise<WebgpuRow> {
  const config = ALL[shape];
  const work = workOf(shape);
  const { train, length, sequences, newTokens } = work;
  const sizes: rows.Sizes = { threads, slots: sequences, microBatchTokens: 1024 };
  const ofPeer = row === 'train' ? { sequences: train, length } : { sequences, prompt: PROMPT, newTokens };
  const peer =
    python === null
      ? null
      : new Peer(python, 'torch_peer.py', { task: row, folder, threads, dtype: 'bfloat16', device: 'cuda', ...ofPeer });
  try {
    const timed = await rows.withEngine({ ...sizes, device: 'webgpu' }, folder, (gpu, base) =>
      rows.withEngine({ ...sizes, device: 'cpu' }, folder, async (cpu) => {
        const ours = {
          webgpu: contestant(gpu, base, { row, config, work }),
          cpu: contestant(cpu, base, { row, config, work }),
        };
        const all: Record<string, Contestant> = peer === null ? ours : { ...ours, [PEER]: () => peer.round() };
        return measureUntil(all, { rounds: Number(options.rounds), deadline: deadlineOf(shape, row) });
      }),
    );
    const tokens = row === 'train' ? train * length : sequences * newTokens;
    const what =
      row === 'train'
        ? `${train} sequences of ${length} tokens: forward, backward, AdamW`
        : `${sequences} sequences, ${PROMPT} + ${newTokens} tokens`;
    return { shape, parameters: parameterCount(config), row, what, tokens, ...timed };
  } finally {
    peer?.close();
  }
}

const shapes = options.shapes.split(',').filter((name) => name in ALL);
const tasks = shapes.flatMap((shape) => (['train', 'sampling'] as const).map((row) => ({ shape, row })));

/** Every row may take its share of the time that is left when it starts. */
function deadlineOf(shape: string, row: Task): number {
  const at = tasks.findIndex((task) => task.shape === shape && task.row === row);
  const now = performance.now();
  return now + (end - now) / (tasks.length - at);
}

async function main(root: string): Promise<void> {
  const [smallest] = shapes;
  const sizes = { threads, slots: 64, microBatchTokens: 1024 };
  const report = await measureDevice({ decoder: ALL[smallest], sizes, parts: ['adapter', 'numbers'] });
  const problem = deviceProblem(report);
  if (problem !== null) throw problem;
  const [adapter, numbers] = [partOf(report, 'adapter'), partOf(report, 'numbers')];
  if (adapter === undefined || numbers === undefined) throw new Error('The GPU was not measured.');
  const isReal = report.name !== null && !report.name.software;
  process.stdout.write(`adapter: ${report.name?.name ?? 'not named'}\n`);
  if (!isReal && options.out === undefined) {
    throw new Error('This is no real GPU, so its figures are no results. Write them elsewhere with --out FILE.');
  }
  const { python = 'python3' } = options;
  const cuda = hasCuda(python) ? python : null;
  if (cuda === null) process.stdout.write(`${python} has no PyTorch with CUDA and transformers: it is left out\n`);
  const measured: WebgpuRow[] = [];
  const write = (): string => {
    const results: WebgpuResults = {
      ...provenance(commandOf('bench:webgpu')),
      adapter: report.name,
      half: adapter.half,
      numbers,
      rows: measured,
    };
    if (options.out === undefined) return writeResult('webgpu', results);
    writeWhole(options.out, toJson(results));
    return options.out;
  };
  for (const shape of shapes) {
    const folder = join(root, shape);
    await writeRandomModel(folder, ALL[shape], undefined, timingWeights(ALL[shape]));
    for (const row of ['train', 'sampling'] as const) {
      process.stdout.write(`${row} ${shape}\n`);
      measured.push(await measure(shape, row, folder, cuda));
      // What is measured is kept even if a later model ends the process.
      write();
    }
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(`${[...resultLines(measured), `written to ${write()}`].join('\n')}\n`);
}

const root = mkdtempSync(join(tmpdir(), 'rzero-webgpu-'));
try {
  await main(root);
} finally {
  rmSync(root, { recursive: true, force: true });
}
