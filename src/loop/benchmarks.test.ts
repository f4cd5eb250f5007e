import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../test/fixtures/scripted/arithmetic-base.ts';
import type { RunConfig } from '../config/schema.ts';
import { ConfigError } from '../errors.ts';
import { readLog } from '../eval/log/log.ts';
import { type EvaluationResults, summarize } from '../eval/summarize.ts';
import { readResults } from '../eval/report/results.ts';
import type { RunStore } from '../store/store.ts';
import { evolve, resume } from './evolve.ts';
import { follow, Killed, killedAt, memoryRun, remains, shortConfig, weightFiles } from './loop.contract.ts';

let root: string;
let base: string;
let runs = 0;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-benchmarks-'));
  base = join(root, 'base');
  await writeArithmeticBase(base);
  const rows = Array.from({ length: 12 }, (_, at) => ({
    ID: `s-${at}`,
    Body: '',
    Question: `Compute ${at}.`,
    Answer: at,
  }));
  writeFileSync(join(root, 'svamp.json'), JSON.stringify(rows));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function configWith(tasks: string[]): RunConfig {
  const config = shortConfig(base);
  return { ...config, evaluation: { ...config.evaluation, tasks, dataDir: root, taskQuestions: 10 } };
}

const newRun = (config: RunConfig): RunStore => memoryRun(join(root, `run-${++runs}`), config);

/** Returns the results without times and folder names. */
function timeless(store: RunStore): unknown {
  return readResults(store.dir).map(({ name, results }) => ({
    name,
    tasks: results.tasks.map((task) => ({ ...task, seconds: 0 })),
  }));
}

describe('benchmarks of a run', () => {
  it('run after every iteration, store their results in the run, and change nothing else', async () => {
    const config = configWith(['svamp']);
    const store = newRun(config);
    const events = await follow(evolve({ config, store }));

    const results = readResults(store.dir);
    expect(results.map(({ name }) => name)).toEqual(['iteration-0', 'iteration-1', 'iteration-2']);
    const page = readFileSync(join(store.dir, 'evaluations', 'iteration-2', 'report.html'), 'utf8');
    expect(page).toContain('SVAMP');
    const scores = results.map(({ results: one }: { results: EvaluationResults }) => one.tasks[0].score?.value);
    expect(store.metrics({ name: 'eval/task/svamp/score' }).map(({ value }) => value)).toEqual(scores);
    expect(results[0].results.tasks[0]).toMatchObject({ task: 'svamp', questions: 10, asked: 10 });
    const steps = events.filter((event) => event.type === 'step' && 'eval/task/svamp/score' in event.metrics);
    expect(steps).toHaveLength(3);
    // The samples are stored, with the prompts of the run's domain.
    const log = readLog(join(store.dir, 'evaluations', 'iteration-2'));
    expect(log.items('svamp', 0, 1)[0].prompt).toEqual([{ role: 'user', content: expect.stringMatching(/^Compute/) }]);
    expect(summarize(log).tasks).toEqual(results[2].results.tasks);
    log.close();
    // The exported model names the domain of its prompts.
    expect(JSON.parse(readFileSync(join(store.dir, 'best', 'rzero.json'), 'utf8'))).toEqual({ domain: config.domain });

    const plain = newRun(shortConfig(base));
    await evolve({ config: shortConfig(base), store: plain }).result;
    expect(weightFiles(store.dir)).toEqual(weightFiles(plain.dir));
    expect(store.evaluations()).toEqual(plain.evaluations());
  });

  it('continue after a crash at the commit of any of their steps', async () => {
    const config = configWith(['svamp']);
    const whole = newRun(config);
    await evolve({ config, store: whole }).result;
    // Commits 0 and 1 are the baseline's test and its benchmark.
    for (const when of ['before', 'after'] as const) {
      const store = newRun(config);
      await expect(evolve({ config, store: killedAt(store, 1, when) }).result).rejects.toThrow(Killed);
      await resume(store.dir, { store }).result;
      expect(remains(store)).toEqual(remains(whole));
      expect(timeless(store)).toEqual(timeless(whole));
    }
  });

  it('have distinct names if their files have the same one', async () => {
    const files = ['one', 'two'].map((folder) => join(root, folder, 'sums.jsonl'));
    for (const [at, file] of files.entries()) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, [7, 8].map((n) => JSON.stringify({ question: `Compute ${n}.`, answer: n + at })).join('\n'));
    }
    const config = configWith(files);
    const store = newRun({ ...config, iterations: 1 });
    await evolve({ config: { ...config, iterations: 1 }, store }).result;
    const names = readResults(store.dir).map(({ results }) => results.tasks.map(({ task, title }) => [task, title]));
    const both = [
      ['sums', 'sums'],
      ['sums-2', 'sums (two/sums.jsonl)'],
    ];
    expect(names).toEqual([both, both]);
    expect(store.metrics({ name: 'eval/task/sums-2/score' })).toHaveLength(2);
  });

  it('are checked before the run starts: names, files and references', async () => {
    const file = join(root, 'prose.jsonl');
    writeFileSync(
      file,
      ['since it is', 'as it was'].map((answer) => JSON.stringify({ question: 'Why?', answer })).join('\n'),
    );
    const prose = evolve({ config: configWith([file]), runDir: join(root, 'never') });
    await expect(prose.result).rejects.toThrow(/cannot be compared as mathematics/);
    expect(existsSync(join(root, 'never'))).toBe(false);
    const gone = evolve({ config: configWith([join(root, 'gone.jsonl')]), runDir: join(root, 'never') });
    await expect(gone.result).rejects.toThrow('There is no file');

    const config = configWith(['gsm9k']);
    await expect(evolve({ config, runDir: join(root, 'never') }).result).rejects.toThrow(ConfigError);
  });
});
