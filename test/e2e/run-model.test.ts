/** `RUN@N` names a model of a run for every command that takes a model. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunEvent } from '../../src/events.ts';
import { readSafetensors } from '../../src/models/weights/safetensors.ts';
import { copyOldRun } from '../fixtures/old-runs.ts';
import { atEvent, eventsOf, rzero } from '../fixtures/program.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-run-model-'));
const runsDir = join(root, 'runs');
let state: string;
let base: string;

beforeAll(() => {
  const run = copyOldRun('finished', runsDir);
  state = join(run, 'weights', 'solver-1-step-3');
  base = join(runsDir, 'base');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const IN = ['--runs-dir', runsDir];
/** The model has a context of 128 tokens. */
const FITTING = ['votes', 'solver', 'evaluation'].flatMap((section) => ['--set', `${section}.maxTokens=32`]);
/** Each test starts the program once or twice. */
const TIMEOUT_MS = 180_000;

async function tensorOf(folder: string): Promise<Float32Array | undefined> {
  const { tensors } = await readSafetensors(join(folder, 'model.safetensors'));
  return tensors.get('model.norm.weight')?.data;
}

it.each([
  ['finished@1', (): string => state],
  ['finished@0', (): string => base],
])(
  'export writes the weights of %s',
  async (model, folder) => {
    const out = join(root, model);
    expect(await rzero(['export', '--model', model, '--out', out, ...IN])).toMatchObject({ code: 0, err: '' });
    expect(await tensorOf(out)).toEqual(await tensorOf(folder()));
  },
  TIMEOUT_MS,
);

it(
  'evolve starts from it',
  async () => {
    const isStart = (event: RunEvent): boolean => event.type === 'run-start';
    const out = join(root, 'new');
    const started = await rzero(
      [
        'evolve',
        '--model',
        `${join(runsDir, 'finished')}@1`,
        '--scale',
        'tiny',
        ...FITTING,
        '--json',
        '--runs-dir',
        out,
      ],
      { onLine: atEvent('SIGKILL', isStart) },
    );
    expect(eventsOf(started).find(isStart)).toMatchObject({ model: state });
  },
  TIMEOUT_MS,
);

it.each([
  'chat --ask x --temperature 0',
  'eval --questions 1 --samples 1',
  'doctor',
  `evolve --dry-run --scale tiny ${FITTING.join(' ')}`,
])(
  '%s accepts it, and names the iterations that exist instead of one that does not',
  async (command) => {
    const parameters = command.split(' ');
    expect(await rzero([...parameters, '--model', 'finished@1', ...IN])).toMatchObject({ code: 0, err: '' });
    const refused = await rzero([...parameters, '--model', 'finished@9', ...IN]);
    expect(refused.code).toBe(1);
    expect(refused.out + refused.err).toMatch(/has no Solver of iteration 9\.\s+It has: 0, 1 \(0 is the base\)\./);
  },
  TIMEOUT_MS,
);

it(
  'finetune starts from it',
  async () => {
    const isStart = (event: RunEvent): boolean => event.type === 'run-start';
    const started = await rzero(['finetune', '--data', '4', '--model', 'finished@1', '--json', ...IN], {
      onLine: atEvent('SIGKILL', isStart),
    });
    expect(eventsOf(started).find(isStart)).toMatchObject({ model: state });
    expect(existsSync(state)).toBe(true);
  },
  TIMEOUT_MS,
);
