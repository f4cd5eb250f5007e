import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../test/fixtures/scripted/arithmetic-base.ts';
import { pairedGain } from '../eval/paired.ts';
import { shortConfig, weightFiles } from '../loop/loop.contract.ts';
import { toToml } from '../config/toml.ts';
import { ablate, type AblateOptions, type AblationEvent } from './ablate.ts';
import { runKey } from './key.ts';
import { readPlan, type AblationPlan } from './plan.ts';
import type { AblationResult } from './result.ts';

let root: string;
let plan: AblationPlan;
let undisturbed: AblationResult;

const RECIPE = `
base = "short.toml"
seeds = [3, 4]
score = "best"

[[variants]]
name = "full"

[[variants]]
name = "shared"
title = "one model"
set.weights = "shared"

[[variants]]
name = "full-labels"
from = "full"
set.finetune.data = 12
`;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-ablate-'));
  await writeArithmeticBase(join(root, 'base'));
  writeFileSync(join(root, 'short.toml'), toToml(shortConfig(join(root, 'base'), { iterations: 1 })));
  writeFileSync(join(root, 'try.toml'), RECIPE);
  plan = await readPlan(join(root, 'try.toml'));
  undisturbed = (await play('undisturbed')).result;
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function play(
  dir: string,
  more: Partial<AblateOptions> = {},
): Promise<{ result: AblationResult; events: AblationEvent[] }> {
  const events: AblationEvent[] = [];
  const onEvent = (event: AblationEvent): void => {
    events.push(event);
    more.onEvent?.(event);
  };
  return { result: await ablate(plan, { dir: join(root, dir), ...more, onEvent }), events };
}

function begun(events: readonly AblationEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === 'run-begin' ? [`${event.variant} ${event.seed} ${event.state}`] : [],
  );
}

/** Drops from a result what depends on the clock or on a folder's name. */
function essence(result: AblationResult): unknown {
  return {
    ...result,
    variants: result.variants.map((variant) => ({
      ...variant,
      runs: variant.runs.map((run) => ({ ...run, dir: '', seconds: 0 })),
    })),
  };
}

describe('ablate', () => {
  it('runs every variant with every seed and compares it with the reference per question', () => {
    expect(undisturbed).toMatchObject({ plan: 'try', reference: 'full', complete: true, seeds: [3, 4] });
    const [full, shared, labels] = undisturbed.variants;
    expect(undisturbed.variants.map(({ runs }) => runs.map(({ seed }) => seed))).toEqual([
      [3, 4],
      [3, 4],
      [3, 4],
    ]);
    expect(full.sampled).toBeNull();
    for (const variant of [shared, labels]) {
      expect(variant.sampled?.seeds).toEqual([3, 4]);
      for (const { seed, gain } of variant.sampled?.perSeed ?? []) {
        const scores = ({ runs }: typeof full): number[] => {
          const run = runs.find((each) => each.seed === seed);
          return run?.iterations.find(({ iteration }) => iteration === run.scored)?.evaluation.perQuestion ?? [];
        };
        expect(gain).toEqual(pairedGain(scores(full), scores(variant)));
      }
    }
    expect(labels.runs.map(({ scored }) => scored)).toEqual([1, 1]);
  });

  it('starts a variant from the best Solver of the run that it names', () => {
    const [full, , labels] = undisturbed.variants;
    labels.runs.forEach((run, at) => {
      const config: { model: string } = JSON.parse(readFileSync(join(run.dir, 'config.json'), 'utf8'));
      expect(config.model).toBe(join(full.runs[at].dir, 'best'));
      expect(run.iterations[0].evaluation.perQuestion).toEqual(
        full.runs[at].iterations.find(({ iteration }) => iteration === full.runs[at].scored)?.evaluation.perQuestion,
      );
    });
  });

  it('stores its numbers in one file', () => {
    const written: unknown = JSON.parse(readFileSync(join(root, 'undisturbed', 'try.json'), 'utf8'));
    expect(written).toEqual(JSON.parse(JSON.stringify(undisturbed)));
  });

  it('does not repeat a run that has ended', async () => {
    const before = readdirSync(join(root, 'undisturbed'));
    const { result, events } = await play('undisturbed');
    expect(begun(events).every((line) => line.endsWith(' kept'))).toBe(true);
    expect(events.some((event) => event.type === 'run-event')).toBe(false);
    expect(result).toEqual(undisturbed);
    expect(readdirSync(join(root, 'undisturbed'))).toEqual(before);
  });

  it('reports the ended runs when stopped mid-run, and resumes to the same result', async () => {
    const stopping = new AbortController();
    let steps = 0;
    const stopped = await play('stopped', {
      stop: stopping.signal,
      onEvent: (event) => {
        if (event.type === 'run-event' && event.variant === 'shared' && event.event.type === 'step' && ++steps === 4) {
          stopping.abort();
        }
      },
    });
    expect(begun(stopped.events)).toEqual(['full 3 new', 'shared 3 new']);
    expect(stopped.result.complete).toBe(false);
    expect(stopped.result.variants.map(({ runs }) => runs.length)).toEqual([1, 0, 0]);

    const { result, events } = await play('stopped');
    expect(begun(events).slice(0, 3)).toEqual(['full 3 kept', 'shared 3 resumed', 'full-labels 3 new']);
    expect(essence(result)).toEqual(essence(undisturbed));
    for (const [at, { runs }] of result.variants.entries()) {
      for (const [nth, run] of runs.entries()) {
        expect(weightFiles(run.dir)).toEqual(weightFiles(undisturbed.variants[at].runs[nth].dir));
      }
    }
  });

  it('restarts a run whose folder is incomplete', async () => {
    const folder = readdirSync(join(root, 'undisturbed')).find((name) => name.startsWith('full-seed3')) ?? '';
    const torn = join(root, 'torn', folder);
    mkdirSync(torn, { recursive: true });
    writeFileSync(join(torn, 'config.toml'), '');
    const stopping = new AbortController();
    const { events } = await play('torn', {
      stop: stopping.signal,
      onEvent: (event) => event.type === 'run-ended' && stopping.abort(),
    });
    expect(begun(events)).toEqual(['full 3 new']);
    expect(existsSync(join(torn, 'run.db'))).toBe(true);
  });
});

describe('runKey', () => {
  it('depends on config, seed and weights, not on the folder of the run', async () => {
    const config = shortConfig(join(root, 'base'));
    const key = await runKey(config);
    expect(await runKey({ ...config, runsDir: 'elsewhere' })).toBe(key);
    expect(await runKey({ ...config, seed: config.seed + 1 })).not.toBe(key);
    expect(await runKey({ ...config, iterations: 9 })).not.toBe(key);
    await writeArithmeticBase(join(root, 'copy'));
    expect(await runKey({ ...config, model: join(root, 'copy') })).toBe(key);
    await writeArithmeticBase(join(root, 'other'), { garbage: true });
    expect(await runKey({ ...config, model: join(root, 'other') })).not.toBe(key);
  });

  it('depends on the content of all files that the config names', async () => {
    const [model, data] = [join(root, 'keyed'), join(root, 'keyed.jsonl')];
    await writeArithmeticBase(model);
    const write = (answer: number): void => writeFileSync(data, `{"question":"Compute 1 + 1.","answer":${answer}}\n`);
    write(2);
    const keyOf = (): Promise<string> =>
      runKey(shortConfig(model, { evaluation: { tasks: [data] }, audit: { planted: data } }));
    const first = await keyOf();
    expect(await keyOf()).toBe(first);
    write(3);
    const second = await keyOf();
    appendFileSync(join(model, 'tokenizer_config.json'), ' ');
    const third = await keyOf();
    appendFileSync(join(model, 'README.md'), 'no part of the model');
    expect(await keyOf()).toBe(third);
    expect(new Set([first, second, third]).size).toBe(3);
  });
});
