/**
 * Measures what the option for sleeping threads (`session.ts`) does. ONNX Runtime ignores unknown options without an
 * error, so only the effect shows that it was understood. The same sampling and training runs with the option, without
 * it, and with a misspelt one, alternately. Processor time decides, so the machine may be busy.
 *
 *     npm run bench:threads
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LocalCore } from '../src/engine/local/core.ts';
import { ort } from '../src/engine/local/runtime.ts';
import { median } from './lib/alternate.ts';
import { atLeast, checkLines } from './lib/checks.ts';
import { ADAM, prompts, request, trainingExamples } from './lib/engine-rows.ts';
import { writeRandomModel } from './lib/random-model.ts';
import { commandOf, provenance, writeResult } from './lib/results.ts';
import { SHAPES } from './lib/shapes.ts';

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } });
const rounds = Number(options.rounds);
const config = SHAPES['5m'];
const [SEQUENCES, PROMPT, NEW_TOKENS, LENGTH] = [64, 32, 64, 256];
/**
 * Smallest ratio of processor times without and with the option. On an idle machine, training has long products, between
 * which threads hardly wait; on a busy one both ratios are near 1.6.
 */
const WANTED: Readonly<Record<Task, number>> = { sampling: 1.05, training: 1 };
const PAUSE_MS = 300;

/** Options that replace those of the product; null keeps them. */
type Extra = ort.InferenceSession.SessionOptions['extra'] | null;
const VARIANTS: Readonly<Record<string, Extra>> = {
  'as set': null,
  'runtime default': {},
  misspelt: { session: { intra_op: { spin_duration_micros: '50' } } },
};
const TASKS = ['sampling', 'training'] as const;
type Task = (typeof TASKS)[number];

interface Spent {
  processor: number;
  wall: number;
}
interface Contestant {
  run: Record<Task, () => Promise<unknown>>;
  close: () => Promise<unknown>;
}

const folder = mkdtempSync(join(tmpdir(), 'rzero-threads-'));
const original = ort.InferenceSession.create;
try {
  await writeRandomModel(folder, config);
  process.exitCode = await measure();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measure(): Promise<number> {
  const spent: Record<Task, Record<string, Spent[]>> = { sampling: {}, training: {} };
  const contestants = new Map<string, Contestant>();
  for (const [name, extra] of Object.entries(VARIANTS)) contestants.set(name, await open(extra));
  for (let round = 0; round < rounds; round++) {
    for (const [name, { run }] of contestants) {
      for (const task of TASKS) (spent[task][name] ??= []).push(await spentOn(run[task]));
    }
  }
  for (const { close } of contestants.values()) await close();
  const medians = Object.fromEntries(TASKS.map((task) => [task, mediansOf(spent[task])]));
  const checks = TASKS.flatMap((task) =>
    ['runtime default', 'misspelt'].map((name) =>
      atLeast(
        `${task}: processor time, ${name} over as set`,
        medians[task][name].processor / medians[task]['as set'].processor,
        WANTED[task],
      ),
    ),
  );
  const what = `${SEQUENCES} sequences of ${PROMPT} + ${NEW_TOKENS} tokens; 4 × ${LENGTH} trained tokens; ${availableParallelism()} threads; seconds`;
  const path = writeResult('threads', {
    ...provenance(commandOf('bench:threads')),
    what,
    rounds,
    medians,
    spent,
    checks,
  });
  process.stdout.write(`${[...checkLines(checks), `written to ${path}`].join('\n')}\n`);
  return checks.every(({ passed }) => passed) ? 0 : 1;
}

/** Opens an engine on this thread whose sessions all have `extra`, and runs both tasks once. */
async function open(extra: Extra): Promise<Contestant> {
  const core = new LocalCore({ threads: 0, slots: SEQUENCES, microBatchTokens: 1024, pairSamplers: false });
  const { handlers } = core;
  const control = { progress: () => {}, checkAborted: () => {}, isAborted: () => false, tokens: () => {} };
  const base = { kind: 'base', path: folder } as const;
  const sampler = await handlers.openSampler({ ref: base }, control);
  const policy = await handlers.openPolicy({ from: base, optimizer: 'fresh' }, control);
  const requests = prompts(SEQUENCES, PROMPT, config).map((prompt, at) => request(prompt, 1, at, NEW_TOKENS));
  const examples = trainingExamples(4, LENGTH, config);
  const coefficients = examples.map(() => new Float32Array(LENGTH).fill(-1 / (4 * LENGTH)));
  const run = {
    sampling: () => handlers.sample({ handle: sampler.handle, requests, streamed: false }, control),
    training: async () => {
      await handlers.backward({ handle: policy.handle, examples, coefficients }, control);
      await handlers.step({ handle: policy.handle, options: ADAM }, control);
    },
  };
  ort.InferenceSession.create = withExtra(extra);
  for (const task of TASKS) await run[task]();
  ort.InferenceSession.create = original;
  return { run, close: () => handlers.shutdown(null, control) };
}

function withExtra(extra: Extra): typeof original {
  if (extra === null) return original;
  return new Proxy(original, {
    apply: (create, self, [model, given]) => Reflect.apply(create, self, [model, { ...given, extra }]),
  });
}

async function spentOn(work: () => Promise<unknown>): Promise<Spent> {
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  const [start, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { processor: (user + system) / 1e6, wall: (performance.now() - start) / 1000 };
}

function mediansOf(all: Readonly<Record<string, readonly Spent[]>>): Record<string, Spent> {
  const middle = (spent: readonly Spent[], key: keyof Spent): number => median(spent.map((one) => one[key]));
  return Object.fromEntries(
    Object.entries(all).map(([name, spent]) => [
      name,
      { processor: middle(spent, 'processor'), wall: middle(spent, 'wall') },
    ]),
  );
}
