/**
 * Measures the local engine's speed as ratios: against PyTorch and TRL (given a Python with them), llama.cpp
 * (given a folder with node-llama-cpp), ONNX Runtime's own matrix products, and itself without shared
 * prompts. Contestants alternate within one run. Use an idle machine. A row of bench/results/engine.json
 * stays until it is measured again.
 *
 *     npm run bench:engine
 *     npm run bench:engine -- --rows sampling,train --shapes 5m,29m --python venv/bin/python --llama FOLDER
 *     npm run bench:engine -- --baseline        # also save the results as the baseline of bench:compare
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadCheckpoint } from '../src/models/checkpoint.ts';
import { localEngine } from '../src/config/schema.ts';
import type { Engine } from '../src/engine/engine.ts';
import { forecastMemory, type MemorySizes } from '../src/engine/local/memory/forecast-memory.ts';
import { type DecoderConfig, parameterCount } from '../src/models/decoder-config.ts';
import { alternate, type Contestant, median } from './lib/alternate.ts';
import { type EngineResult, type EngineResults, mergeRows, type Ratio, resultLines } from './lib/engine-results.ts';
import * as rows from './lib/engine-rows.ts';
import { openGemm } from './lib/gemm.ts';
import { writeGguf } from './lib/gguf.ts';
import type { MemoryReport, MemoryTask } from './lib/memory-child.ts';
import { Peer } from './lib/peer.ts';
import { logProgress } from './lib/play.ts';
import { writeRandomModel } from './lib/random-model.ts';
import { commandOf, provenance, readResult, writeResult } from './lib/results.ts';
import { SHAPES, type ShapeName } from './lib/shapes.ts';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: 'sampling,train,grpo,prefix,publish,memory,steady' },
    shapes: { type: 'string', default: '5m,29m,135m' },
    rounds: { type: 'string', default: '5' },
    python: { type: 'string' },
    llama: { type: 'string' },
    threads: { type: 'string', default: '0' },
    slots: { type: 'string', default: '128' },
    'micro-batch': { type: 'string', default: String(localEngine.parse({}).microBatchTokens) },
    'new-tokens': { type: 'string', default: '128' },
    baseline: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);
const newTokens = Number(options['new-tokens']);
const threads = Number(options.threads) || availableParallelism();
const sizes: rows.Sizes = { threads, slots: Number(options.slots), microBatchTokens: Number(options['micro-batch']) };
const PROMPT = 32;
/** Tokens of a micro-batch in TRL's trainer. */
const PEER_BATCH_TOKENS = 4096;
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
  pair: { shapes: ['5m'], measure: pair },
  publish: { shapes: ['135m'], measure: publish },
  memory: { shapes: ['5m', '29m', '135m', '600m'], measure: memory },
  residents: { shapes: ['600m'], measure: residents },
  steady: { shapes: ['5m'], measure: steady },
};

type Peers = Readonly<Record<string, () => Peer>>;

/** Runs this engine and the peers alternately. */
async function against(ours: Contestant, peers: Peers): Promise<Record<string, number[]>> {
  const open = Object.entries(peers).map(([name, start]) => [name, start()] as const);
  try {
    const contestants = Object.fromEntries(open.map(([name, peer]) => [name, () => peer.round()]));
    return await alternate({ ours, ...contestants }, rounds);
  } finally {
    for (const [, peer] of open) peer.close();
  }
}

/** Returns a script in both dtypes, or nothing without a Python. */
function pythonPeers(script: string, settings: object): Peers {
  const { python } = options;
  if (python === undefined) return {};
  const start = (dtype: string) => () => new Peer(python, script, { ...settings, threads, dtype });
  return { float32: start('float32'), bfloat16: start('bfloat16') };
}

/** Returns llama.cpp in its fastest dtypes, or nothing without its folder. */
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

/** Returns how many times faster this engine was, by the medians. */
function timesFaster(seconds: Record<string, number[]>, peer: string): number | null {
  return seconds[peer] === undefined ? null : median(seconds[peer]) / median(seconds.ours);
}

function ratio(name: string, value: number | null, wanted: number | null): Ratio[] {
  return value === null ? [] : [{ name, value, wanted }];
}

/** Compares with the faster of the peer's dtypes. */
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
  const wanted = { '5m': 5, '29m': null, '135m': 2, '600m': null }[shape];
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
  const parameters = parameterCount(config);
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
  const peers = pythonPeers('trl_peer.py', { ...settings, folder, batchTokens: PEER_BATCH_TOKENS });
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
      // Kept open for their sessions. A sampler that ran the prompts before would find their beginnings.
      for (const engine of [shared, apart]) await engine.openSampler(base);
      const fresh = async (engine: Engine): Promise<number> => {
        const sampler = await engine.openSampler(base);
        const seconds = await rows.sampleOnce(sampler, requests);
        await sampler.close();
        return seconds;
      };
      return alternate({ ours: () => fresh(shared), unshared: () => fresh(apart) }, rounds);
    }),
  );
  return {
    what: `${votes} votes of ${tokens} tokens for each of ${questions} questions of ${prompt} tokens`,
    seconds,
    figures: perSecond(questions * votes * tokens, seconds),
    ratios: ratio('against no sharing', timesFaster(seconds, 'unshared'), 2),
  };
}

/** Measures the pair of samplers against one sampler of both threads. */
async function pair({ config, folder }: Place): Promise<Measured> {
  const sequences = 64;
  const requests = rows.prompts(sequences, PROMPT, config).map((prompt, at) => rows.request(prompt, 1, at, newTokens));
  const two = { ...sizes, threads: 2 };
  const seconds = await rows.withEngine(two, folder, (engine, base) =>
    rows.withEngine({ ...two, pairSamplers: false }, folder, async (other) => {
      const [together, alone] = [await engine.openSampler(base), await other.openSampler(base)];
      return alternate(
        { ours: () => rows.sampleOnce(together, requests), one: () => rows.sampleOnce(alone, requests) },
        rounds,
      );
    }),
  );
  return {
    what: `${sequences} sequences of ${PROMPT} + ${newTokens} tokens: two samplers of one thread, and one of two threads`,
    seconds,
    figures: perSecond(sequences * newTokens, seconds),
    ratios: ratio('against one sampler of two threads', timesFaster(seconds, 'one'), null),
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

const LENGTH = 256;

/** Runs a task in its own process, so that the measured memory is the task's alone. */
function inChild(task: MemoryTask): MemoryReport {
  const script = fileURLToPath(new URL('./lib/memory-child.ts', import.meta.url));
  const child = spawnSync(process.execPath, [...process.execArgv, script, JSON.stringify(task)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.status !== 0) throw new Error(`the task exited with ${child.status ?? child.signal}`);
  return JSON.parse(child.stdout) as MemoryReport;
}

async function memory({ shape, config, folder }: Place): Promise<Measured> {
  // The activations of 0.6 billion parameters do not fit in memory together with the rest of a run.
  const recompute = shape === '600m' ? 'on' : 'off';
  const sequences = shape === '600m' ? 4 : 16;
  const activationBytes = recompute === 'on' ? 0 : undefined;
  const task = { folder, what: 'step', sequences, length: LENGTH, sizes: { ...sizes, activationBytes } } as const;
  const { peak } = inChild(task);
  const { bytes } = forecastMemory({ ...sizesOf(config), recompute }, Infinity);
  return {
    what: `peak resident memory of a process that trains one step on ${sequences * LENGTH} tokens, recomputation ${recompute}`,
    seconds: {},
    figures: { GB: peak / 1e9, 'forecast GB': bytes / 1e9 },
    ratios: [
      ...(shape === '135m' ? ratio('6 GB over the peak', 6e9 / peak, 1) : []),
      ...ratio('forecast and peak, the smaller over the larger', Math.min(bytes / peak, peak / bytes), 0.85),
    ],
  };
}

/** Measures a training step with the other models of a run in memory, except the voting Solver. */
async function residents({ config, folder }: Place): Promise<Measured> {
  const slots = 16;
  const task = { folder, what: 'residents', sequences: 4, length: LENGTH } as const;
  const { peak } = inChild({ ...task, sizes: { ...sizes, slots, activationBytes: 0 } });
  const held = { ...sizesOf(config), frozen: 1, samplers: 1, slots, longest: 64 };
  const { bytes } = forecastMemory({ ...held, recompute: 'on' }, Infinity);
  return {
    what: `the same with a reference and a published copy that has sampled in memory, on ${4 * LENGTH} tokens`,
    seconds: {},
    figures: { GB: peak / 1e9, 'forecast GB': bytes / 1e9 },
    ratios: ratio('24 GiB over the peak', (24 * 2 ** 30) / peak, 1),
  };
}

function sizesOf(decoder: DecoderConfig): Omit<MemorySizes, 'recompute'> {
  const alone = {
    adapter: null,
    training: true,
    frozen: 0,
    samplers: 0,
    paired: false,
    prompt: 0,
    completions: 0,
    perPrompt: 1,
  };
  return { ...alone, ...sizes, decoder, longest: LENGTH, longestTrained: LENGTH };
}

async function steady({ folder }: Place): Promise<Measured> {
  const { resident } = inChild({ folder, what: 'steady', sequences: 0, length: 0, sizes: { ...sizes, slots: 32 } });
  // The maximum over several rounds, to ignore the variation between rounds.
  const highest = (from: number): number => Math.max(...resident.slice(from, from + 20));
  const [early, late] = [highest(20), highest(resident.length - 20)];
  return {
    what: `resident memory over ${resident.length} rounds of publish, sample, score, backward and AdamW on changing lengths`,
    seconds: {},
    figures: { 'MB after 20 rounds': early / 1e6, 'MB at the end': late / 1e6 },
    ratios: ratio('after 20 rounds over at the end', early / late, 0.95),
  };
}

function namesOf<Name extends string>(given: string, known: readonly Name[], what: string): Name[] {
  return given.split(',').map((name) => {
    const found = known.find((one) => one === name);
    if (found === undefined) throw new Error(`unknown ${what} ${name}; expected one of ${known.join(', ')}`);
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
      logProgress(`${row} ${shape} …`);
      const result = { ...provenance(command), row, shape, ...(await TABLE[row].measure(place)) };
      logProgress(resultLines([result]).slice(2).join('\n'));
      measured.push(result);
    }
  }
  return measured;
}

const root = mkdtempSync(join(tmpdir(), 'rzero-engine-'));
try {
  const measured = await measureAll(root);
  const results = mergeRows(readResult<EngineResults>('engine'), measured);
  const paths = [writeResult('engine', results)];
  if (options.baseline) paths.push(writeResult('engine.baseline', results));
  process.stdout.write(`${[...resultLines(measured), `written to ${paths.join(', ')}`].join('\n')}\n`);
} finally {
  rmSync(root, { recursive: true, force: true });
}
