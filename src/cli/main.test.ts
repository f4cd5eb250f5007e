/** Runs the program in child processes: exit codes, streams, and a complete run on the scripted engine. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeRandomCheckpoint } from '../../test/fixtures/random-checkpoint.ts';
import { FROM_SOURCES, programFor } from '../../test/fixtures/program.ts';
import { SCRIPTED, SET_SCRIPTED } from '../../test/engines/scripted/config.ts';
import { writeArithmeticBase } from '../../test/fixtures/scripted/arithmetic-base.ts';

// Every call starts a Node process, and other tests may occupy the cores.
vi.setConfig({ testTimeout: 180_000 });

interface Ended {
  code: number;
  out: string;
  err: string;
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rzero-cli-'));
  await writeArithmeticBase(join(folder, 'base'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function rzero(...parameters: string[]): Promise<Ended> {
  return rzeroTyped('', parameters);
}

/** Runs the program with text on standard input. */
function rzeroTyped(typed: string, parameters: readonly string[], program = programFor(parameters)): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { ...process.env, FORCE_COLOR: undefined } };
    const child = execFile(process.execPath, [...program, ...parameters], options, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
    child.stdin?.end(typed);
  });
}

const ON_SCRIPTED = SET_SCRIPTED.map((assignment) => `--set=${assignment}`);

const SMALL = [
  '--model=base',
  '--iterations=1',
  '--scale=tiny',
  `--engine=${SCRIPTED.path}`,
  '--set=solver.steps=2',
  '--set=challenger.steps=1',
];

describe('usage', () => {
  it('refuses a second benchmark or model that would replace the first', async () => {
    const said = (...parameters: string[]) => rzero('eval', ...parameters).then(({ code, err }) => [code, err]);
    const texts = [
      await said('--task', 'a.csv', '--task', 'b.csv'),
      await said('--tasks', 'gsm8k', '--tasks', 'math500'),
      await said('--model', 'a', '--model', 'b'),
    ];
    expect(texts).toEqual([
      [2, expect.stringContaining('a.csv was given before. Evaluate each file with a command of its own.')],
      [2, expect.stringContaining('gsm8k was given before. Separate names by commas.')],
      [2, expect.stringContaining('a was given before. Compare two models with --baseline.')],
    ]);
  });

  it('lists the commands', async () => {
    const { code, out } = await rzero('--help');
    expect(code).toBe(0);
    expect([...out.matchAll(/^ {2}(\w+) .*\[options\]/gm)].map((match) => match[1])).toEqual(
      expect.arrayContaining(['evolve', 'resume', 'runs', 'show', 'eval', 'chat', 'doctor']),
    );
  });

  it('keeps every help text within 80 columns, with an example in each', async () => {
    const { out } = await rzero('--help');
    const commands = [...out.matchAll(/^ {2}(\w+) (?:\[options\]|<)/gm)].map((match) => match[1]);
    expect(commands).toContain('completion');
    const helps = await Promise.all(commands.map((command) => rzero(command, '--help')));
    expect(commands.filter((_, at) => !helps[at].out.includes('Examples:\n  '))).toEqual([]);
    const lines = helps.flatMap(({ out }) => out.split('\n'));
    expect(lines.length).toBeGreaterThan(200);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  it('rejects an unknown command, option, value and key with exit code 2 and the nearest valid one', async () => {
    const ended = await Promise.all([
      rzero('evolv'),
      rzero('evolve', '--iteratons', '3'),
      rzero('evolve', '--iterations', 'three'),
      rzero('evolve', '--set', 'solver.stepz=3'),
    ]);
    expect(ended.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
    expect(ended[0].err).toContain('Did you mean evolve?');
    expect(ended[1].err).toContain('Did you mean --iterations?');
    expect(ended[2].err).toContain('Pass a whole number of at least 1.');
    expect(ended[3].err).toContain('the nearest is solver.steps');
  });

  it('prints an error as one line of JSON with --json', async () => {
    const ended = await Promise.all([
      rzero('evolve', '--set', 'solver.lr=1', '--json'),
      rzero('show', '--json'),
      rzero('evolve', '--iteratons', '3', '--json'),
    ]);
    expect(ended.map(({ out }) => out)).toEqual(['', '', '']);
    const errors = ended.map(({ err }): { type: string; exitCode: number; message: string } => JSON.parse(err));
    expect(errors.map(({ type }) => type)).toEqual(['config', 'store', 'usage']);
    expect(errors.map(({ exitCode }) => exitCode)).toEqual(ended.map(({ code }) => code));
    expect(errors[0].message).toContain('the nearest is solver.learningRate');
  });

  it('exits with 1, a reason and advice, without a stack, when something is missing', async () => {
    const ended = await Promise.all([rzero('show'), rzero('evolve', '--model', 'nowhere')]);
    expect(ended.map(({ code }) => code)).toEqual([1, 1]);
    expect(ended[0].err).toContain('Start one with `rzero evolve`');
    for (const { err } of ended) expect(err).not.toMatch(/\n\s+at /);
  });
});

describe('a complete run', () => {
  it('evolves, lists, shows and resumes', async () => {
    const evolved = await rzero('evolve', ...SMALL);
    expect(evolved.err).toBe('');
    expect(evolved.code).toBe(0);
    expect(evolved.out).toMatch(/^rzero \d+\.\d+\.\d+\nrun /);
    for (const stage of [
      'the model as it is takes the held-out test',
      'stage 1 of 6: Challenger learns',
      'stage 2 of 6: Challenger poses',
      'stage 3 of 6: Solver answers',
      'stage 4 of 6: keep',
      'stage 5 of 6: Solver learns',
      'stage 6 of 6: the new Solver takes',
    ]) {
      expect(evolved.out).toContain(stage);
    }
    expect(evolved.out).toMatch(/posed 60 → valid \d+ → distinct \d+ → in band \d+/);
    expect(evolved.out).toMatch(/×\d+ .* label \d+/);
    expect(evolved.out).toMatch(/^mean@\d+ +[\d.]+ % +[\d.]+ %$/m);
    const id = /rzero show (\S+)/.exec(evolved.out)?.[1] ?? '';

    const [runs, show] = await Promise.all([rzero('runs', '--json'), rzero('show', id, '--json')]);
    // Not at the same time: while `resume` holds the lock, the run counts as running.
    const again = await rzeroTyped('', ['resume', id], FROM_SOURCES);
    expect(JSON.parse(runs.out)).toMatchObject([{ id, outcome: 'finished', iterations: 1 }]);
    expect(JSON.parse(show.out)).toMatchObject({
      id,
      pools: [{ iteration: 1, posed: 60 }],
      iterations: [{ iteration: 0 }, { iteration: 1 }],
    });
    expect(again.code).toBe(0);
    expect(again.out).toContain(`rzero show ${id}`);
  });

  it('doctor and --dry-run name an end token that is not the end of a turn, and follow the settings', async () => {
    const model = join(folder, 'endless');
    await writeRandomCheckpoint(model, { maxPositions: 4096 });
    for (const [name, keys] of [
      ['generation_config.json', { eos_token_id: 256 }],
      ['tokenizer_config.json', { eos_token: '<|endoftext|>' }],
    ] as const) {
      const path = join(model, name);
      await writeFile(path, JSON.stringify({ ...(JSON.parse(await readFile(path, 'utf8')) as object), ...keys }));
    }
    const stop = ['--set', 'prompt.stop=["<|im_end|>"]'];
    const [checked, fixed, plan, json] = await Promise.all([
      rzero('doctor', '--model', model, '--device', 'cpu', '--json'),
      rzero('doctor', '--model', model, '--device', 'cpu', '--domain', 'math', ...stop, '--json'),
      rzero('evolve', '--model', model, '--dry-run', '--scale', 'tiny'),
      rzero('evolve', '--model', model, '--dry-run', '--scale', 'tiny', '--json', ...stop),
    ]);
    const named = (out: string): string[][] =>
      (JSON.parse(out) as { checks: { name: string; state: string }[] }).checks
        .slice(5)
        .map(({ name, state }) => [name, state]);
    expect(named(checked.out)).toEqual([
      ['base model', 'good'],
      ['end token', 'poor'],
      ['settings', 'good'],
    ]);
    expect(checked.out).toContain('ends a turn with <|im_end|> (id 258), but no file names it as the end token');
    expect(named(fixed.out)).toEqual([
      ['base model', 'good'],
      ['prompts', 'good'],
      ['settings', 'good'],
    ]);
    expect(plan.out.replaceAll(/\s+/g, ' ')).toContain(`Set prompt.stop = ["<|im_end|>"] (--set 'prompt.stop=`);
    expect(JSON.parse(json.out)).toMatchObject({ facts: [], config: { prompt: { stop: ['<|im_end|>'] } } });
  });

  it('--dry-run prints config and forecast without starting a run', async () => {
    const model = join(folder, 'real');
    await writeRandomCheckpoint(model, { architecture: 'qwen3', seed: 1, maxPositions: 4096 });
    const [text, json, math] = await Promise.all([
      rzero('evolve', '--model', model, '--dry-run', '--runs-dir', 'dry-runs'),
      rzero(
        'evolve',
        '--model',
        model,
        '--dry-run',
        '--json',
        '--set',
        'solver.steps=7',
        '--set',
        'evaluation.questions=20',
      ),
      rzero('evolve', '--model', model, '--dry-run', '--json', '--domain', 'math', '--set', 'evaluation.questions=20'),
    ]);
    expect(text.out).toContain('[solver]');
    expect(text.out).toMatch(/^total +[\d,]+ /m);
    expect(JSON.parse(json.out)).toMatchObject({
      config: { solver: { steps: 7 } },
      forecast: { stages: expect.any(Array) },
    });
    const tests = ({ out }: Ended): { stage: string; completions: number }[] =>
      (JSON.parse(out) as { forecast: { stages: { stage: string; completions: number }[] } }).forecast.stages.filter(
        ({ stage }) => stage === 'baseline' || stage === 'evaluate',
      );
    expect(tests(json).every(({ completions }) => completions >= 20)).toBe(true);
    // The domain has no held-out test.
    expect(tests(math)).toMatchObject([{ completions: 0 }, { completions: 0 }]);
    expect(existsSync(join(folder, 'dry-runs'))).toBe(false);
  });

  it('chat answers line by line', async () => {
    const typed = 'Compute 3 + 4.\n\nCompute 2 + 2.\n';
    const { code, out } = await rzeroTyped(typed, ['chat', '--model', 'base', ...ON_SCRIPTED]);
    expect(code).toBe(0);
    expect([...out.matchAll(/truth (\d+)/g)].map((match) => match[1])).toEqual(['7', '4']);
  });

  it('prints the config of an engine that gives no forecast', async () => {
    const { code, out } = await rzero('evolve', '--model=base', `--engine=${SCRIPTED.path}`, '--dry-run');
    expect(code).toBe(0);
    expect(out).toContain(`path = ${JSON.stringify(SCRIPTED.path)}`);
    expect(out).toContain('# No forecast');
  });

  it('says which engine module is missing', async () => {
    const { code, err } = await rzero('evolve', '--model=base', '--engine=./no-such-engine.js');
    expect(code).toBe(2);
    expect(err).toContain('The engine module ');
    expect(err).toContain('no-such-engine.js does not exist');
  });

  it('--json prints only JSON lines', async () => {
    const { code, out } = await rzero('evolve', ...SMALL, '--runs-dir', 'json-runs', '--json');
    expect(code).toBe(0);
    const events = out
      .trimEnd()
      .split('\n')
      .map((line): { type: string } => JSON.parse(line));
    expect(events[0].type).toBe('run-start');
    expect(events.at(-1)?.type).toBe('run-end');
  });

  it('eval and chat answer once with --json', async () => {
    const [scored, asked, posed] = await Promise.all([
      rzero('eval', '--model', 'base', '--questions', '5', '--samples', '2', ...ON_SCRIPTED, '--json'),
      rzero('chat', '--model', 'base', '--ask', 'Compute 3 + 4.', ...ON_SCRIPTED, '--json'),
      rzero('chat', '--model', 'base', '--role', 'challenger', ...ON_SCRIPTED, '--json'),
    ]);
    expect(JSON.parse(scored.out)).toMatchObject({ questions: 5, samples: 2 });
    expect(JSON.parse(asked.out)).toMatchObject({ role: 'solver', asked: 'Compute 3 + 4.', truth: '7' });
    expect(JSON.parse(posed.out)).toMatchObject({ role: 'challenger', asked: null });
  });
});
