/** Errors of the local engine, and of the runs that use it. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { checkRuntime } from '../../../src/cli/checks/runtime.ts';
import { type ConfigSources, resolveConfig } from '../../../src/config/load.ts';
import { checkSampleRequest } from '../../../src/engine/check-request.ts';
import type { Engine, OptimizerOptions, Policy, SampleRequest } from '../../../src/engine/engine.ts';
import { type LocalRoom, roomFor } from '../../../src/engine/local/memory/room.ts';
import { workloadOf } from '../../../src/loop/run/workload.ts';
import { readModelConfig } from '../../../src/models/checkpoint.ts';
import { createLocalEngine } from '../../../src/engine/local/index.ts';
import { openSession } from '../../../src/engine/local/session.ts';
import { removeState } from '../../../src/engine/local/states.ts';
import type { RzeroError } from '../../../src/errors.ts';
import { toExample } from '../../../src/grpo/batch.ts';
import { evolve, resume } from '../../../src/index.ts';
import { withSavings } from '../../../src/loop/watch/only-new-run.ts';
import { readSafetensors, writeSafetensors } from '../../../src/models/weights/safetensors.ts';
import { copyOldRun } from '../../fixtures/old-runs.ts';
import { writeRandomCheckpoint } from '../../fixtures/random-checkpoint.ts';
import { SHORT_RUN } from '../../fixtures/short-run.ts';
import { carryOut, commandIn, settingsIn } from '../command.ts';
import type { AdviceCase } from '../followed.ts';

const REQUEST: SampleRequest = {
  prompt: Int32Array.of(1, 2, 3),
  n: 1,
  maxTokens: 4,
  temperature: 1,
  topP: 1,
  topK: 0,
  seed: 1,
};
const ADAM: OptimizerOptions = { learningRate: 1e-3, beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0, clip: 1 };
const EXAMPLE = toExample(Int32Array.of(1, 2), Int32Array.of(3, 4));

/** Opens an engine on a tiny model for the duration of `work`. */
async function withEngine<T>(
  place: string,
  work: (engine: Engine, base: { kind: 'base'; path: string }) => Promise<T>,
) {
  const path = join(place, 'base');
  await writeRandomCheckpoint(path, { maxPositions: 16 });
  const engine = await createLocalEngine({ threads: 1, slots: 2, microBatchTokens: 64 });
  try {
    return await work(engine, { kind: 'base', path });
  } finally {
    await engine.close();
  }
}

const sample = (place: string, request: Partial<SampleRequest>): Promise<unknown> =>
  withEngine(place, async (engine, base) => {
    const sampler = await engine.openSampler(base);
    return sampler.sample([{ ...REQUEST, ...request }]);
  });

const train = (place: string, work: (policy: Policy, engine: Engine) => Promise<unknown>): Promise<unknown> =>
  withEngine(place, async (engine, base) => work(await engine.openPolicy({ from: base, optimizer: 'fresh' }), engine));

async function update(policy: Policy, coefficient: number, options = ADAM): Promise<void> {
  await policy.accumulate([EXAMPLE], [Float32Array.from(EXAMPLE.mask, (one) => one * coefficient)]);
  await policy.step(options);
}

/** Saves a state of a trained policy. */
const saveState = (place: string): Promise<unknown> =>
  train(place, async (policy) => {
    await update(policy, -1);
    await policy.save({ home: place, name: 'solver-1-step-1' });
  });

const STATE = { kind: 'state', id: 'weights/solver-1-step-1' } as const;

const openState = (place: string): Promise<unknown> =>
  withEngine(place, (engine) => engine.openPolicy({ from: { ...STATE, home: place }, optimizer: 'restore' }));

/** Starts a run whose first update makes the numbers useless. */
async function diverge(place: string, learningRate: number): Promise<void> {
  const { challenger, solver } = SHORT_RUN;
  const wild = { challenger: { ...challenger, learningRate }, solver: { ...solver, learningRate } };
  const config = resolveConfig({ flags: { ...SHORT_RUN, iterations: 1, ...wild } });
  await evolve({ config, runDir: join(place, 'run') }).result;
}

/** A resumed run fails with the same words; the new run that the advice names does not. */
async function startLower(place: string, { message, advice }: RzeroError): Promise<void> {
  await expect(resume(join(place, 'run')).result).rejects.toThrow(message.split('\n', 1)[0]);
  const ended = await carryOut(advice, { cwd: place }, ['--runs-dir', join(place, 'new'), '--json']);
  expect(ended.out).toContain('"run-end"');
}

const LOWER =
  /^Start a new run with lower learning rates: `rzero evolve --config \S+ .*`; `rzero resume run --runs-dir \S+` computes the same again\.$/;

function spoilState(damage: (folder: string) => void) {
  return async (place: string): Promise<void> => {
    await saveState(place);
    damage(join(place, STATE.id));
    await openState(place);
  };
}

/** Restores the state; then does what helps without a copy of it. */
async function useWeights(place: string, { advice }: { advice: string }): Promise<void> {
  const [, name, folder] = /delete (\S+) there, and pass it with --model (\S+)\.$/.exec(advice) ?? [];
  rmSync(join(folder, name), { force: true });
  await withEngine(place, (engine) => engine.openPolicy({ from: { kind: 'base', path: folder }, optimizer: 'fresh' }));
  await saveState(place);
  await openState(place);
}

/** Resumes an old run whose model is said to be enormous. */
async function resumeHuge(place: string): Promise<void> {
  const run = copyOldRun('interrupted', place);
  const path = join(place, 'base', 'config.json');
  const config = readFileSync(path, 'utf8');
  writeFileSync(join(place, 'config.json'), config);
  writeFileSync(
    path,
    JSON.stringify({ ...(JSON.parse(config) as object), num_hidden_layers: 4000, intermediate_size: 2 ** 24 }),
  );
  await resume(run).result;
}

/**
 * Forecasts the memory of the interrupted run over a larger model, with changed settings, on a machine with `share` of
 * what the run needs.
 */
async function roomIn(place: string, changed: ConfigSources, share: number): Promise<LocalRoom> {
  const run = join(place, 'interrupted');
  const decoder = { ...(await readModelConfig(join(place, 'base'))), layers: 24, hidden: 1024, intermediate: 4096 };
  const roomOf = (sources: ConfigSources, available: number): LocalRoom => {
    const config = resolveConfig(sources);
    if (config.engine.kind !== 'local') throw new Error('another engine');
    return roomFor(config.engine, decoder, workloadOf(config, 50), available);
  };
  const { needed } = roomOf({ files: [join(run, 'config.toml')] }, Infinity);
  return roomOf({ files: [join(run, 'config.toml')], ...changed }, Math.floor(needed.bytes * share));
}

export const CASES: AdviceCase[] = [
  {
    file: 'engine/check-request.ts',
    message: 'A sample request has … = ….',
    advice: 'Give above 0, at most 1.',
    provoke: () => checkSampleRequest({ ...REQUEST, topP: 1.5 }, 10),
    follow: () => checkSampleRequest({ ...REQUEST, topP: 0.5 }, 10),
  },
  {
    file: 'engine/check-request.ts',
    message: 'Token … is outside the vocabulary of ….',
    advice: "Encode with the model's own tokenizer.",
    provoke: () => checkSampleRequest({ ...REQUEST, prompt: Int32Array.of(12) }, 10),
    follow: () => checkSampleRequest({ ...REQUEST, prompt: Int32Array.of(9) }, 10),
  },
  {
    file: 'engine/local/client.ts',
    message: 'The call was aborted.',
    advice: 'Start it again if needed.',
    provoke: (place) =>
      withEngine(place, async (engine, base) => {
        const sampler = await engine.openSampler(base);
        await sampler.sample([REQUEST], { signal: AbortSignal.abort() });
      }),
    follow: (place) => sample(place, {}),
  },
  {
    file: 'engine/local/worker.ts',
    message: 'The call was aborted.',
    advice: 'Start it again if needed.',
    provoke: (place) =>
      withEngine(place, async (engine, base) => {
        const sampler = await engine.openSampler(base);
        const stop = new AbortController();
        const many = Array.from({ length: 64 }, () => ({ ...REQUEST, n: 64, maxTokens: 12 }));
        await sampler.sample(many, { signal: stop.signal, onProgress: () => stop.abort() });
      }),
    follow: (place) => sample(place, {}),
  },
  {
    file: 'engine/local/client.ts',
    message: '…',
    advice: 'Open a new engine.',
    provoke: async (place) => {
      const engine = await withEngine(place, (opened) => Promise.resolve(opened));
      await engine.inspect({ kind: 'base', path: join(place, 'base') });
    },
    follow: (place) => sample(place, {}),
  },
  {
    // The error of another thread keeps its advice.
    file: 'engine/local/failure.ts',
    message: '…',
    advice: /^Lower maxTokens to at most 13 /,
    provoke: (place) => sample(place, { maxTokens: 14 }),
    follow: (place) => sample(place, { maxTokens: 13 }),
  },
  {
    file: 'engine/local/core.ts',
    message: "A prompt of … tokens and … new ones exceed the model's context of ….",
    advice: /^Lower maxTokens to at most 13 \(in a run, .*\), or use a model with a longer context\.$/,
    provoke: (place) => sample(place, { maxTokens: 14 }),
    follow: (place, { advice }) => sample(place, { maxTokens: Number(/at most (\d+)/.exec(advice)?.[1]) }),
  },
  {
    file: 'engine/local/core.ts',
    message: "A prompt of … tokens and … new ones exceed the model's context of ….",
    advice: /^Shorten the prompt to at most 15 tokens, or use a model with a longer context\.$/,
    provoke: (place) => sample(place, { prompt: new Int32Array(20), maxTokens: 1 }),
    follow: (place, { advice }) =>
      sample(place, { prompt: new Int32Array(Number(/at most (\d+)/.exec(advice)?.[1])), maxTokens: 1 }),
  },
  {
    file: 'engine/local/core.ts',
    message: 'A snapshot cannot be trained.',
    advice: 'Open a policy from a folder: a base model or a saved state.',
    provoke: (place) =>
      train(place, async (policy, engine) => engine.openPolicy({ from: await policy.publish(), optimizer: 'fresh' })),
    follow: async (place) => {
      await saveState(place);
      await openState(place);
    },
  },
  {
    file: 'engine/local/core.ts',
    message: 'The … is closed or was never opened.',
    advice: 'Open it again from a saved state.',
    provoke: (place) =>
      train(place, async (policy) => {
        await policy.close();
        await policy.step(ADAM);
      }),
    follow: async (place) => {
      await saveState(place);
      await openState(place);
    },
  },
  {
    file: 'engine/local/states.ts',
    message: 'A snapshot cannot be exported.',
    advice: 'Save the policy, and export the state.',
    provoke: (place) =>
      train(place, async (policy, engine) => engine.exportTo(await policy.publish(), join(place, 'out'))),
    follow: (place) =>
      train(place, async (policy, engine) => {
        await engine.exportTo(await policy.save({ home: place, name: 'state' }), join(place, 'out'));
      }),
  },
  {
    file: 'engine/local/states.ts',
    message: '… is not a state of this engine: it is not deleted.',
    advice: 'Delete the folder yourself if nothing needs it.',
    provoke: (place) => {
      mkdirSync(join(place, 'best'));
      return removeState({ kind: 'state', id: 'best', home: place });
    },
    follow: (place) => rmSync(join(place, 'best'), { recursive: true }),
  },
  {
    file: 'engine/local/state-folder.ts',
    message: 'Training cannot continue from …: ….',
    advice: /^Restore the folder as it was\. To use its weights in a new run, delete trainer\.json there/,
    provoke: spoilState((folder) => writeFileSync(join(folder, 'trainer.json'), '')),
    follow: useWeights,
  },
  {
    file: 'engine/local/state-folder.ts',
    message: 'Training cannot continue from …: ….',
    advice: /^Restore the folder as it was\. To use its weights in a new run/,
    provoke: spoilState((folder) => rmSync(join(folder, 'optimizer.safetensors'))),
    follow: useWeights,
  },
  {
    file: 'engine/local/training/step-rules.ts',
    message: 'Muon trains full matrices, not the factors of an adapter.',
    advice: 'Use AdamW only.',
    provoke: (place) => stepAdapter(place, { ...ADAM, muon: { learningRate: 1e-3, momentum: 0.9 } }),
    follow: (place) => stepAdapter(place, ADAM),
  },
  {
    file: 'engine/local/training/step-rules.ts',
    message: 'The gradient is not finite.',
    advice: 'The weights were not changed: check the coefficients, and continue with a lower learning rate.',
    provoke: (place) => train(place, (policy) => update(policy, Number.NaN)),
    follow: (place) =>
      train(place, async (policy) => {
        await expect(update(policy, Number.NaN)).rejects.toThrow('not finite');
        await update(policy, -1, { ...ADAM, learningRate: 1e-4 });
      }),
  },
  {
    file: 'engine/local/session.ts',
    message: 'ONNX Runtime could not build a graph: …',
    advice: 'Run `rzero doctor` to check whether ONNX Runtime works on this machine.',
    provoke: () => openSession(Uint8Array.of(1, 2, 3), 1),
    follow: async () => expect((await checkRuntime()).state).not.toBe('missing'),
  },
  {
    file: 'engine/local/memory/check-fits.ts',
    message: '… The parts: ….',
    advice: 'Resume it on a machine with more memory.',
    provoke: resumeHuge,
    follow: async (place) => {
      // The model that the run was made from fits into this machine.
      writeFileSync(join(place, 'base', 'config.json'), readFileSync(join(place, 'config.json')));
      expect((await resume(join(place, 'interrupted')).result).outcome).toBe('finished');
    },
  },
  {
    file: 'loop/watch/only-new-run.ts',
    message: '…',
    advice:
      /^Resume it on a machine with more memory, or start a new run that fits into this one: `rzero evolve --config/,
    provoke: async (place) => {
      const run = copyOldRun('interrupted', place);
      const { problem } = await roomIn(place, {}, 0.7);
      throw withSavings(problem, run);
    },
    follow: async (place, { advice }) => {
      const [, , file] = commandIn(advice);
      expect((await roomIn(place, { files: [file], set: settingsIn(advice) }, 0.7)).problem).toBeNull();
    },
  },
  {
    file: 'engine/local/sampling/continuous-batching.ts',
    message: 'The model gives no finite probabilities.',
    advice: 'Its weights may be damaged or have diverged: use an earlier checkpoint.',
    provoke: (place) =>
      withEngine(place, async (engine) => {
        const path = join(place, 'damaged');
        await writeRandomCheckpoint(path, { tied: false });
        const { tensors } = await readSafetensors(join(path, 'model.safetensors'));
        // Their sums exceed the range of float32.
        tensors.get('lm_head.weight')?.data.forEach((_, at, all) => (all[at] = at % 3 === 0 ? 3e38 : -3e38));
        await writeSafetensors(join(path, 'model.safetensors'), tensors);
        const sampler = await engine.openSampler({ kind: 'base', path });
        await sampler.sample([REQUEST]);
      }),
    follow: (place) => sample(place, {}),
  },
  {
    file: 'engine/local/state-folder.ts',
    message: 'Training has diverged: its weights are not finite, and were not saved.',
    advice: LOWER,
    provoke: (place) => diverge(place, 1e39),
    follow: startLower,
  },
  {
    file: 'engine/local/state-folder.ts',
    message: 'Training has diverged: its weights are not finite, and were not saved.',
    advice: 'Continue from the last saved state with a lower learning rate.',
    provoke: (place) =>
      train(place, async (policy) => {
        await policy.save({ home: place, name: 'solver-1-step-1' });
        await update(policy, -1, { ...ADAM, learningRate: 1e39 });
        await policy.save({ home: place, name: 'solver-1-step-2' });
      }),
    follow: (place) =>
      withEngine(place, async (engine) => {
        const policy = await engine.openPolicy({ from: { ...STATE, home: place }, optimizer: 'restore' });
        await update(policy, -1);
        await policy.save({ home: place, name: 'solver-1-step-2' });
      }),
  },
  {
    file: 'grpo/batch.ts',
    message: 'A training example needs at least one prompt token.',
    advice: 'Add a beginning-of-sequence token to the prompt, or use a chat template that writes one.',
    provoke: () => toExample(new Int32Array(0), Int32Array.of(3)),
    follow: () => toExample(Int32Array.of(1), Int32Array.of(3)),
  },
];

function stepAdapter(place: string, options: OptimizerOptions): Promise<unknown> {
  return withEngine(place, async (engine, base) => {
    const adapt = { kind: 'lora', seed: 1, rank: 2, alpha: 4, targets: ['q_proj'] } as const;
    await update(
      await engine.openPolicy({ from: base, optimizer: 'fresh', adapt: { ...adapt, targets: ['q_proj'] } }),
      -1,
      options,
    );
  });
}
