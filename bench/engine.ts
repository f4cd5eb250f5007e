/**
 * The local engine's speed, as ratios: against PyTorch and TRL where a Python with them is given, against llama.cpp
 * where a folder with node-llama-cpp is given, against ONNX Runtime's own products, and against itself without
 * shared prompts. Contestants take turns within one run. Use an idle machine; a row keeps its place in
 * bench/results/engine.json until it is measured again.
 *
 *   npm run bench:engine
 *   npm run bench:engine -- --rows sampling,train --shapes 5m,29m --python venv/bin/python --llama FOLDER
 *   npm run bench:engine -- --baseline        # keep the results as what bench:compare holds later ones to
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadCheckpoint } from '../src/models/checkpoint.ts';
import { decoderTensors, type DecoderConfig } from '../src/models/decoder-config.ts';
import { alternate, type Contestant, median } from './lib/alternate.ts';
import { type EngineResult, type EngineResults, mergeRows, type Ratio, resultLines } from './lib/engine-results.ts';
import * as rows from './lib/engine-rows.ts';
import { openGemm } from './lib/gemm.ts';
import { writeGguf } from './lib/gguf.ts';
import { Peer } from './lib/peer.ts';
import { tell } from './lib/play.ts';
import { writeRandomModel } from './lib/random-model.ts';
import { commandOf, provenance, readResult, writeResult } from './lib/results.ts';
import { SHAPES, type ShapeName } from './lib/shapes.ts';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: 'sampling,train,grpo,prefix,publish,memory' },
    shapes: { type: 'string', default: '5m,29m,135m' },
    rounds: { type: 'string', default: '5' },
    python: { type: 'string' },
    llama: { type: 'string' },
    threads: { type: 'string', default: '0' },
    slots: { type: 'string', default: '128' },
    'micro-batch': { type: 'string', default: '4096' },
    'new-tokens': { type: 'string', default: '128' },
    baseline: { type: 'boolean', default: false },
    'memory-of': { type: 'string' },
  },
});
const rounds = Number(options.rounds);
const newTokens = Number(options['new-tokens']);
const threads = Number(options.threads) || availableParallelism();
const sizes: rows.Sizes = { threads, slots: Number(options.slots), microBatchTokens: Number(options['micro-batch']) };
const PROMPT = 32;
const LLAMA_DTYPES = ['bfloat16', 'q8_0'] as const;

interface Place {
  shape: ShapeName;
  config: DecoderConfig;
  folder: string;
}

type Measured = Pick<EngineResult, 'what' | 'seconds' | 'figures' | 'ratios'>;
type Row = (place: Place) => Promise<Measured>;

const TABLE: Record<string, { shapes: readonly ShapeName[]; measure: Row }> = {
  sampling: { shapes: ['5m', '29m', '135m'], measure: sampling },
  train: { shapes: ['5m', '29m', '135m'], measure: train },
  grpo: { shapes: ['5m', '135m'], measure: grpo },
  prefix: { shapes: ['5m', '29m', '135m'], measure: prefix },
  publish: { shapes: ['135m'], measure: publish },
  memory: { shapes: ['135m'], measure: memory },
};

type Peers = Readonly<Record<string, () => Peer>>;

/** Runs ours and the peers in turns. */
async function against(ours: Contestant, peers: Peers): Promise<Record<string, number[]>> {
  const open = Object.entries(peers).map(([name, start]) => [name, start()] as const);
  try {
    const contestants = Object.fromEntries(open.map(([name, peer]) => [name, () => peer.round()]));
    return await alternate({ ours, ...contestants }, rounds);
  } finally {
    for (const [, peer] of open) peer.close();
  }
}

/** A script in both dtypes; none without a Python. */
function pythonPeers(script: string, settings: object): Peers {
  const { python } = options;
  if (python === undefined) return {};
  const start = (dtype: string) => () => new Peer(python, script, { ...settings, threads, dtype });
  return { float32: start('float32'), bfloat16: start('bfloat16') };
}

/** llama.cpp in the dtypes that it is fastest in; none without its folder. */
async function llamaPeers({ folder, config }: Place, settings: object): Promise<Peers> {
  const { llama } = options;
  if (llama === undefined) return {};
  const { weights } = await loadCheckpoint(folder);
  const peers: Record<string, () => Peer> = {};
  for (const dtype of LLAMA_DTYPES) {
    const file = join(folder, `${dtype}.gguf`);
    await writeGguf(file, config, weights, dtype);
    const given = { ...settings, llama: resolve(llama), file, threads };
    peers[`llama.cpp ${dtype}`] = () => new Peer(process.execPath, 'llama_peer.mjs', given);
  }
  return peers;
}

/** How many times faster ours was, by the medians. */
function timesFaster(seconds: Record<string, number[]>, peer: string): number | null {
  return seconds[peer] === undefined ? null : median(seconds[peer]) / median(seconds.ours);
}

function ratio(name: string, value: number | null, wanted: number | null): Ratio[] {
  return value === null ? [] : [{ name, value, wanted }];
}

/** Against whichever of the peer's dtypes is faster. */
function better(name: string, seconds: Record<string, number[]>, wanted: number | null): Ratio[] {
  const found = [timesFaster(seconds, 'float32'), timesFaster(seconds, 'bfloat16')].filter((one) => one !== null);
  return ratio(name, found.length === 0 ? null : Math.min(...found), wanted);
}

function perSecond(tokens: number, seconds: Record<string, number[]>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(seconds).map(([name, all]) => [`${name} tokens/s`, Math.round(tokens / median(all))]),
  );
}

async function sampling(place: Place): Promise<Measured> {
  const { shape, config, folder } = place;
  const sequences = 64;
  const requests = rows.prompts(sequences, PROMPT, config).map((prompt, at) => rows.request(prompt, 1, at, newTokens));
  const settings = { sequences, prompt: PROMPT, newTokens };
  const peers = {
    ...pythonPeers('torch_peer.py', { task: 'sampling', folder, ...settings }),
    ...(await llamaPeers(place, settings)),
  };
  const seconds = await rows.withEngine(sizes, folder, async (engine, base) => {
    const sampler = await engine.openSampler(base);
    return against(() => rows.sampleOnce(sampler, requests), peers);
  });
  const wanted = { '5m': 5, '29m': null, '135m': 2 }[shape];
  return {
    what: `${sequences} sequences, ${PROMPT} + ${newTokens} tokens`,
    seconds,
    figures: perSecond(sequences * newTokens, seconds),
    ratios: [
      ...better('against transformers.generate, its better dtype', seconds, wanted),
      ...LLAMA_DTYPES.flatMap((dtype) =>
        ratio(`against llama.cpp, ${dtype} weights`, timesFaster(seconds, `llama.cpp ${dtype}`), 1),
      ),
    ],
  };
}

async function train({ shape, config, folder }: Place): Promise<Measured> {
  const [sequences, length] = shape === '135m' ? [8, 256] : [16, 256];
  const examples = rows.trainingExamples(sequences, length, config);
  const parameters = parametersOf(config);
  const peers = pythonPeers('torch_peer.py', { task: 'train', folder, sequences, length });
  const gemm = await openGemm(threads);
  const gemmSeconds: number[] = [];
  const seconds = await rows.withEngine(sizes, folder, async (engine, base) => {
    const policy = await engine.openPolicy({ from: base, optimizer: 'fresh' });
    return against(async () => {
      gemmSeconds.push(await gemm.round());
      return rows.trainOnce(policy, examples);
    }, peers);
  });
  await gemm.close();
  const tokens = sequences * length;
  const ceiling = gemm.operations / median(gemmSeconds);
  const reached = (6 * parameters * tokens) / median(seconds.ours);
  return {
    what: `${sequences} sequences of ${length} tokens, a target everywhere: forward, backward, AdamW`,
    seconds,
    figures: { ...perSecond(tokens, seconds), 'GEMM GFLOP/s': ceiling / 1e9, 'model GFLOP/s': reached / 1e9 },
    ratios: [
      ...ratio('against PyTorch float32', timesFaster(seconds, 'float32'), shape === '135m' ? 1.3 : 1.5),
      ...ratio('against PyTorch bfloat16 autocast', timesFaster(seconds, 'bfloat16'), 0.8),
      ...ratio("share of ONNX Runtime's GEMM rate", reached / ceiling, shape === '5m' ? null : 0.7),
    ],
  };
}

async function grpo({ config, folder }: Place): Promise<Measured> {
  const settings = { prompts: 16, prompt: PROMPT, groupSize: 8, newTokens };
  const given = rows.prompts(settings.prompts, PROMPT, config);
  const peers = pythonPeers('trl_peer.py', { ...settings, folder, batchTokens: sizes.microBatchTokens });
  const seconds = await rows.withEngine(sizes, folder, async (engine, base) => {
    const policy = await engine.openPolicy({ from: base, optimizer: 'fresh' });
    const reference = await engine.openSampler(base);
    return against(() => rows.grpoOnce(engine, policy, reference, given, settings), peers);
  });
  return {
    what: `${settings.prompts} prompts of ${PROMPT} tokens, ${settings.groupSize} rollouts of ${newTokens} tokens: publish, sample, reference, backward, AdamW`,
    seconds,
    figures: perSecond(settings.prompts * settings.groupSize * newTokens, seconds),
    ratios: better("against TRL's GRPOTrainer, its better dtype", seconds, 3),
  };
}

async function prefix({ config, folder }: Place): Promise<Measured> {
  const [questions, votes, prompt, tokens] = [32, 10, 200, Math.min(64, newTokens)];
  const requests = rows.prompts(questions, prompt, config).map((one, at) => rows.request(one, votes, at, tokens));
  const wide = { ...sizes, slots: questions * votes };
  const seconds = await rows.withEngine(wide, folder, (shared, base) =>
    rows.withEngine({ ...wide, sharePrompts: false }, folder, async (apart) => {
      const [together, alone] = [await shared.openSampler(base), await apart.openSampler(base)];
      return alternate(
        { ours: () => rows.sampleOnce(together, requests), unshared: () => rows.sampleOnce(alone, requests) },
        rounds,
      );
    }),
  );
  return {
    what: `${votes} votes of ${tokens} tokens for each of ${questions} questions of ${prompt} tokens`,
    seconds,
    figures: perSecond(questions * votes * tokens, seconds),
    ratios: ratio('against no sharing', timesFaster(seconds, 'unshared'), 2),
  };
}

async function publish({ config, folder }: Place): Promise<Measured> {
  const [prompt] = rows.prompts(1, PROMPT, config);
  const seconds = await rows.withEngine(sizes, folder, async (engine, base) => {
    const policy = await engine.openPolicy({ from: base, optimizer: 'fresh' });
    return alternate({ ours: () => rows.publishOnce(engine, policy, prompt) }, rounds);
  });
  const taken = median(seconds.ours);
  return {
    what: "from the trainer's weights to a sampler that has decoded a token",
    seconds,
    figures: { seconds: taken },
    ratios: ratio('1 s over the time', 1 / taken, 1),
  };
}

const MEMORY_TOKENS = 4096;

async function memory({ shape }: Place): Promise<Measured> {
  const again = [...process.execArgv, process.argv[1], '--memory-of', shape, '--threads', String(threads)];
  const child = spawnSync(process.execPath, [...again, '--micro-batch', options['micro-batch']], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const bytes = Number(/^peak (\d+)$/m.exec(child.stdout)?.[1]);
  if (!(bytes > 0)) throw new Error('the training step did not end');
  return {
    what: `peak resident memory of a process that trains one step on ${MEMORY_TOKENS} tokens`,
    seconds: {},
    figures: { GB: bytes / 1e9 },
    ratios: ratio('6 GB over the peak', 6e9 / bytes, 1),
  };
}

/** The child of `memory`: one training step, then the process's peak. */
async function trainAlone({ config, folder }: Place): Promise<void> {
  const examples = rows.trainingExamples(MEMORY_TOKENS / 256, 256, config);
  await rows.withEngine(sizes, folder, async (engine, base) => {
    const policy = await engine.openPolicy({ from: base, optimizer: 'fresh' });
    await rows.trainOnce(policy, examples);
  });
  // Kilobytes, on every platform since libuv 1.45.
  process.stdout.write(`peak ${process.resourceUsage().maxRSS * 1024}\n`);
}

function parametersOf(config: DecoderConfig): number {
  return decoderTensors(config).reduce((sum, { shape }) => sum + shape.reduce((size, dim) => size * dim, 1), 0);
}

function namesOf<Name extends string>(given: string, known: readonly Name[], what: string): Name[] {
  return given.split(',').map((name) => {
    const found = known.find((one) => one === name);
    if (found === undefined) throw new Error(`${what} ${name} is unknown; there are ${known.join(', ')}`);
    return found;
  });
}

async function measureAll(root: string): Promise<EngineResult[]> {
  const command = commandOf('bench:engine');
  const measured: EngineResult[] = [];
  for (const shape of namesOf(options.shapes, Object.keys(SHAPES) as ShapeName[], 'shape')) {
    const place = { shape, config: SHAPES[shape], folder: join(root, shape) };
    const wanted = namesOf(options.rows, Object.keys(TABLE), 'row').filter((row) => TABLE[row].shapes.includes(shape));
    if (wanted.length > 0) await writeRandomModel(place.folder, place.config);
    for (const row of wanted) {
      tell(`${row} ${shape} …`);
      const result = { ...provenance(command), row, shape, ...(await TABLE[row].measure(place)) };
      tell(resultLines([result]).slice(2).join('\n'));
      measured.push(result);
    }
  }
  return measured;
}

const root = mkdtempSync(join(tmpdir(), 'rzero-engine-'));
try {
  if (options['memory-of'] === undefined) {
    const measured = await measureAll(root);
    const results = mergeRows(readResult<EngineResults>('engine'), measured);
    const paths = [writeResult('engine', results)];
    if (options.baseline) paths.push(writeResult('engine.baseline', results));
    process.stdout.write(`${[...resultLines(measured), `kept in ${paths.join(', ')}`].join('\n')}\n`);
  } else {
    const [shape] = namesOf(options['memory-of'], Object.keys(SHAPES) as ShapeName[], 'shape');
    const place = { shape, config: SHAPES[shape], folder: join(root, shape) };
    await writeRandomModel(place.folder, place.config);
    await trainAlone(place);
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
