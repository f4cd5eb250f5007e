/**
 * Runs the examples as a user does, each in a child process with its smallest sizes. They import the public paths of
 * rzero.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRun } from '../../src/store/sqlite.ts';
import { type Ended, ROOT, rzero } from '../fixtures/program.ts';
import { onlyRun, setFlags, SHORT_RUN } from '../fixtures/short-run.ts';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'rzero-examples-'));
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const EXAMPLES = join(ROOT, 'examples');
/** Resolves `rzero` and `rzero/…` to the sources. */
const env = { TSX_TSCONFIG_PATH: join(ROOT, 'tsconfig.json') };

/** Runs a file of the examples with Node, from an empty folder. */
function node(file: string, ...parameters: string[]): Promise<Ended> {
  return rzero(parameters, { cwd, env, program: ['--import', import.meta.resolve('tsx'), join(EXAMPLES, file)] });
}

const PUBLIC = /^(?:node:.*|rzero(?:\/[a-z]+)?|\.\/[\w-]+\.mjs)$/;

it('import only rzero, Node and each other, and document their command', () => {
  const files = readdirSync(EXAMPLES, { recursive: true, encoding: 'utf8' });
  const modules = files.filter((name) => name.endsWith('.mjs'));
  expect(modules.length).toBeGreaterThan(3);
  const foreign = modules.flatMap((name) =>
    [...readFileSync(join(EXAMPLES, name), 'utf8').matchAll(/\b(?:from|import)\s*\(?'([^']+)'/g)]
      .map(([, target]) => target)
      .filter((target) => !PUBLIC.test(target)),
  );
  expect(foreign).toEqual([]);
  const folders = readdirSync(EXAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of folders) expect(readdirSync(join(EXAMPLES, name))).toContain('README.md');
});

it('the whole algorithm runs an iteration', async () => {
  const { code, out, err } = await node('whole-algorithm/evolve.mjs', '--tiny');
  expect(err).toBe('');
  expect(code).toBe(0);
  expect(out).toMatch(/^base: mean@8 \d+\.\d %, majority@8/);
  expect(out).toMatch(/posed \d+ → valid \d+ → distinct \d+ → in band \d+/);
  expect(out).toMatch(/\niteration 1: mean@8 \d+\.\d %/);
}, 300_000);

it('a phase is computed again from the database, bit for bit', async () => {
  const runsDir = join(cwd, 'to-replay');
  const short = { ...SHORT_RUN, iterations: 1, filter: { minQuestions: 1, minAgreement: 0, maxAgreement: 1 } };
  const evolved = await rzero(['evolve', ...setFlags(short), '--runs-dir', runsDir], { cwd, env });
  expect(evolved).toMatchObject({ code: 0, err: '' });
  for (const role of ['challenger', 'solver']) {
    const replayed = await node('replay/replay.mjs', onlyRun(runsDir), role, '1');
    expect(replayed).toMatchObject({ code: 0, err: '' });
    expect(replayed.out).toMatch(/^step 1: \d+ rollouts, loss -?\d+\.\d+$/m);
    expect(replayed.out).toMatch(new RegExp(`^equal to weights/${role}-1-step-\\d+, bit for bit$`, 'm'));
  }
});

it('a custom domain evolves with a custom reward from the command line', async () => {
  const short = { ...SHORT_RUN, iterations: 1, filter: { minQuestions: 1, minAgreement: 0, maxAgreement: 1 } };
  const domain = join(EXAMPLES, 'own-domain/products.mjs');
  const { code, err } = await rzero(['evolve', '--domain', domain, ...setFlags(short)], { cwd, env });
  expect(err).toBe('');
  expect(code).toBe(0);
  const store = openRun(onlyRun(join(cwd, 'runs')), { readOnly: true });
  expect(store.summary()?.iterations.map(({ evaluation }) => evaluation.task)).toEqual(['products', 'products']);
  const posed = store.rollouts({ role: 'challenger', iteration: 1 }).flatMap((group) => group.rollouts);
  expect(Math.max(...posed.map(({ parts }) => parts.brevity))).toBeGreaterThan(0);
  expect(store.metrics({ name: 'challenger/brevity' })).toHaveLength(2);
  const valid = store.labels(1).filter(({ question }) => question.invalid === null);
  expect(valid.filter(({ question }) => !/\*|\d \w+ of \d/.test(question.text))).toEqual([]);
  expect(valid.some(({ labelCorrect }) => labelCorrect !== null)).toBe(true);
  store.close();
}, 300_000);

describe('a custom benchmark', () => {
  it('evaluates a custom endpoint', async () => {
    const { code, out, err } = await node('own-benchmark/run.mjs');
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toContain('Days in a year: 75.0 % of 16 questions right');
    expect(readdirSync(join(cwd, 'evaluation'))).toEqual(['eval.db', 'report.html', 'results.json']);
  }, 300_000);

  it('evaluates the shipped model from the command line', async () => {
    const task = join(EXAMPLES, 'own-benchmark/leap-years.mjs');
    const parameters = [
      'eval',
      '--task',
      task,
      '--limit',
      '2',
      '--max-tokens',
      '8',
      '--domain',
      'arithmetic',
      '--json',
    ];
    const { code, out } = await rzero(parameters, { cwd, env });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ tasks: [{ task: 'leap-years', asked: 2 }] });
  }, 300_000);
});
