import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCRIPTED } from '../../../test/engines/scripted/config.ts';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import { scriptedJudge } from '../../../test/fixtures/scripted/judge.ts';
import { createGrader } from '../../answers/grader.ts';
import type { ConfigInput, RunConfig } from '../../config/schema.ts';
import { arithmetic } from '../../domains/arithmetic/domain.ts';
import type { Domain } from '../../domains/domain.ts';
import { ConfigError } from '../../errors.ts';
import { defineTask } from '../../eval/own-task.ts';
import { defaultChallengerReward } from '../../rewards/challenger.ts';
import { defaultSolverReward } from '../../rewards/correctness.ts';
import { addPart } from '../../rewards/reward.ts';
import type { Rewards } from '../../rewards/rewards.ts';
import { openRun } from '../../store/sqlite.ts';
import { evolve, resume, type EvolveOptions, type ResumeOptions } from '../evolve.ts';
import { follow, memoryRun, shortConfig } from '../loop.contract.ts';
import { keptCode } from './code-record.ts';

let root: string;
let base: string;
let made = 0;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-extensions-'));
  base = join(root, 'base');
  await writeArithmeticBase(base);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const ONE = { iterations: 1, evaluation: { questions: 2, samples: 1, maxTokens: 6 } } satisfies ConfigInput;

function configOf(over: ConfigInput = {}): RunConfig {
  return shortConfig(base, { ...ONE, ...over });
}

const sums: Domain = { ...arithmetic, name: 'sums', version: '1', heldOut: undefined, difficulty: undefined };

/** Writes a module whose domain is arithmetic with another name, imported from this repository's sources. */
function writeDomain(name: string, more = ''): string {
  const path = join(root, `${name}.mjs`);
  const source = new URL('../../domains/arithmetic/domain.ts', import.meta.url).href;
  writeFileSync(
    path,
    `import { arithmetic } from '${source}';\nexport default { ...arithmetic, name: '${name}' };\n${more}`,
  );
  return path;
}

/** Starts a run, stops it after its first step, and returns its folder. */
async function begin(options: EvolveOptions): Promise<string> {
  const runDir = join(root, `run-${++made}`);
  const run = evolve({ ...options, runDir });
  for await (const event of run) if (event.type === 'step') run.stop();
  expect((await run.result).outcome).toBe('stopped');
  return runDir;
}

const refusal = (dir: string, options: ResumeOptions = {}): Promise<unknown> =>
  resume(dir, options).result.then(
    () => 'resumed',
    (error: unknown) => error,
  );

describe('a custom domain', () => {
  it('passed as an object is used by the run, without the abilities it lacks', async () => {
    const dir = join(root, 'in-code');
    const config = configOf();
    const store = memoryRun(dir, config);
    const events = await follow(evolve({ config, store, domain: sums }));
    expect(events.find(({ type }) => type === 'run-start')).toMatchObject({ domain: 'sums' });
    expect(store.evaluations()).toEqual([]);
    expect(store.metrics({ name: 'pool/difficulty' })).toEqual([]);
    expect(store.labels(1).length).toBeGreaterThan(0);
    expect(store.summary()?.outcome).toBe('finished');
  });

  it('passed as an object must be passed again, with the same version', async () => {
    const dir = await begin({ config: configOf(), domain: sums });
    expect(await refusal(dir)).toMatchObject({ advice: expect.stringContaining('from code') });
    const changed = await refusal(dir, { domain: { ...sums, version: '2' } });
    expect(changed).toBeInstanceOf(ConfigError);
    expect(changed).toMatchObject({ message: expect.stringContaining('started with domain (sums, version 1)') });
    expect((await resume(dir, { domain: sums }).result).outcome).toBe('finished');
  });

  it('from a module is recorded with its hash, and rejected after a change', async () => {
    const path = writeDomain('shifting');
    const dir = await begin({ config: configOf({ domain: path }) });
    const store = openRun(dir, { readOnly: true });
    expect(store.meta().config.domain).toBe(path);
    const version = expect.stringMatching(/^[0-9a-f]{16}$/);
    expect(keptCode(store)).toEqual([
      { part: 'domain', name: 'shifting', version, path },
      { part: 'engine', name: 'index', version, path: resolve(SCRIPTED.path) },
    ]);
    expect(store.evaluations().every(({ task }) => task === 'shifting')).toBe(true);
    store.close();
    writeDomain('shifting', '// changed\n');
    const refused = await refusal(dir);
    expect(refused).toBeInstanceOf(ConfigError);
    expect(refused).toMatchObject({
      message: expect.stringContaining(`The domain of ${path} has changed since this run started.`),
      advice: expect.stringContaining('Restore the file as it was'),
    });
    writeDomain('shifting');
    const summary = await resume(dir).result;
    expect(summary.outcome).toBe('finished');
    expect(summary.iterations.map(({ evaluation }) => evaluation.task)).toEqual(['shifting', 'shifting']);
  });
});

describe('custom rewards', () => {
  const rewards: Rewards = {
    challenger: (batch) =>
      addPart(
        defaultChallengerReward(batch),
        'brevity',
        batch.items.map(({ text }) => 1 / (1 + text.length)),
        0.5,
      ),
    solver: (batch) =>
      defaultSolverReward(batch).map(({ reward, parts }, at) => ({
        reward: reward * 2,
        parts: { ...parts, ...(batch.items[at].answer === null ? { silent: 1 } : {}) },
      })),
  };

  it('train the roles, and their parts appear in metrics and stored rollouts', async () => {
    const config = configOf();
    const store = memoryRun(join(root, 'rewards'), config);
    await evolve({ config, store, rewards }).result;
    const brevity = store.metrics({ name: 'challenger/brevity' });
    expect(brevity).toHaveLength(1);
    const posed = store.rollouts({ role: 'challenger', iteration: 1 }).flatMap((group) => group.rollouts);
    for (const { reward, parts } of posed) {
      const own = Math.max(0, parts.uncertainty - parts.repetition) * parts.format;
      expect(reward).toBe(own + 0.5 * parts.brevity);
    }
    const attempts = store.rollouts({ role: 'solver', iteration: 1 }).flatMap((group) => group.rollouts);
    expect(attempts.every(({ reward, parts }) => reward === 2 * parts.correct)).toBe(true);
  });

  it('change nothing if they are the defaults', async () => {
    const config = configOf();
    const [plain, same] = ['plain', 'same'].map((name) => memoryRun(join(root, name), config));
    await evolve({ config, store: plain }).result;
    await evolve({ config, store: same, rewards: { challenger: defaultChallengerReward, solver: defaultSolverReward } })
      .result;
    for (const role of ['challenger', 'solver'] as const) {
      expect(same.rollouts({ role, iteration: 1 })).toEqual(plain.rollouts({ role, iteration: 1 }));
    }
  });

  it('from a domain module are used automatically, and must not change', async () => {
    const source = new URL('../../rewards/challenger.ts', import.meta.url).href;
    const more = `import { defaultChallengerReward } from '${source}';\nexport const rewards = { challenger: (batch) => defaultChallengerReward(batch) };\n`;
    const dir = await begin({ config: configOf({ domain: writeDomain('paid', more) }) });
    const store = openRun(dir, { readOnly: true });
    expect(keptCode(store).map(({ part }) => part)).toEqual(['domain', 'rewards.challenger', 'engine']);
    store.close();
    expect((await resume(dir).result).outcome).toBe('finished');
  });

  it('must be passed again to a run that started with them, and to no other', async () => {
    const [without, having] = [await begin({ config: configOf() }), await begin({ config: configOf(), rewards })];
    expect(await refusal(without, { rewards })).toMatchObject({
      message: expect.stringContaining('started without a custom rewards.challenger'),
    });
    expect(await refusal(having)).toMatchObject({
      advice: 'Resume it from code with the same object: resume(dir, { rewards: { challenger } }).',
    });
    expect((await resume(having, { rewards }).result).outcome).toBe('finished');
  });

  it.each<[string, Rewards['challenger'], RegExp]>([
    ['too few', () => [], /returned 0 rewards for 9 items/],
    ['no number', (batch) => batch.items.map(() => ({ reward: NaN, parts: {} })), /is NaN for item 0/],
    [
      'a taken name',
      (batch) => batch.items.map(() => ({ reward: 0, parts: { grad_norm: 1 } })),
      /part named "grad_norm", which is not a valid name or already used/,
    ],
  ])('that return %s stop the run with the reason', async (_, challenger, reason) => {
    const config = configOf();
    const store = memoryRun(join(root, 'wrong'), config);
    await expect(evolve({ config, store, rewards: { challenger } }).result).rejects.toThrow(reason);
  });
});

describe('a custom grader', () => {
  it('counts the votes', async () => {
    const grader = createGrader({ equal: () => true });
    const config = configOf({ filter: { minQuestions: 1, minAgreement: 0, maxAgreement: 1 } });
    const store = memoryRun(join(root, 'agreeable'), config);
    await evolve({ config, store, grader }).result;
    const tallies = store.labels(1).map(({ tally }) => tally.groups.length);
    expect(Math.max(...tallies)).toBe(1);
    await grader.close();
  });

  it('uses the domain’s rule if there is one', async () => {
    const config = configOf();
    const store = memoryRun(join(root, 'ruled'), config);
    await evolve({ config, store, domain: { ...sums, equal: () => true } }).result;
    expect(Math.max(...store.labels(1).map(({ tally }) => tally.groups.length))).toBe(1);
  });
});

describe('custom benchmarks', () => {
  const rows = [1, 2, 3].map((n) => ({ question: `Compute ${n} + 1.`, answer: String(n + 1) }));
  const scored = (dir: string): string[] => {
    const store = openRun(dir, { readOnly: true });
    const names = store.metrics({ stage: 'evaluate' }).map(({ name }) => name);
    store.close();
    return names.filter((name) => name.startsWith('eval/task/') && name.endsWith('/score'));
  };

  it('are evaluated from an object, a module and a data file', async () => {
    const file = join(root, 'mine.jsonl');
    writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));
    const toItem = `(row, at) => ({ id: String(at), question: row.question, choices: null, reference: { answers: [row.answer] }, category: null })`;
    const module = join(root, 'theirs.mjs');
    const source = new URL('../../eval/own-task.ts', import.meta.url).href;
    writeFileSync(
      module,
      `import { defineTask } from '${source}';\nexport default defineTask({ name: 'theirs', files: [${JSON.stringify(file)}], toItem: ${toItem} });\n`,
    );
    const task = defineTask({
      name: 'ours',
      files: [file],
      toItem: (row, at) => ({
        id: String(at),
        question: String(row.question),
        choices: null,
        reference: { answers: [String(row.answer)] },
        category: null,
      }),
    });
    const runDir = join(root, 'benchmarks');
    const config = configOf({ evaluation: { ...ONE.evaluation, tasks: [file, module] } });
    await evolve({ config, runDir, tasks: [task] }).result;
    expect(scored(runDir)).toEqual(['mine', 'theirs', 'ours'].map((name) => `eval/task/${name}/score`));
    expect(await refusal(runDir)).toMatchObject({ advice: expect.stringContaining('tasks') });
  });

  it('with a name in use, or invalid, are rejected before the run’s folder exists', async () => {
    const named = (name: string): ReturnType<typeof defineTask> =>
      defineTask({ name, toItem: () => ({ malformed: '' }) });
    const runDir = join(root, 'refused');
    await expect(evolve({ config: configOf(), runDir, tasks: [named('gsm8k')] }).result).rejects.toThrow(/Two tasks/);
    await expect(evolve({ config: configOf(), runDir, tasks: [named('a b')] }).result).rejects.toThrow(/has no name/);
    const missing = configOf({ evaluation: { ...ONE.evaluation, tasks: ['./nowhere.mjs'] } });
    await expect(evolve({ config: missing, runDir }).result).rejects.toThrow(/task module .* does not exist/);
  });
});

describe('a module that a run depends on', () => {
  it('is refused if a data file that it names has changed', async () => {
    const answers = join(root, 'answers.json');
    writeFileSync(answers, '{}');
    const path = writeDomain('informed', "new URL('./answers.json', import.meta.url);\n");
    const dir = await begin({ config: configOf({ domain: path }) });
    writeFileSync(answers, '{"1":"2"}');
    expect(await refusal(dir)).toMatchObject({ message: expect.stringContaining(`The domain of ${path} has changed`) });
    writeFileSync(answers, '{}');
    expect((await resume(dir).result).outcome).toBe('finished');
  });

  it('is refused if it makes the engine and has changed; a run that did not record it continues', async () => {
    const path = join(root, 'engine.mjs');
    const scripted = pathToFileURL(resolve(SCRIPTED.path)).href;
    const write = (more: string): void =>
      writeFileSync(path, `import make from '${scripted}';\nexport default (options) => make(options);\n${more}`);
    write('');
    const config = configOf({ engine: { kind: 'module', path } });
    const [dir, old] = [await begin({ config }), await begin({ config })];
    write('// changed\n');
    expect(await refusal(dir)).toMatchObject({ message: expect.stringContaining(`The engine of ${path} has changed`) });
    const database = new DatabaseSync(join(old, 'run.db'));
    database.exec("DELETE FROM partials WHERE stage = 'code'");
    database.close();
    expect((await resume(old).result).outcome).toBe('finished');
  });
});

it('a judge that was passed as an object must be passed again', async () => {
  const judge = scriptedJudge();
  const dir = await begin({ config: configOf(), judge });
  expect(await refusal(dir)).toMatchObject({
    advice: 'Resume it from code with the same object: resume(dir, { judge }).',
  });
  expect(await refusal(dir, { judge: { ...judge, name: 'another' } })).toMatchObject({
    message: expect.stringContaining('resume received another'),
  });
  expect((await resume(dir, { judge }).result).outcome).toBe('finished');
});
