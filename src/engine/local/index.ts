/**
 * The local engine runs forward and backward passes as ONNX graphs in ONNX Runtime on the CPU, in a worker thread. This
 * file implements the `Engine` interface on the main thread. `core.ts` is the engine in the worker, `decoder.ts` the
 * model, `training/training-graph.ts` and `sampling/decoding-graph.ts` the graphs, `graph/` the differentiation.
 */

import { availableParallelism } from 'node:os';

import type { Engine, Policy, Sampler, WeightsRef } from '../engine.ts';
import { WorkerClient } from './client.ts';
import type { LocalEngineOptions } from './protocol.ts';
import { exportFolder, listStates, removeState } from './states.ts';
import type { SequenceScores } from './training/sequence-runner.ts';

export async function createLocalEngine(options: LocalEngineOptions): Promise<Engine> {
  const client = new WorkerClient(options);
  return {
    name: 'local',
    device: options.device ?? 'cpu',
    threads: options.threads === 0 ? availableParallelism() : options.threads,
    slots: options.slots,
    busySeconds: () => client.busySeconds,
    inspect: (ref) => client.call('inspect', { ref }),
    openPolicy: async (request) => {
      const { handle, version } = await client.call('openPolicy', request);
      return localPolicy(client, handle, version);
    },
    openSampler: async (ref) => {
      const { handle, version } = await client.call('openSampler', { ref });
      return localSampler(client, handle, version, ref);
    },
    remove: async (ref) => {
      if (ref.kind === 'snapshot') await client.call('removeSnapshot', { id: ref.id });
      else await removeState(ref);
    },
    keep: ({ id }, place) => client.call('keep', { id, place }),
    exportTo: exportFolder,
    states: listStates,
    close: () => client.close(),
  };
}

function localSampler(client: WorkerClient, handle: number, version: number, ref: WeightsRef): Sampler {
  return {
    ref,
    version,
    sample: (requests, ctl) => client.call('sample', { handle, requests, streamed: ctl?.onTokens !== undefined }, ctl),
    score: async (examples, ctl) => (await client.call('scoreSampler', { handle, examples }, ctl)).logprobs,
    measure: (examples, ctl) => client.call('measureSampler', { handle, examples }, ctl),
    close: async () => {
      await client.call('closeSampler', { handle });
    },
  };
}

function localPolicy(client: WorkerClient, handle: number, opened: number): Policy {
  let version = opened;
  return {
    get version() {
      return version;
    },
    logprobs: async (examples, ctl) => (await client.call('scorePolicy', { handle, examples }, ctl)).logprobs,
    accumulate: async (examples, coefficients, ctl): Promise<SequenceScores> => {
      try {
        if (typeof coefficients !== 'function')
          return await client.call('backward', { handle, examples, coefficients }, ctl);
        const scores = await client.call('scorePolicy', { handle, examples }, ctl);
        const given = scores.logprobs.map((logprobs, index) => coefficients(index, logprobs));
        return await client.call('backward', { handle, examples, coefficients: given }, ctl);
      } catch (error) {
        // The original error is thrown even if the worker has ended.
        await client.call('discard', { handle }).catch(() => {});
        throw error;
      }
    },
    step: async (options) => {
      const result = await client.call('step', { handle, options });
      version = result.version;
      return { gradNorm: result.gradNorm };
    },
    publish: () => client.call('publish', { handle }),
    save: (place) => client.call('save', { handle, place }),
    close: async () => {
      await client.call('closePolicy', { handle });
    },
  };
}
