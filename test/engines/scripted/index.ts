/**
 * A deterministic engine with a model of two tables, in plain TypeScript. It is used by tests of all code above the
 * engine, and is the shortest complete implementation of the engine contract. Its default export creates the engine, so
 * it is also an example of a module for `engine.kind = "module"`. All operations work (sampling, scores, gradients,
 * AdamW, snapshots, save and restore), but the model is too small to be useful. `model.ts` is the mathematics,
 * `policy.ts` the training, `trainable.ts` the trained tensors, `files.ts` the folders.
 */

import { EngineError } from '../../../src/errors.ts';
import type { AdapterShape } from '../../../src/types.ts';
import { loadTokenizer } from '../../../src/models/tokenizer/tokenizer.ts';
import { checkSampleRequest } from '../../../src/engine/check-request.ts';
import { passTokens } from '../../../src/engine/pass-tokens.ts';
import { checkAdapt } from '../../../src/engine/check-adapt.ts';
import type {
  Adaptation,
  Completion,
  Engine,
  Sampler,
  SnapshotRef,
  TokenMeasures,
  WeightsRef,
} from '../../../src/engine/engine.ts';
import { exportFolder, folderOf, listStates, removeState } from '../../../src/engine/local/states.ts';
import { loadFolder, type LoadedFolder } from './files.ts';
import { measure, sampleOne, type TableModel } from './model.ts';
import { createPolicy, overExamples, scoreAll } from './policy.ts';
import { factorsOver, newFactors, type Trainable, wholeTables } from './trainable.ts';

/** Maximum sequence length. */
const MAX_CONTEXT = 4096;
/** Number of completions per batch; larger batches are not faster. */
const SLOTS = 256;

interface Sampled {
  /** The tables, including an adapter's part. */
  model: TableModel;
  adapter: AdapterShape | null;
  version: number;
  eosIds: readonly number[];
  /** Folder of the tokenizer. */
  folder: string;
}

export interface ScriptedOptions {
  /** Number of completions per batch. */
  slots?: number;
}

export default async function createScriptedEngine({ slots = SLOTS }: ScriptedOptions = {}): Promise<Engine> {
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
      const folder = folderOf(ref);
      const { model, adapter, version, stops } = await loadFolder(folder);
      const own = adapter === null ? wholeTables(model) : factorsOver(model, adapter);
      return { model: own.model, adapter: adapter?.shape ?? null, version, eosIds: [...stops], folder };
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
          // Only stop strings need text, so a folder without a tokenizer can be sampled from.
          const spells = requests.some(({ stopStrings = [] }) => stopStrings.length > 0);
          const ends = { eosIds, decode: spells ? (await loadTokenizer(folder)).decode : () => '' };
          const jobs = requests.flatMap((request, at) =>
            Array.from({ length: request.n }, (_, index) => ({ request, at, index })),
          );
          const out: Completion[][] = requests.map(() => []);
          await overExamples(jobs.length, ctl, (job) => {
            const { request, at, index } = jobs[job];
            const drawn = sampleOne(model, request.prompt, request, { seed: request.seed, index }, ends);
            const completion = { ...drawn, policyVersion: version };
            out[at].push(completion);
            passTokens(ctl, at, index, completion);
          });
          return out;
        }),
      score: (examples, ctl) => timed(() => scoreAll(model, examples, ctl)),
      measure: (examples, ctl) =>
        timed(async () => {
          const out: TokenMeasures[] = [];
          await overExamples(examples.length, ctl, (index) => out.push(measure(model, examples[index])));
          return out;
        }),
      close: async () => {},
    };
  }

  return {
    name: 'scripted',
    threads: 1,
    slots,
    busySeconds: () => busy,
    inspect: async (ref) => {
      const { model, adapter } = await weightsOf(ref);
      const parameters = model.bigram.length + model.skip.length;
      return {
        parameters,
        adapter: adapter && { ...adapter, parameters: 4 * adapter.rank * model.vocabulary },
        vocabulary: model.vocabulary,
        maxContext: MAX_CONTEXT,
        architecture: 'scripted',
      };
    },
    openPolicy: async ({ from, optimizer, adapt }) => {
      if (from.kind === 'snapshot')
        throw new EngineError('user', 'A snapshot cannot be trained.', 'Open the folder that Policy.save wrote.');
      const folder = folderOf(from);
      const loaded = await loadFolder(folder);
      checkAdapt(adapt, loaded.adapter?.shape ?? null, folder);
      const trained = trainedOf(loaded, adapt);
      const publish = (model: TableModel, version: number): SnapshotRef => {
        const id = `snapshot-${++published}`;
        const adapter = trained.adapter?.shape ?? null;
        snapshots.set(id, { model, adapter, version, eosIds: [...loaded.stops], folder });
        return { kind: 'snapshot', id, version };
      };
      const moments = optimizer === 'restore' ? loaded.moments : null;
      return createPolicy({ timed, publish }, trained, { ...loaded, moments, folder });
    },
    openSampler,
    remove: async (ref) => {
      if (ref.kind === 'snapshot') snapshots.delete(ref.id);
      else await removeState(ref);
    },
    exportTo: exportFolder,
    states: listStates,
    close: async () => snapshots.clear(),
  };
}

/** Returns the trained tensors of a policy. They are private to it, because the folder was read only for it. */
function trainedOf({ model, adapter }: LoadedFolder, adapt: Adaptation | undefined): Trainable {
  if (adapter !== null) return factorsOver(model, adapter);
  if (adapt?.kind !== 'lora') return wholeTables(model);
  const { rank, alpha, targets, seed } = adapt;
  return factorsOver(model, newFactors(model.vocabulary, { rank, alpha, targets }, seed));
}
