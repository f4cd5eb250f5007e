/** Runs on an engine over a service, as far as the loop is concerned: usage, budget, findings, exports. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { meteredEngine, type MeteredOptions } from '../../../test/engines/metered/index.ts';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import type { ConfigInput, RunConfig } from '../../config/schema.ts';
import { ConfigError, EngineError } from '../../errors.ts';
import type { RunSummary, StampedEvent } from '../../events.ts';
import { keptInputs } from '../../generate/run-inputs.ts';
import { modelOfRun } from '../../generate/run-model.ts';
import { openRun } from '../../store/sqlite.ts';
import { evolve, resume } from '../evolve.ts';
import { follow, memoryRun, remains, shortConfig } from '../loop.contract.ts';
import type { ResumeOptions } from '../run/open-run.ts';
import { tokensOf, usageOf } from './usage.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-remote-'));
const base = join(root, 'base');
let runs = 0;
beforeAll(() => writeArithmeticBase(base));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const URL = 'http://127.0.0.1:9';
const LORA = { method: 'lora', rank: 2 } as const;

function config(engine: Record<string, unknown> = {}, over: ConfigInput = {}): RunConfig {
  return shortConfig(base, {
    iterations: 1,
    filter: { minQuestions: 1, minAgreement: 0, maxAgreement: 1 },
    adapt: LORA,
    engine: { kind: 'tinker', url: URL, model: 'org/base', ...engine } as ConfigInput['engine'],
    ...over,
  });
}

interface Played {
  dir: string;
  events: StampedEvent[];
  summary: RunSummary;
}

async function play(settings: RunConfig, options: MeteredOptions = {}): Promise<Played> {
  const dir = join(root, `run-${++runs}`);
  return { dir, ...(await finish(evolve({ config: settings, runDir: dir, engine: await meteredEngine(options) }))) };
}

async function goOn(
  dir: string,
  options: ResumeOptions & { metered?: MeteredOptions } = {},
): Promise<Omit<Played, 'dir'>> {
  const { metered, ...rest } = options;
  return finish(resume(dir, { ...rest, engine: await meteredEngine(metered) }));
}

async function finish(run: ReturnType<typeof evolve>): Promise<Omit<Played, 'dir'>> {
  return { events: await follow(run), summary: await run.result };
}

function ofType<Type extends StampedEvent['type']>(
  events: readonly StampedEvent[],
  type: Type,
): Extract<StampedEvent, { type: Type }>[] {
  return events.filter((event): event is Extract<StampedEvent, { type: Type }> => event.type === type);
}

describe('the use of a service', () => {
  it('is a metric of every step, and their sum is the total', async () => {
    const engine = await meteredEngine({ priced: true });
    const dir = join(root, 'counted');
    const { events, summary } = await finish(evolve({ config: config(), runDir: dir, engine }));
    const used = engine.usage?.();
    expect(summary.usage).toEqual(used);
    expect(used?.sampledTokens).toBeGreaterThan(0);
    const steps = ofType(events, 'step').map(({ metrics }) => metrics['usage/sampled_tokens']);
    expect(steps.reduce((sum, tokens) => sum + tokens, 0)).toBe(used?.sampledTokens);
    expect(ofType(events, 'stage-end').flatMap(({ metrics }) => Object.keys(metrics))).not.toContain(
      'usage/sampled_tokens',
    );
    const [start] = ofType(events, 'run-start');
    expect(start).toMatchObject({ service: URL, model: 'org/base', parameters: null, threads: 0 });
    expect(start).not.toHaveProperty('usage');
  });

  it('does not change a run: the same engine without counters leaves the same', async () => {
    const settings = config();
    const [counted, plain] = [memoryRun(join(root, 'with'), settings), memoryRun(join(root, 'without'), settings)];
    await evolve({ config: settings, store: counted, engine: await meteredEngine() }).result;
    const silent = await meteredEngine({ over: () => ({ usage: undefined }) });
    await evolve({ config: settings, store: plain, engine: silent }).result;
    const left = remains(counted);
    const withoutUsage = (left.metrics as { name: string }[]).filter(({ name }) => !name.startsWith('usage/'));
    const { usage: _, ...summary } = left.summary as { usage: unknown };
    expect({ ...left, metrics: withoutUsage, summary }).toEqual(remains(plain));
  });

  it('of earlier sessions is reported when a run goes on', async () => {
    const { dir, summary } = await play(config({ budget: { tokens: 1 } }));
    const { events } = await goOn(dir, { service: { budgetTokens: 0 } });
    expect(ofType(events, 'run-start')[0].usage).toEqual(summary.usage);
  });
});

describe('a budget', () => {
  it('stops the run before the next step, and a larger one lets it go on to the same end', async () => {
    const whole = await play(config());
    const used = tokensOf(whole.summary.usage ?? expect.fail());
    const { dir, summary } = await play(config({ budget: { tokens: Math.ceil(used / 2) } }));
    expect(summary).toMatchObject({ outcome: 'stopped', budgetSpent: 'tokens' });
    expect(summary.explanation).toContain(`its budget is ${Math.ceil(used / 2)} (engine.budget.tokens)`);
    const stopped = openRun(dir, { readOnly: true });
    const before = usageOf(stopped);
    expect(stopped.summary()).toBeNull();
    expect(stopped.sessions().at(-1)?.end).toEqual({ outcome: 'stopped', reason: summary.explanation });
    stopped.close();

    const resumed = await goOn(dir, { service: { budgetTokens: 10 * used } });
    expect(resumed.summary).toMatchObject({ outcome: 'finished' });
    expect(resumed.summary).not.toHaveProperty('budgetSpent');
    expect(tokensOf(resumed.summary.usage ?? expect.fail())).toBe(used);
    expect(before !== null && tokensOf(before) < used).toBe(true);
    const [one, other] = [whole.dir, dir].map((at) => openRun(at, { readOnly: true }));
    expect(other.questions({ iteration: 1, origin: 'pool' })).toEqual(one.questions({ iteration: 1, origin: 'pool' }));
    expect(remains(other).files).toEqual(remains(one).files);
    expect(other.meta().config.engine).toMatchObject({ budget: { tokens: 10 * used, cost: 0 } });
    expect(readFileSync(join(dir, 'config.toml'), 'utf8')).toContain(`tokens = ${10 * used}`);
    [one, other].forEach((store) => store.close());
  });

  it('of a cost stops too', async () => {
    const price = { sampled: 1 };
    const { summary } = await play(config({ price, budget: { cost: 0.0001 } }), { priced: true });
    expect(summary).toMatchObject({ outcome: 'stopped', budgetSpent: 'cost' });
  });

  it('that is spent refuses to go on before the engine is opened, except for a run that has ended', async () => {
    const { dir } = await play(config({ budget: { tokens: 1 } }));
    const engine = await meteredEngine({ over: () => ({ inspect: () => expect.fail('the engine is used') }) });
    await expect(resume(dir, { engine }).result).rejects.toThrow(
      /its budget is 1 .*\nRaise the budget: `rzero resume /s,
    );
    const { summary } = await goOn(dir, { service: { budgetTokens: 0 } });
    expect(summary.outcome).toBe('finished');
    expect((await goOn(dir, { service: { budgetTokens: 1 } })).summary.outcome).toBe('finished');
  });

  it('cannot be set for a run on another engine, or on a cost without prices', async () => {
    const local = join(root, 'local');
    const run = evolve({ config: shortConfig(base, { iterations: 1 }), runDir: local });
    for await (const event of run) if (event.type === 'step') run.stop();
    await run.result;
    await expect(resume(local, { service: { budgetTokens: 5 } }).result).rejects.toThrow(ConfigError);
    const { dir } = await play(config({ budget: { tokens: 1 } }));
    await expect(resume(dir, { service: { budgetCost: 5 } }).result).rejects.toThrow('no prices');
    await expect(resume(dir, { service: { budgetTokens: -5 } }).result).rejects.toThrow('engine.budget.tokens');
  });
});

describe('the address of a service', () => {
  it('is changed for the rest of the run', async () => {
    const { dir } = await play(config({ budget: { tokens: 1 } }));
    const { events } = await goOn(dir, { service: { url: 'http://127.0.0.1:10/path/', budgetTokens: 0 } });
    expect(ofType(events, 'run-start')[0].service).toBe('http://127.0.0.1:10/path');
    const store = openRun(dir, { readOnly: true });
    expect(store.meta().config.engine).toMatchObject({ url: 'http://127.0.0.1:10/path', model: 'org/base' });
    store.close();
  });

  it('with a password is refused, and nothing repeats it', async () => {
    const run = evolve({ config: config({ url: 'http://me:secret@127.0.0.1:9' }), engine: await meteredEngine() });
    const error = await run.result.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).not.toContain('secret');
  });
});

describe('the findings about a service', () => {
  const findings = { [URL]: { profile: 'conforming', training: { clip: true, gap: 0.001 } } };

  it('are stored and reported', async () => {
    const { dir, events } = await play(config(), { findings });
    expect(ofType(events, 'service')).toMatchObject([{ service: URL, findings }]);
    expect(ofType(events, 'warning')).toEqual([]);
    expect(dir).toBeTruthy();
  });

  it('that differ in a later session are reported by name; measurements may vary', async () => {
    const { dir } = await play(config({ budget: { tokens: 1 } }), { findings });
    const similar = { [URL]: { profile: 'conforming', training: { clip: true, gap: 0.002 } } };
    const same = await goOn(dir, { service: { budgetTokens: 2 }, metered: { findings: similar } }).catch(() => null);
    expect(same === null ? [] : ofType(same.events, 'warning')).toEqual([]);
    const changed = { [URL]: { profile: 'openrl', training: { clip: false, gap: 0.001 } } };
    const { events } = await goOn(dir, { service: { budgetTokens: 0 }, metered: { findings: changed } });
    const [warning] = ofType(events, 'warning');
    expect(warning.message).toContain('profile: conforming → openrl');
    expect(warning.message).toContain('clip: true → false');
    expect(warning.message).not.toContain('gap');
  });
});

describe('the best model of a run on a service', () => {
  it('is its state there, whether it was exported or not', async () => {
    const refused = new EngineError('user', 'This service sends no weights.', 'Export them there.');
    const { dir, events, summary } = await play(config({}, { evaluation: { questions: 0 } }), {
      over: () => ({ exportTo: () => Promise.reject(refused) }),
    });
    expect(summary).toMatchObject({ outcome: 'finished', best: 1 });
    expect(ofType(events, 'warning').map(({ message }) => message)).toEqual([
      'The best model was not exported to best/: This service sends no weights. It stays on the service.',
    ]);
    expect(existsSync(join(dir, 'best'))).toBe(false);
    expect(await modelOfRun({ dir, iteration: null })).toMatchObject({
      weights: { kind: 'state', id: 'weights/solver-1-step-3', home: dir },
      iteration: null,
    });
    const exported = await play(config({}, { evaluation: { questions: 0 } }));
    expect(existsSync(join(exported.dir, 'best', 'adapter_config.json'))).toBe(true);
    const { weights } = await modelOfRun({ dir: exported.dir, iteration: null });
    expect(weights.kind).toBe('state');
  });

  it('fails the run if its export fails for another reason', async () => {
    const broken = new EngineError('transient', 'The download broke.', 'Try again.');
    const run = play(config({}, { evaluation: { questions: 0 } }), {
      over: () => ({ exportTo: () => Promise.reject(broken) }),
    });
    await expect(run).rejects.toThrow('The download broke.');
  });
});

it('only the texts of the model are pinned, because its weights are on the service', async () => {
  const { dir } = await play(config({ budget: { tokens: 1 } }));
  const store = openRun(dir, { readOnly: true });
  const kept = keptInputs(store);
  store.close();
  expect(kept?.textsOnly).toBe(true);
  expect(Object.keys(kept?.model ?? {})).toContain('tokenizer.json');
  expect(Object.keys(kept?.model ?? {}).filter((name) => name.endsWith('.safetensors'))).toEqual([]);
});
