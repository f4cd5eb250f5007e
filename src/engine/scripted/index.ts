/**
 * A deterministic engine on a model of two tables, in plain TypeScript: for tests of everything above
 * the engine, and as the shortest complete reading of the engine contract. Every verb truly works
 * (sampling, scores, gradients, AdamW, snapshots, save and restore); it is not a language model that
 * could learn anything worth having. `model.ts` is the mathematics, `policy.ts` the training, `files.ts`
 * the folders.
 */

import { EngineError } from '../../errors.ts';
import { loadTokenizer } from '../../models/tokenizer.ts';
import { checkSampleRequest } from '../check-request.ts';
import type { Completion, Engine, Sampler, WeightsRef } from '../engine.ts';
import { loadFolder } from './files.ts';
import { sampleOne, type TableModel } from './model.ts';
import { createPolicy, overExamples, scoreAll } from './policy.ts';

/** Longest sequence that the engine claims to handle. */
const MAX_CONTEXT = 4096;

interface Sampled {
  model: TableModel;
  version: number;
  eosIds: readonly number[];
  /** Where the tokenizer lies. */
  folder: string;
}

export async function createScriptedEngine(): Promise<Engine> {
  const snapshots = new Map<string, Sampled>();
  let published = 0;
  let busy = 0;

  async function timed<T>(work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      busy += (performance.now() - start) / 1000;
    }
  }

  async function weightsOf(ref: WeightsRef): Promise<Sampled> {
    if (ref.kind !== 'snapshot') {
      const { model, version, stops } = await loadFolder(ref.path);
      return { model, version, eosIds: [...stops], folder: ref.path };
    }
    const held = snapshots.get(ref.id);
    if (held === undefined)
      throw new EngineError('lost-sampler', `Snapshot ${ref.id} is gone.`, 'Publish the policy again.');
    return held;
  }

  async function openSampler(ref: WeightsRef): Promise<Sampler> {
    const { model, version, eosIds, folder } = await weightsOf(ref);
    return {
      ref,
      version,
      sample: (requests, ctl) =>
        timed(async () => {
          for (const request of requests) checkSampleRequest(request, model.vocabulary);
          // Only stop strings read text: a folder without a tokenizer can be sampled from.
          const spells = requests.some(({ stopStrings = [] }) => stopStrings.length > 0);
          const ends = { eosIds, decode: spells ? (await loadTokenizer(folder)).decode : () => '' };
          const jobs = requests.flatMap((request, at) =>
            Array.from({ length: request.n }, (_, index) => ({ request, at, index })),
          );
          const out: Completion[][] = requests.map(() => []);
          await overExamples(jobs.length, ctl, (job) => {
            const { request, at, index } = jobs[job];
            out[at].push({
              ...sampleOne(model, request.prompt, request, { seed: request.seed, index }, ends),
              policyVersion: version,
            });
          });
          return out;
        }),
      score: (examples, ctl) => timed(() => scoreAll(model, examples, ctl)),
      close: async () => {},
    };
  }

  return {
    name: 'scripted',
    threads: 1,
    busySeconds: () => busy,
    inspect: async (ref) => {
      const { model } = await weightsOf(ref);
      const parameters = model.bigram.length + model.skip.length;
      return {
        parameters,
        adapter: null,
        vocabulary: model.vocabulary,
        maxContext: MAX_CONTEXT,
        architecture: 'scripted',
      };
    },
    openPolicy: async ({ from, optimizer }) => {
      if (from.kind === 'snapshot')
        throw new EngineError('user', 'A snapshot cannot be trained.', 'Open the folder that Policy.save wrote.');
      const loaded = await loadFolder(from.path);
      const publish = (model: TableModel, version: number): WeightsRef => {
        const id = `snapshot-${++published}`;
        snapshots.set(id, { model, version, eosIds: [...loaded.stops], folder: from.path });
        return { kind: 'snapshot', id, version };
      };
      return createPolicy({ timed, publish }, loaded, from.path, optimizer === 'restore');
    },
    openSampler,
    remove: async (ref) => {
      if (ref.kind === 'snapshot') snapshots.delete(ref.id);
    },
    close: async () => snapshots.clear(),
  };
}
