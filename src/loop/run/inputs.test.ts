import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import type { ConfigInput, RunConfig } from '../../config/schema.ts';
import { ConfigError, EvalError, ModelLoadError } from '../../errors.ts';
import { keptInputs } from '../../generate/run-inputs.ts';
import { modelOfRun } from '../../generate/run-model.ts';
import { openRun } from '../../store/sqlite.ts';
import { evolve, resume } from '../evolve.ts';
import { follow, memoryRun, shortConfig } from '../loop.contract.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-inputs-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const base = join(root, 'base');
const original = join(root, 'original');
const data = join(root, 'mine.jsonl');
const ROWS = [1, 2, 3].map((n) => JSON.stringify({ question: `Compute ${n} + 1.`, answer: String(n + 1) }));
let made = 0;

beforeEach(async () => {
  rmSync(base, { recursive: true, force: true });
  await writeArithmeticBase(base);
  cpSync(base, original, { recursive: true });
  writeFileSync(data, ROWS.join('\n'));
});

function configWith(evaluation: ConfigInput['evaluation'] = {}): RunConfig {
  return shortConfig(base, {
    iterations: 1,
    evaluation: { questions: 2, samples: 1, maxTokens: 6, tasks: [data], ...evaluation },
  });
}

const LORA = { adapt: { method: 'lora', rank: 2, alpha: 4 }, evaluation: { questions: 0 } } satisfies ConfigInput;

/** Starts a run, stops it after its first step, and returns its folder. */
async function begin(config = configWith()): Promise<string> {
  const runDir = join(root, `run-${++made}`);
  const run = evolve({ config, runDir });
  for await (const event of run) if (event.type === 'step') run.stop();
  expect((await run.result).outcome).toBe('stopped');
  return runDir;
}

const refusal = (dir: string): Promise<unknown> =>
  resume(dir).result.then(
    ({ outcome }) => outcome,
    (error: unknown) => error,
  );

function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(path, bytes);
}

describe('a stopped run', () => {
  it.each([
    ['weights', 'model.safetensors', flip],
    ['tokenizer', 'tokenizer.json', (path: string) => appendFileSync(path, ' ')],
    ['tokenizer', 'tokenizer_config.json', (path: string) => appendFileSync(path, ' ')],
    ['generation config', 'generation_config.json', (path: string) => appendFileSync(path, ' ')],
    ['config', 'config.json', (path: string) => appendFileSync(path, ' ')],
  ])('is not continued with other %s in %s, and names the file', async (part, name, change) => {
    const dir = await begin();
    const path = join(base, name);
    change(path);
    const error = await refusal(dir);
    expect(error).toBeInstanceOf(ModelLoadError);
    expect(error).toMatchObject({
      message: expect.stringContaining(`The ${part} of the base model ${path} changed since the run started.`),
      advice: expect.stringContaining(`rzero evolve --config ${join(dir, 'config.toml')}`),
    });
    cpSync(join(original, name), path);
    expect(await refusal(dir)).toBe('finished');
  });

  it('is not continued with a chat template that was added, or without its weights', async () => {
    const dir = await begin();
    writeFileSync(join(base, 'chat_template.jinja'), '{{ messages }}');
    rmSync(join(base, 'model.safetensors'));
    const error = await refusal(dir);
    expect(error).toMatchObject({
      message: expect.stringMatching(/The weights .* were removed .*The chat template .* was added since the run/),
    });
  });

  it('is not continued without its base, which may have belonged to another run', async () => {
    const dir = await begin();
    rmSync(base, { recursive: true });
    expect(await refusal(dir)).toMatchObject({
      message: expect.stringContaining(`The base model ${base} was removed since the run started.`),
    });
  });

  it('over an adapter of another tool is not continued with another base under it', async () => {
    const adapter = join(root, `adapter-${++made}`);
    const first = await begin(shortConfig(base, { ...LORA, iterations: 1 }));
    cpSync(join(first, 'weights', 'challenger-1-step-1'), adapter, { recursive: true });
    rmSync(join(adapter, 'base_fingerprint.json'));
    const dir = await begin(shortConfig(adapter, { ...LORA, iterations: 1 }));
    flip(join(base, 'model.safetensors'));
    expect(await refusal(dir)).toMatchObject({
      message: expect.stringContaining(
        `The weights of the model under the adapter ${adapter} ${join(base, 'model.safetensors')} changed since the run`,
      ),
    });
  });

  it('continues with a touched base and with a copy of it, which it then knows', async () => {
    const dir = await begin();
    const stampOf = (): unknown => {
      const store = openRun(dir, { readOnly: true });
      const stamp = keptInputs(store)?.model['model.safetensors'].stamp;
      store.close();
      return stamp;
    };
    const before = stampOf();
    utimesSync(join(base, 'model.safetensors'), 1_000_000_000, 1_000_000_000);
    rmSync(join(base, 'tokenizer.json'));
    cpSync(join(original, 'tokenizer.json'), join(base, 'tokenizer.json'));
    writeFileSync(join(base, 'README.md'), 'not part of the model');
    expect(await refusal(dir)).toBe('finished');
    expect(stampOf()).not.toBe(before);
  });

  it('is not continued with other benchmark data', async () => {
    const dir = await begin();
    appendFileSync(data, `\n${ROWS[0]}`);
    const error = await refusal(dir);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({
      message: expect.stringContaining(`The data of the benchmark mine ${data} changed since the run started.`),
    });
    writeFileSync(data, ROWS.join('\n'));
    expect(await refusal(dir)).toBe('finished');
  });

  it('of an older version is continued, says once that nothing was checked, and is checked from then on', async () => {
    const dir = await begin();
    const database = new DatabaseSync(join(dir, 'run.db'));
    database.exec("DELETE FROM partials WHERE stage = 'inputs'");
    database.close();
    const again = resume(dir);
    const warnings: string[] = [];
    for await (const event of again) {
      if (event.type === 'warning') warnings.push(event.message);
      if (event.type === 'step') again.stop();
    }
    expect(warnings).toEqual([expect.stringContaining('are not checked')]);
    flip(join(base, 'model.safetensors'));
    expect(await refusal(dir)).toBeInstanceOf(ModelLoadError);
  });
});

describe('within a session', () => {
  it('the base is not opened again after a change', async () => {
    const config = configWith({ tasks: [] });
    const run = evolve({ config, store: memoryRun(join(root, 'swapped'), config) });
    const ended = run.result.then(
      () => null,
      (error: unknown) => error,
    );
    for await (const event of run) {
      if (event.type === 'stage-end' && event.stage === 'baseline') {
        flip(join(base, 'model.safetensors'));
        break;
      }
    }
    expect(await ended).toBeInstanceOf(ModelLoadError);
  });

  it('every iteration is asked the same questions of a benchmark', async () => {
    const config = configWith();
    const run = evolve({ config, store: memoryRun(join(root, 'asked'), config) });
    const ended = run.result.then(
      () => null,
      (error: unknown) => error,
    );
    for await (const event of run) {
      if (event.type === 'stage-end' && event.stage === 'baseline') {
        appendFileSync(data, `\n${JSON.stringify({ question: 'Compute 9 + 9.', answer: '18' })}`);
        break;
      }
    }
    const error = await ended;
    expect(error).toBeInstanceOf(EvalError);
    expect(error).toMatchObject({ message: expect.stringContaining('changed since the run started') });
  });
});

describe('a finished run', () => {
  it('still shows its summary after a change of its base, but its base is no longer RUN@0', async () => {
    const runDir = join(root, `run-${++made}`);
    const config = configWith({ tasks: [] });
    const events = await follow(evolve({ config, runDir }));
    expect(events.at(-1)?.type).toBe('run-end');
    expect((await modelOfRun({ dir: runDir, iteration: 0 })).weights).toEqual({ kind: 'base', path: base });
    flip(join(base, 'model.safetensors'));
    await expect(modelOfRun({ dir: runDir, iteration: 0 })).rejects.toThrow(ModelLoadError);
    expect(await refusal(runDir)).toBe('finished');
    expect((await modelOfRun({ dir: runDir, iteration: 1 })).iteration).toBe(1);
  });
});
