/** Which weights every stage opens: the base, the other role's, the previous iteration's, or its own newest state. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Call, recordingEngine } from '../../test/fixtures/recording-engine.ts';
import { writeArithmeticBase } from '../../test/fixtures/scripted/arithmetic-base.ts';
import createScriptedEngine from '../../test/engines/scripted/index.ts';
import type { ConfigInput, RunConfig } from '../config/schema.ts';
import type { RunStore } from '../store/store.ts';
import { resume } from './evolve.ts';
import { Killed, killedAt, memoryRun, shortConfig } from './loop.contract.ts';

let root: string;
let base: string;
let runs = 0;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-phases-'));
  base = join(root, 'base');
  await writeArithmeticBase(base);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Every step updates, so that the name of a snapshot shows its step. */
const SOLVER = { steps: 2, prompts: 4, groupSize: 4, learningRate: 0.3, maxTokens: 6, dropZeroVariance: false };
const CHALLENGER = {
  steps: 1,
  groups: 3,
  groupSize: 3,
  votes: 4,
  learningRate: 0.3,
  maxTokens: 24,
  dropZeroVariance: false,
};

function configOf(over: ConfigInput = {}): RunConfig {
  const { challenger, solver, ...rest } = over;
  return shortConfig(base, {
    monitors: { action: 'off' },
    challenger: { ...CHALLENGER, ...challenger },
    solver: { ...SOLVER, ...solver },
    ...rest,
  });
}

const newRun = (config: RunConfig): RunStore => memoryRun(join(root, `run-${++runs}`), config);

/** Runs or resumes a run, and returns what it opened. */
async function opened(store: RunStore): Promise<string[]> {
  const { engine, calls } = recordingEngine(await createScriptedEngine(), () => store.cursor());
  try {
    await resume(store.dir, { store, engine }).result;
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
  await engine.close();
  return calls.flatMap(lineOf);
}

/** E.g. `2 propose: sampler challenger-2-step-1`. A snapshot is `FROM+UPDATES`; a policy includes its optimizer's mode. */
function lineOf(call: Call): string[] {
  const place = `${call.at.iteration} ${call.at.stage}:`;
  if (call.verb === 'openSampler') return [`${place} sampler ${call.weights}`];
  return call.verb === 'openPolicy' ? [`${place} policy ${call.from} ${call.optimizer}`] : [];
}

/** The weights that an iteration opens. */
interface Turn {
  iteration: number;
  /** Initial weights of the Challenger and the Solver. */
  challenger: string;
  solver: string;
  /** Weights that pose the pool and vote on it. */
  poser: string;
  voter: string;
  /** Weights that are evaluated. */
  result: string;
  /** Reference of the KL term; null = the phase's initial weights. */
  reference?: string;
  /** Weights that vote on the Challenger's questions; default: the Solver's initial weights. */
  judge?: string;
}

function linesOf(turn: Turn): string[] {
  const { iteration, challenger, solver, poser, voter, result, reference, judge = solver } = turn;
  return [
    `${iteration} train-challenger: policy ${challenger} fresh`,
    `${iteration} train-challenger: sampler ${reference ?? challenger}`,
    `${iteration} train-challenger: sampler ${challenger}+0`,
    `${iteration} train-challenger: sampler ${judge}`,
    `${iteration} propose: sampler ${poser}`,
    `${iteration} vote: sampler ${voter}`,
    `${iteration} train-solver: policy ${solver} fresh`,
    `${iteration} train-solver: sampler ${reference ?? solver}`,
    `${iteration} train-solver: sampler ${solver}+0`,
    `${iteration} train-solver: sampler ${solver}+1`,
    `${iteration} evaluate: sampler ${result}`,
  ];
}

const BASELINE = '0 baseline: sampler base';
const FIRST: Turn = {
  iteration: 1,
  challenger: 'base',
  solver: 'base',
  poser: 'challenger-1-step-1',
  voter: 'base',
  result: 'solver-1-step-2',
};
const SECOND: Turn = {
  iteration: 2,
  challenger: 'challenger-1-step-1',
  solver: 'solver-1-step-2',
  poser: 'challenger-2-step-1',
  voter: 'solver-1-step-2',
  result: 'solver-2-step-2',
};

describe('a run', () => {
  it('starts every phase from the previous iteration', async () => {
    expect(await opened(newRun(configOf()))).toEqual([BASELINE, ...linesOf(FIRST), ...linesOf(SECOND)]);
  });

  it('with one model for both roles, starts every phase from the other role’s result', async () => {
    const [challenger, solver] = ['challenger-1-step-1', 'solver-1-step-2'];
    expect(await opened(newRun(configOf({ weights: 'shared' })))).toEqual([
      BASELINE,
      ...linesOf({ ...FIRST, judge: 'base', solver: challenger, voter: challenger }),
      ...linesOf({
        ...SECOND,
        challenger: solver,
        judge: solver,
        solver: 'challenger-2-step-1',
        voter: 'challenger-2-step-1',
      }),
    ]);
  });

  it('uses the base model as KL reference if configured', async () => {
    const over = { challenger: { klReference: 'base' }, solver: { klReference: 'base' } } as const;
    expect(await opened(newRun(configOf(over)))).toEqual([
      BASELINE,
      ...linesOf({ ...FIRST, reference: 'base' }),
      ...linesOf({ ...SECOND, reference: 'base' }),
    ]);
  });

  it('continues from the step selected by keepStep, not from the last', async () => {
    expect(await opened(newRun(configOf({ solver: { keepStep: 1 } })))).toEqual([
      BASELINE,
      ...linesOf({ ...FIRST, result: 'solver-1-step-1' }),
      ...linesOf({ ...SECOND, solver: 'solver-1-step-1', voter: 'solver-1-step-1', result: 'solver-2-step-1' }),
    ]);
  });

  it('poses with the base model in every iteration if the Challenger is not trained', async () => {
    const lines = await opened(newRun(configOf({ challenger: { train: false } })));
    const untrained = (turn: Turn): string[] =>
      linesOf({ ...turn, poser: 'base' }).filter((line) => !line.includes('train-challenger'));
    expect(lines).toEqual([BASELINE, ...untrained(FIRST), ...untrained(SECOND)]);
  });
});

describe('an update', () => {
  it('uses the settings of its role', async () => {
    const store = newRun(
      configOf({ challenger: { learningRate: 0.1, clip: 5 }, solver: { learningRate: 0.2, weightDecay: 0.5 } }),
    );
    const { engine, calls } = recordingEngine(await createScriptedEngine(), () => store.cursor());
    await resume(store.dir, { store, engine }).result;
    await engine.close();
    const steps = calls.flatMap((call) => {
      if (call.verb !== 'step') return [];
      const { learningRate, clip, weightDecay } = call.options;
      return [`${call.at.iteration} ${call.at.stage}: ${learningRate} ${clip} ${weightDecay}`];
    });
    expect(steps).toEqual(
      [1, 2].flatMap((iteration) => [
        `${iteration} train-challenger: 0.1 5 0.01`,
        `${iteration} train-solver: 0.2 1 0.5`,
        `${iteration} train-solver: 0.2 1 0.5`,
      ]),
    );
  });
});

describe('a resumed run', () => {
  /** Number of commits of an uninterrupted run, up to the first step of a stage in iteration 2. */
  async function commitsThrough(stage: string): Promise<number> {
    const store = newRun(configOf());
    let commits = 0;
    let found = 0;
    const counting: RunStore = {
      ...store,
      commit(unit) {
        const { iteration, stage: at, step } = store.cursor();
        store.commit(unit);
        if (iteration === 2 && at === stage && step === 0) found = commits;
        commits++;
      },
    };
    await opened(counting);
    return found;
  }

  it('in the middle of a phase, opens the newest state with its optimizer, and the phase’s start as KL reference', async () => {
    const store = newRun(configOf());
    await opened(killedAt(store, await commitsThrough('train-solver'), 'after'));
    expect(store.cursor()).toEqual({ iteration: 2, stage: 'train-solver', step: 1 });
    expect(await opened(store)).toEqual([
      '2 train-solver: policy solver-2-step-1 restore',
      '2 train-solver: sampler solver-1-step-2',
      '2 train-solver: sampler solver-2-step-1+0',
      '2 evaluate: sampler solver-2-step-2',
    ]);
  });

  it('between two phases, opens the same as an uninterrupted run', async () => {
    const store = newRun(configOf());
    await opened(killedAt(store, await commitsThrough('train-challenger'), 'after'));
    expect(await opened(store)).toEqual(linesOf(SECOND).filter((line) => !line.includes('train-challenger')));
  });
});
