/** Errors of the engine over services, with a service in memory. */

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type {
  Adaptation,
  AdamOptions,
  BaseRef,
  Engine,
  Policy,
  SampleRequest,
  StateRef,
} from '../../../src/engine/engine.ts';
import { ServiceError, type ServiceOutcome } from '../../../src/engine/tinker/service.ts';
import { masked } from '../../../src/engine/tinker/datum.ts';
import { completionOf } from '../../../src/engine/tinker/sampling/ends.ts';
import type { RzeroError } from '../../../src/errors.ts';
import { ADAPTER_TARGETS } from '../../../src/types.ts';
import { writeTablesBase } from '../../engines/memory-service/base.ts';
import { engineOver, openMemoryEngine } from '../../engines/memory-service/engine.ts';
import type { MemoryBackend } from '../../engines/memory-service/index.ts';
import { LIKE_OPENRL, LIKE_SKYRL_JAX, type Quirks } from '../../engines/memory-service/quirks.ts';
import { ADAM, coefficients, example, request } from '../../fixtures/engine-parts.ts';
import type { AdviceCase } from '../followed.ts';

const LORA: Adaptation & { kind: 'lora' } = { kind: 'lora', rank: 2, alpha: 32, targets: ADAPTER_TARGETS, seed: 1 };
const EXAMPLES = [example([1, 2], [3, 4])];
const GOOD = [coefficients(EXAMPLES[0], () => -1)];
const RATE: AdamOptions = { ...ADAM, clip: 0 };

interface Scene {
  engine: Engine;
  backend: MemoryBackend;
  base: BaseRef;
}

async function sceneIn(place: string, quirks: Partial<Quirks> = {}): Promise<Scene> {
  const base: BaseRef = { kind: 'base', path: join(place, 'base') };
  await writeTablesBase(base.path);
  return { ...(await openMemoryEngine(base.path, quirks)), base };
}

const opening = ({ engine, base }: Scene, adapt: Adaptation = LORA): Promise<Policy> =>
  engine.openPolicy({ from: base, optimizer: 'fresh', adapt });

async function update(policy: Policy, options = RATE): Promise<void> {
  await policy.accumulate(EXAMPLES, GOOD);
  await policy.step(options);
}

/** A saved state of one step. */
async function saved(scene: Scene, home: string): Promise<StateRef> {
  const policy = await opening(scene);
  await update(policy);
  const state = await policy.save({ home, name: 'state' });
  await policy.close();
  return state;
}

async function sample(scene: Scene, wanted: Partial<SampleRequest> = {}): Promise<void> {
  const sampler = await scene.engine.openSampler(scene.base);
  await sampler.sample([{ ...request({}), ...wanted }]);
}

/** Two services; the Solver trains on the second. */
async function apart(place: string): Promise<{ engine: Engine; base: BaseRef; together: Engine }> {
  const { backend, base } = await sceneIn(place);
  const engine = await engineOver(backend, { solverUrl: 'http://other' });
  return { engine, base, together: await engineOver(backend) };
}

async function otherBase(place: string, quirks: Partial<Quirks> = {}): Promise<Scene & { other: string }> {
  const scene = await sceneIn(place, quirks);
  const other = join(place, 'other');
  cpSync(scene.base.path, other, { recursive: true });
  return { ...scene, other };
}

/** A call that fails with an outcome until the service is well again. */
function failing(outcome: ServiceOutcome, advice: RegExp): AdviceCase {
  const run = async (place: string, times: number): Promise<void> => {
    const scene = await sceneIn(place);
    const policy = await opening(scene);
    const error = new ServiceError(outcome, 'its reason');
    for (let i = 0; i < times; i++)
      scene.backend.faults.push({ call: 'forwardBackward', when: 'before', error, skip: 0 });
    await policy.logprobs(EXAMPLES);
  };
  return {
    file: 'engine/tinker/failures.ts',
    message: '…',
    advice,
    provoke: (place) => run(place, 20),
    follow: async (place, { message }) => {
      expect(message).toContain('The service could not score: its reason.');
      await run(place, 0);
    },
  };
}

function completed(logprobs: Float32Array): void {
  const sequence = { tokens: Int32Array.of(1, 2), logprobs, stopReason: 'length' } as const;
  completionOf(sequence, { ...request({}), maxTokens: 2 }, { eosIds: [], decode: () => '' }, 0);
}

/** Exports a state from a service with such archives. */
async function exported(place: string, archives: Quirks['archives']): Promise<void> {
  const scene = await sceneIn(place, { archives });
  await scene.engine.exportTo(await saved(scene, place), join(place, 'exported'));
}

export const CASES: AdviceCase[] = [
  failing('refused', /^Correct what the service names/),
  failing('failed', /^See the log of the service; .*run the same command again/),
  failing('unreachable', /^Check that the service runs at its address; /),
  failing('billing', /^Settle the account of the service; /),
  failing('lost-sampler', /^Open the weights again; /),
  failing('lost-model', /^Open the policy again from its last state; /),
  {
    file: 'engine/tinker/failures.ts',
    message: 'The call was aborted.',
    advice: 'Resume the run to continue from its last step.',
    provoke: async (place) =>
      (await opening(await sceneIn(place))).accumulate(EXAMPLES, GOOD, { signal: AbortSignal.abort() }),
    follow: async (place) => update(await opening(await sceneIn(place))),
  },
  {
    file: 'engine/tinker/base/adapter-config.ts',
    message: 'A service trains adapters of whole parts of the model, not of ….',
    advice: /^Set adapt\.targets to one of: q_proj, .*; gate_proj, .*; q_proj, .*\.$/,
    provoke: async (place) => opening(await sceneIn(place), { ...LORA, targets: ['q_proj', 'up_proj'] }),
    follow: async (place, { advice }) => {
      const choices = advice.replace(/^.*one of: |\.$/g, '').split('; ');
      for (const [at, choice] of choices.entries()) {
        const targets = ADAPTER_TARGETS.filter((target) => choice.split(', ').includes(target));
        await opening(await sceneIn(join(place, String(at))), { ...LORA, targets });
      }
    },
  },
  {
    file: 'engine/tinker/base/base-identity.ts',
    message: '… holds a LoRA adapter: the service has …',
    advice: /^Give the folder of the base model, or continue the run/,
    provoke: async (place) => {
      const scene = await sceneIn(place);
      const path = join(place, 'adapter');
      mkdirSync(path);
      const settings = {
        peft_type: 'LORA',
        base_model_name_or_path: scene.base.path,
        r: 2,
        lora_alpha: 4,
        target_modules: ['q_proj'],
      };
      writeFileSync(join(path, 'adapter_config.json'), JSON.stringify(settings));
      return scene.engine.openSampler({ kind: 'base', path });
    },
    follow: async (place) => sample(await sceneIn(place)),
  },
  {
    file: 'engine/tinker/base/base-identity.ts',
    message: '… is not the base …: the service has …',
    advice: /^Give the folder of the base model, or continue the run/,
    provoke: async (place) => {
      const scene = await otherBase(place);
      await sample(scene);
      writeFileSync(join(scene.other, 'generation_config.json'), '{"eos_token_id": [3]}');
      return scene.engine.openSampler({ kind: 'base', path: scene.other });
    },
    follow: async (place) => sample(await sceneIn(place)),
  },
  {
    file: 'engine/tinker/datum.ts',
    message: 'or a token outside the vocabulary of …',
    advice: /^Give sequences of 1 to \d+ tokens/,
    provoke: async (place) => (await opening(await sceneIn(place))).logprobs([example([1], [999])]),
    follow: async (place) => (await opening(await sceneIn(place))).logprobs(EXAMPLES),
  },
  {
    file: 'engine/tinker/datum.ts',
    message: '…',
    advice: /^The model on the service may have diverged: use an earlier state, or lower the learning rate\.$/,
    provoke: () => masked(Uint8Array.of(1, 1), Float32Array.of(-1, Number.NaN)),
    follow: () => {
      expect(() => masked(Uint8Array.of(1, 1), new Float32Array(2))).toThrow(/all exactly 0/);
      expect(masked(Uint8Array.of(0, 1), Float32Array.of(-1, -2))).toEqual(Float32Array.of(0, -2));
    },
  },
  {
    file: 'engine/tinker/policy/policy-desk.ts',
    message: 'The policy is closed or was never opened.',
    advice: 'Open it again from a saved state.',
    provoke: async (place) => {
      const scene = await sceneIn(place);
      const policy = await opening(scene);
      const snapshot = await policy.publish();
      await policy.close();
      await scene.engine.inspect(snapshot);
    },
    follow: async (place) => {
      const scene = await sceneIn(place);
      const policy = await scene.engine.openPolicy({ from: await saved(scene, place), optimizer: 'restore' });
      await scene.engine.inspect(await policy.publish());
    },
  },
  {
    file: 'engine/tinker/policy/backward.ts',
    message: 'The service computes no gradient that a policy can be trained with',
    advice: /^Use another service: `--set engine\.url=ADDRESS`\. docs\/guide\/remote\.md/,
    provoke: async (place) => opening(await sceneIn(place, { means: true, noImportance: true })),
    follow: async (place) => opening(await sceneIn(place)),
  },
  {
    file: 'engine/tinker/policy/check-optimizer.ts',
    message: 'A service trains with AdamW only, not with Muon.',
    advice: 'Leave out the settings of Muon.',
    provoke: async (place) =>
      (await opening(await sceneIn(place))).step({ ...RATE, muon: { learningRate: 1e-3, momentum: 0.9 } }),
    follow: async (place) => update(await opening(await sceneIn(place))),
  },
  {
    file: 'engine/tinker/policy/check-optimizer.ts',
    message: 'The service ignores …: it trains with ….',
    advice: /^Set what the service does: `--set challenger\.clip=0 --set solver\.clip=0 --set verifier\.clip=0`\.$/,
    provoke: async (place) => update(await opening(await sceneIn(place, LIKE_SKYRL_JAX)), { ...RATE, clip: 1 }),
    follow: async (place) => update(await opening(await sceneIn(place, LIKE_SKYRL_JAX)), { ...RATE, clip: 0 }),
  },
  {
    file: 'engine/tinker/policy/check-optimizer.ts',
    message: "The service keeps … = … of the policy's first step, but … = … was requested.",
    advice: /^Keep beta1 = 0\.9, or open a new policy with a fresh optimizer\.$/,
    provoke: async (place) => {
      const policy = await opening(await sceneIn(place, LIKE_OPENRL));
      await update(policy, { ...RATE, beta1: 0.9 });
      await update(policy, { ...RATE, beta1: 0.8 });
    },
    follow: async (place) => {
      const scene = await sceneIn(place, LIKE_OPENRL);
      const policy = await opening(scene);
      await update(policy, { ...RATE, beta1: 0.9 });
      await update(policy, { ...RATE, beta1: 0.9, learningRate: RATE.learningRate / 2 });
      await policy.close();
      await update(await opening(scene), { ...RATE, beta1: 0.8 });
    },
  },
  {
    file: 'engine/tinker/policy/coefficients.ts',
    message: 'Example … has … positions and … coefficients.',
    advice: 'Give one coefficient per position.',
    provoke: async (place) => (await opening(await sceneIn(place))).accumulate(EXAMPLES, [new Float32Array(1)]),
    follow: async (place) => (await opening(await sceneIn(place))).accumulate(EXAMPLES, [new Float32Array(3)]),
  },
  {
    file: 'engine/tinker/policy/coefficients.ts',
    message: 'The coefficients of example … are not finite.',
    advice: 'Check the rewards and log-probabilities they come from.',
    provoke: async (place) =>
      (await opening(await sceneIn(place))).accumulate(EXAMPLES, [coefficients(EXAMPLES[0], () => Number.NaN)]),
    follow: async (place) => update(await opening(await sceneIn(place))),
  },
  {
    file: 'engine/tinker/policy/policy-desk.ts',
    message: 'The service ignores the alpha of an adapter',
    advice: 'Use the alpha of such services: `--set adapt.alpha=32`.',
    provoke: async (place) => opening(await sceneIn(place, { fixedAlpha: true }), { ...LORA, alpha: 8 }),
    follow: async (place) => opening(await sceneIn(place, { fixedAlpha: true }), { ...LORA, alpha: 32 }),
  },
  {
    file: 'engine/tinker/policy/policy-desk.ts',
    message: '… does not train a further model next to …',
    advice: /`--challenger-url` and `--solver-url`\.$/,
    provoke: async (place) => {
      const scene = await sceneIn(place, { maxModels: 1 });
      await opening(scene);
      await opening(scene);
    },
    follow: async (place) => {
      const [one, other] = [
        await sceneIn(join(place, '1'), { maxModels: 1 }),
        await sceneIn(join(place, '2'), { maxModels: 1 }),
      ];
      await Promise.all([opening(one), opening(other)]);
    },
  },
  {
    file: 'engine/tinker/policy/policy.ts',
    message: 'The gradient is not finite: the step was taken back.',
    advice: 'Lower the learning rate, or resume from the last step.',
    provoke: async (place) => {
      const policy = await opening(await sceneIn(place));
      await policy.accumulate(EXAMPLES, [coefficients(EXAMPLES[0], () => 3e38)]);
      await policy.step(RATE);
    },
    follow: async (place) => update(await opening(await sceneIn(place))),
  },
  {
    file: 'engine/tinker/policy/traits.ts',
    message: 'Two passes of the service over the same text differ',
    advice: /^Switch dropout off on the service, or use another service: `--set engine\.url=ADDRESS`\.$/,
    provoke: async (place) => opening(await sceneIn(place, { dropout: 0.3 })),
    follow: async (place) => opening(await sceneIn(place, { dropout: 0 })),
  },
  {
    file: 'engine/tinker/remote-service.ts',
    message: 'The service at … …; it has …',
    advice: /^Name one of its models with --model, /,
    provoke: async (place) => {
      const { backend, base } = await sceneIn(place);
      return (await engineOver(backend, { model: 'other' })).inspect(base);
    },
    follow: async (place, { message }) => {
      const { backend, base } = await sceneIn(place);
      const model = /it has (.*)\.$/m.exec(message)?.[1] ?? '';
      await (await engineOver(backend, { model })).inspect(base);
    },
  },
  {
    file: 'engine/tinker/sampling/check-room.ts',
    message: "exceed the model's context of … on the service",
    advice: /^Lower maxTokens to at most \d+ /,
    provoke: async (place) => sample(await sceneIn(place), { maxTokens: 5000 }),
    follow: async (place, { advice }) =>
      sample(await sceneIn(place), { maxTokens: Number(/at most (\d+)/.exec(advice)?.[1]) }),
  },
  {
    file: 'engine/tinker/sampling/decisions.ts',
    message: '… does not keep the base model next to the model that it trains.',
    advice: /^Give the base its own service: `--reference-url`/,
    provoke: async (place) => {
      const scene = await sceneIn(place, { baseFollows: true });
      await opening(scene);
      await sample(scene);
    },
    follow: async (place) => {
      const { backend, base } = await sceneIn(place, { baseFollows: true });
      const engine = await engineOver(backend, { referenceUrl: 'http://other' });
      await engine.openPolicy({ from: base, optimizer: 'fresh', adapt: LORA, purpose: { role: 'solver' } });
      await engine.openSampler(base, { role: 'solver', reference: true });
    },
  },
  {
    file: 'engine/tinker/sampling/ends.ts',
    message: "which is no end token of the tokenizer's folder",
    advice: /^Use the tokenizer of the model on the service: `--tokenizer`\. Its generation_config\.json/,
    provoke: async (place) => sample(await sceneIn(place, { ends: [1, 2, 3, 4, 5, 6, 7] }), { maxTokens: 60 }),
    follow: async (place) => {
      const scene = await sceneIn(place, { ends: [1, 2, 3, 4, 5, 6, 7] });
      writeFileSync(join(scene.base.path, 'generation_config.json'), '{"eos_token_id": [1, 2, 3, 4, 5, 6, 7, 23]}');
      await sample(scene, { maxTokens: 60 });
    },
  },
  {
    file: 'engine/tinker/sampling/ends.ts',
    message: '…',
    advice: 'The model on the service may have diverged: use an earlier state, or another service.',
    provoke: () => completed(Float32Array.of(-1, Number.NaN)),
    follow: () => {
      expect(() => completed(new Float32Array(2))).toThrow(/2 log-probabilities that are all exactly 0/);
      completed(Float32Array.of(-1, -2));
    },
  },
  {
    file: 'engine/tinker/sampling/request.ts',
    message: 'The service samples without …',
    advice: /^Switch it off: minP = 0 /,
    provoke: async (place) => sample(await sceneIn(place), { minP: 0.1 }),
    follow: async (place) => sample(await sceneIn(place), { minP: 0 }),
  },
  {
    file: 'engine/tinker/sampling/request.ts',
    message: 'The service gives log-probabilities at the temperature of sampling',
    advice: /^Use temperature = 1 /,
    provoke: async (place) => sample(await sceneIn(place, { tempered: true }), { temperature: 0.5 }),
    follow: async (place) => sample(await sceneIn(place, { tempered: true }), { temperature: 1 }),
  },
  {
    file: 'engine/tinker/sampling/snapshots.ts',
    message: 'Snapshot … is closed or was never opened.',
    advice: 'Open it again from a saved state.',
    provoke: async (place) => (await sceneIn(place)).engine.openSampler({ kind: 'snapshot', id: 'none', version: 0 }),
    follow: async (place) => {
      const scene = await sceneIn(place);
      await scene.engine.openSampler(await saved(scene, place));
    },
  },
  {
    file: 'engine/tinker/sampling/snapshots.ts',
    message: 'The service no longer has …',
    advice: 'Publish the policy again.',
    provoke: async (place) => {
      const scene = await sceneIn(place, { snapshots: 'live' });
      const policy = await opening(scene);
      const snapshot = await policy.publish();
      await update(policy);
      await scene.engine.openSampler(snapshot);
    },
    follow: async (place) => {
      const scene = await sceneIn(place, { snapshots: 'live' });
      const policy = await opening(scene);
      await update(policy);
      await scene.engine.openSampler(await policy.publish());
    },
  },
  {
    file: 'engine/tinker/services.ts',
    message: 'The state … is on …, but … was to use it',
    advice: /^Use one service for both: /,
    provoke: async (place) => {
      const { engine, base } = await apart(place);
      const policy = await engine.openPolicy({
        from: base,
        optimizer: 'fresh',
        adapt: LORA,
        purpose: { role: 'challenger' },
      });
      const from = await policy.save({ home: place, name: 'state' });
      await engine.openPolicy({ from, optimizer: 'fresh', purpose: { role: 'solver' } });
    },
    follow: async (place) => {
      const { together, base } = await apart(place);
      const policy = await together.openPolicy({
        from: base,
        optimizer: 'fresh',
        adapt: LORA,
        purpose: { role: 'challenger' },
      });
      const from = await policy.save({ home: place, name: 'state-2' });
      await together.openPolicy({ from, optimizer: 'fresh', purpose: { role: 'solver' } });
    },
  },
  {
    file: 'engine/tinker/states/export.ts',
    message: "has neither an adapter in PEFT's format nor a model.",
    advice: 'Export it with the tools of the service.',
    provoke: (place) => exported(place, 'empty'),
    follow: (place) => exported(join(place, 'whole'), 'whole'),
  },
  {
    file: 'engine/tinker/states/export.ts',
    message: 'The service at … does not send the weights of …',
    advice: 'Export them with the tools of the service; the run itself does not need them here.',
    provoke: (place) => exported(place, 'none'),
    follow: async (place) => {
      const scene = await sceneIn(join(place, 'run'), { archives: 'none' });
      await scene.engine.openPolicy({ from: await saved(scene, join(place, 'run')), optimizer: 'restore' });
    },
  },
  {
    file: 'engine/tinker/states/export.ts',
    message: '… holds only the tokenizer of the base model',
    advice: 'Download the base model from where it was published.',
    provoke: async (place) => {
      const { engine, base } = await sceneIn(place);
      rmSync(join(base.path, 'model.safetensors'));
      await engine.exportTo(base, join(place, 'exported'));
    },
    follow: async (place) => {
      const { engine, base } = await sceneIn(place);
      await engine.exportTo(base, join(place, 'exported'));
    },
  },
  {
    file: 'engine/tinker/states/record.ts',
    message: '… is not the name of a state.',
    advice: 'Use letters, digits and hyphens.',
    provoke: async (place) => (await opening(await sceneIn(place))).save({ home: place, name: '../out' }),
    follow: async (place) => (await opening(await sceneIn(place))).save({ home: place, name: 'solver-1-step-2' }),
  },
  {
    file: 'engine/tinker/states/record.ts',
    message: '… is not the record of a state on a service.',
    advice: /^Restore the file as it was; /,
    provoke: async (place) => {
      const scene = await sceneIn(place);
      const state = await saved(scene, place);
      const path = join(place, 'remote', `${state.id}.json`);
      writeFileSync(`${path}.kept`, readFileSync(path));
      writeFileSync(path, '{"saved": 1}');
      await scene.engine.openSampler(state);
    },
    follow: async (place, { message }) => {
      const path = message.split(' is not the record')[0];
      writeFileSync(path, readFileSync(`${path}.kept`));
      const scene = await sceneIn(join(place, 'again'));
      await scene.engine.openSampler(await saved(scene, join(place, 'again')));
      expect(await scene.engine.states(place)).toHaveLength(1);
    },
  },
  {
    file: 'engine/tinker/states/record.ts',
    message: 'There is no saved state … in ….',
    advice: 'Use another state of the run; `rzero show` lists its steps.',
    provoke: async (place) =>
      (await sceneIn(place)).engine.openSampler({ kind: 'state', id: 'solver-1-step-9', home: place }),
    follow: async (place) => {
      const scene = await sceneIn(place);
      await scene.engine.openSampler(await saved(scene, place));
    },
  },
  {
    file: 'engine/tinker/states/refuse-snapshot.ts',
    message: 'A snapshot cannot be …',
    advice: 'Save the policy, and export the state.',
    provoke: async (place) => {
      const scene = await sceneIn(place);
      await scene.engine.exportTo(await (await opening(scene)).publish(), join(place, 'exported'));
    },
    follow: async (place) => {
      const scene = await sceneIn(place);
      await scene.engine.exportTo(await saved(scene, place), join(place, 'exported'));
    },
  },
  {
    file: 'engine/tinker/states/remote-states.ts',
    message: '… is not a state of this engine: it is not deleted.',
    advice: 'Delete the folder yourself if nothing needs it.',
    provoke: async (place) => {
      const { engine, base } = await sceneIn(place);
      await engine.remove(base);
    },
    follow: async (place: string, { message }: RzeroError) => {
      const folder = message.split(' is not a state')[0];
      expect(folder).toBe(join(place, 'base'));
      rmSync(folder, { recursive: true });
    },
  },
];
