import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTablesBase } from '../../../../test/engines/memory-service/base.ts';
import { type Fault, MEMORY_MODEL, MemoryBackend } from '../../../../test/engines/memory-service/index.ts';
import { LIKE_OPENRL, LIKE_SKYRL_JAX, type Quirks } from '../../../../test/engines/memory-service/quirks.ts';
import { type BaseFacts, readBaseFacts } from '../base/base-folder.ts';
import { RemoteService } from '../remote-service.ts';
import { ServiceError } from '../service.ts';
import type { SamplingFindings, TrainingFindings } from './findings.ts';

let root: string;
let facts: BaseFacts;
const LORA = { rank: 3, seed: 1, train_attn: true, train_mlp: true, lora_alpha: 32, lora_dropout: 0 };

/** What the probe finds on a service without quirks. */
const SAMPLING: SamplingFindings = {
  base: true,
  seeds: true,
  largeSeeds: true,
  samplesDiffer: true,
  stopTokens: true,
  stopTokenIncluded: true,
  stopStrings: true,
  topK: true,
  topP: true,
  logprobs: 'raw',
  promptLogprobs: 'n',
  scoresOnly: true,
  baseChecked: true,
  contextChecked: true,
};
const TRAINING: TrainingFindings = {
  forwardOnly: true,
  masks: false,
  gradientNorm: true,
  perToken: 'sum',
  perSequence: 'sum',
  signedWeights: true,
  importanceSampling: true,
  ppo: true,
  cispo: true,
  repeatable: true,
  freshGradient: true,
  repetition: 'same',
  clip: true,
  betas: true,
  epsilon: true,
  weightDecay: true,
  settingsFixed: false,
  optimizerRestored: true,
  immutableSnapshots: true,
  samplingKeepsTraining: true,
  snapshotsOutliveModel: true,
  baseBeside: true,
  gap: 0,
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rzero-probe-'));
  await writeTablesBase(root);
  facts = await readBaseFacts(root);
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function probed(quirks: Partial<Quirks> = {}): Promise<{ service: RemoteService; backend: MemoryBackend }> {
  const backend = await MemoryBackend.open(root, facts.decode, quirks);
  const service = new RemoteService('main', backend.service(), MEMORY_MODEL);
  await service.training(facts, LORA);
  return { service, backend };
}

/** Calls of a whole probe, by name. */
async function countCalls(): Promise<[Fault['call'], number][]> {
  const { backend } = await probed();
  const names = [...new Set(backend.calls)] as Fault['call'][];
  return names.map((name) => [name, backend.calls.filter((one) => one === name).length]);
}

describe('the probe', () => {
  it('begins again when a call of its own is lost, and finds the same', { timeout: 120_000 }, async () => {
    const calls = await countCalls();
    const errors = ['restart', new ServiceError('unknown', 'no answer')] as const;
    const fault = fc.constantFrom(...calls).chain(([call, count]) =>
      fc.record<Fault>({
        call: fc.constant(call),
        skip: fc.nat({ max: count - 1 }),
        when: fc.constantFrom('before', 'after'),
        error: fc.constantFrom(...errors),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { minLength: 1, maxLength: 2 }), async (faults) => {
        const backend = await MemoryBackend.open(root, facts.decode);
        backend.faults.push(...faults);
        const service = new RemoteService('main', backend.service(), MEMORY_MODEL);
        await service.training(facts, LORA);
        expect(await service.findings()).toEqual({ profile: 'conforming', sampling: SAMPLING, training: TRAINING });
      }),
      { numRuns: 150, seed: 3 },
    );
  });

  it('gives up after three attempts', async () => {
    const backend = await MemoryBackend.open(root, facts.decode);
    const error = new ServiceError('unknown', 'no answer');
    backend.faults.push(
      ...Array.from({ length: 3 }, () => ({ call: 'saveWeights', when: 'before', error, skip: 0 }) as const),
    );
    const service = new RemoteService('main', backend.service(), MEMORY_MODEL);
    await expect(service.training(facts, LORA)).rejects.toMatchObject({ kind: 'lost-policy' });
    expect(backend.models.size).toBe(0);
    expect((await service.training(facts, LORA)).clip).toBe(true);
  });

  it('finds nothing on a conforming service, and leaves nothing behind', async () => {
    const { service, backend } = await probed();
    expect(await service.findings()).toEqual({ profile: 'conforming', sampling: SAMPLING, training: TRAINING });
    expect(backend.models.size).toBe(0);
    expect([...backend.checkpoints.keys()]).toEqual([]);
    expect(service.api.repeatTraining).toBe(true);
  });

  const cases: [string, Partial<Quirks>, Partial<SamplingFindings>, Partial<TrainingFindings>][] = [
    ['seeds that are ignored', { seeds: 'ignored' }, { seeds: false }, {}],
    ['seeds from 2^31 on that are refused', { seeds: 'small' }, { largeSeeds: false }, {}],
    ['completions of one request that are equal', { sameSamples: true }, { samplesDiffer: false }, {}],
    [
      'stops that are ignored',
      { stops: 'ignored' },
      { stopTokens: false, stopTokenIncluded: null, stopStrings: false },
      {},
    ],
    ['stop tokens that are left out', { stops: 'excluded' }, { stopTokenIncluded: false }, {}],
    ['filters that are ignored', { noFilters: true }, { topK: false, topP: false }, {}],
    ['tempered log-probabilities', { tempered: true }, { logprobs: 'tempered' }, {}],
    ['prompts with one entry fewer', { promptLogprobs: 'n-1' }, { promptLogprobs: 'n-1' }, {}],
    [
      'prompts without log-probabilities',
      { promptLogprobs: 'absent' },
      { promptLogprobs: 'absent', scoresOnly: false },
      { gap: null },
    ],
    ['scores that need a token', { drawsAlways: true }, { scoresOnly: false }, {}],
    ['no forward pass', { noForward: true }, {}, { forwardOnly: false }],
    ['repetitions that count twice', { repeats: true }, {}, { repetition: 'again' }],
    ['ignored betas', { ignores: ['betas'] }, {}, { betas: false, clip: null, weightDecay: null }],
    ['ignored clipping', { ignores: ['clip'] }, {}, { clip: false }],
    ['an ignored epsilon', { ignores: ['epsilon'] }, {}, { epsilon: false, clip: null }],
    ['ignored weight decay', { ignores: ['weightDecay'] }, {}, { weightDecay: false }],
    [
      'settings of the first step that stay',
      { settingsFixed: true },
      {},
      { settingsFixed: true, epsilon: null, clip: null, weightDecay: null },
    ],
    ['snapshots that follow training', { snapshots: 'live' }, {}, { immutableSnapshots: false }],
    [
      'snapshots that undo training',
      { snapshots: 'reverting' },
      {},
      { immutableSnapshots: false, samplingKeepsTraining: false },
    ],
    ['snapshots that end with their model', { mortalSnapshots: true }, {}, { snapshotsOutliveModel: false }],
    ['a gradient that is left in a slot', { leaks: true }, {}, { freshGradient: false }],
    ['optimizers that are not restored', { freshOptimizer: true }, {}, { optimizerRestored: false }],
    ['a base that follows training', { baseFollows: true }, {}, { baseBeside: false }],
    ['means', { means: true }, {}, { perToken: 'mean', perSequence: 'mean', signedWeights: false }],
    [
      'norms that are not reported',
      { gradNorm: 'absent' },
      {},
      {
        gradientNorm: false,
        perToken: null,
        perSequence: null,
        signedWeights: null,
        importanceSampling: null,
        ppo: null,
        cispo: null,
        repetition: null,
        clip: null,
        freshGradient: null,
      },
    ],
  ];
  it.each(cases)('finds %s', async (_, quirks, sampling, training) => {
    const { service } = await probed(quirks);
    const found = await service.findings();
    expect({ sampling: found.sampling, training: found.training }).toMatchObject({
      sampling: { ...SAMPLING, ...sampling },
      training: { ...TRAINING, ...training, gap: training.gap === undefined ? expect.any(Number) : training.gap },
    });
  });

  it('finds passes that differ', async () => {
    const { service } = await probed({ dropout: 0.2 });
    expect((await service.findings()).training?.repeatable).toBe(false);
  });

  it.each([
    ['skyrl-jax', LIKE_SKYRL_JAX],
    ['openrl', LIKE_OPENRL],
    ['skyrl-megatron', { ignores: ['betas', 'clip', 'epsilon', 'weightDecay'], snapshots: 'live' }],
    ['skyrl-fsdp', { ignores: ['betas', 'clip', 'epsilon', 'weightDecay'], snapshots: 'live', baseFollows: true }],
    ['conforming', {}],
    ['other', { dropout: 0, snapshots: 'live' }],
  ] as [string, Partial<Quirks>][])('calls what it finds %s', async (label, quirks) => {
    const { service } = await probed(quirks);
    expect((await service.findings()).profile).toBe(label);
  });
});
