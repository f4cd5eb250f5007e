/**
 * An engine without a model, as fast as possible: it answers with texts that were tokenized before. What a run on it
 * costs is the work of the loop itself: reading, grading, clustering and storing.
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type {
  Completion,
  Engine,
  Example,
  ModelInfo,
  Policy,
  Sampler,
  SampleRequest,
  Tokens,
} from '../../../src/engine/engine.ts';
import type { Tokenizer } from '../../../src/models/tokenizer/tokenizer.ts';
import { Random } from '../../../src/random.ts';
import type { PaperTexts } from './paper-texts.ts';

const SLOTS = 4096;

interface Encoded {
  questions: Tokens[];
  reasonings: Tokens[];
  ends: Tokens[];
}

/** Creates the engine. Its completions are those of `texts`; equal requests give equal completions. */
export function paperEngine(tokenizer: Tokenizer, texts: PaperTexts, inspect: ModelInfo): Engine {
  const end = Int32Array.of(tokenizer.eosIds[0]);
  const encode = (text: string): Tokens => tokenizer.encode(text);
  const encoded: Encoded = {
    questions: texts.questions.map((text) => joined(encode(text), end)),
    reasonings: texts.reasonings.map(encode),
    ends: texts.ends.map((text) => joined(encode(text), end)),
  };
  const states = new Set<string>();

  const samplerOf = (isChallenger: boolean, version: number): Sampler => ({
    ref: { kind: 'base', path: '' },
    version,
    async sample(requests) {
      // As an answer of a service, it is there in a later turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
      return requests.map((request) => completionsOf(request, encoded, isChallenger, version));
    },
    score: async (examples) => examples.map(scored),
    close: async () => {},
  });

  return {
    name: 'paper',
    threads: 0,
    slots: SLOTS,
    concurrent: true,
    busySeconds: () => 0,
    inspect: async () => inspect,
    openPolicy: async ({ from }) => policyOf(from.kind === 'state' ? Number(from.id.split('-').at(-1)) : 0, states),
    openSampler: async (ref, purpose) =>
      samplerOf(purpose?.role === 'challenger', ref.kind === 'snapshot' ? ref.version : 0),
    remove: async (ref) => {
      if (ref.kind !== 'state') return;
      states.delete(ref.id);
      rmSync(join(ref.home, ref.id), { force: true });
    },
    exportTo: async (_, folder) => void mkdirSync(folder, { recursive: true }),
    states: async (home) => [...states].map((id) => ({ kind: 'state', id, home })),
    close: async () => {},
  };
}

function policyOf(start: number, states: Set<string>): Policy {
  let version = start;
  return {
    get version() {
      return version;
    },
    logprobs: async (examples) => examples.map(scored),
    async accumulate(examples, coefficients) {
      const logprobs = examples.map(scored);
      if (typeof coefficients === 'function') logprobs.forEach((own, index) => coefficients(index, own));
      const positions = examples.reduce((sum, { mask }) => sum + mask.reduce((count, one) => count + one, 0), 0);
      return { logprobs, entropySum: null, positions };
    },
    async step() {
      version++;
      return { gradNorm: 1 };
    },
    publish: async () => ({ kind: 'snapshot', id: `snapshot-${version}`, version }),
    async save({ home, name }) {
      const id = `remote/${name}`;
      mkdirSync(dirname(join(home, id)), { recursive: true });
      writeFileSync(join(home, id), name);
      states.add(id);
      return { kind: 'state', id, home };
    },
    close: async () => {},
  };
}

function completionsOf(
  { n, seed, maxTokens }: SampleRequest,
  { questions, reasonings, ends }: Encoded,
  isChallenger: boolean,
  policyVersion: number,
): Completion[] {
  const random = new Random(seed);
  // The answers to a question are mostly two.
  const likely = random.pick(ends);
  return Array.from({ length: n }, (): Completion => {
    const whole = isChallenger
      ? random.pick(questions)
      : joined(random.pick(reasonings), random.next() < 0.5 ? likely : random.pick(ends));
    const tokens = whole.slice(0, maxTokens);
    return {
      tokens,
      logprobs: new Float32Array(tokens.length).fill(-0.5),
      stop: tokens.length < whole.length ? 'length' : 'stop',
      policyVersion,
    };
  });
}

function scored({ mask }: Example): Float32Array {
  const out = new Float32Array(mask.length);
  for (let at = 0; at < mask.length; at++) out[at] = mask[at] * -0.5;
  return out;
}

function joined(one: Tokens, two: Tokens): Tokens {
  const out = new Int32Array(one.length + two.length);
  out.set(one);
  out.set(two, one.length);
  return out;
}
