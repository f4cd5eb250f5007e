/** Complete runs of a model whose files name another end token than its chat template writes. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import type { ConfigInput } from '../../config/schema.ts';
import type { RunEvent, RunSummary } from '../../events.ts';
import type { RunStore } from '../../store/store.ts';
import { evolve } from '../evolve.ts';
import { follow, memoryRun, shortConfig } from '../loop.contract.ts';
import { noticesOf } from './notices.ts';

let root: string;
let base: string;
let runs = 0;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-past-end-'));
  base = join(root, 'base');
  await writeArithmeticBase(base);
  edit('generation_config.json', { eos_token_id: 0 });
  edit('tokenizer_config.json', { eos_token: '<|endoftext|>' });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function edit(name: string, keys: Record<string, unknown>): void {
  const path = join(base, name);
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), ...keys }));
}

interface Finished {
  store: RunStore;
  events: RunEvent[];
  summary: RunSummary;
}

async function run(over: ConfigInput): Promise<Finished> {
  const config = shortConfig(base, { iterations: 1, monitors: { action: 'off' }, ...over });
  const store = memoryRun(join(root, `run-${++runs}`), config);
  const evolution = evolve({ config, store });
  const events = await follow(evolution);
  return { store, events, summary: await evolution.result };
}

const warnings = (events: readonly RunEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
const pastEnd = (store: RunStore): string[] => [
  ...new Set(
    store.metrics().flatMap(({ name }) => (name.endsWith('past_end') && !name.startsWith('notice') ? [name] : [])),
  ),
];

describe('an end token that is not the end of a turn', { timeout: 300_000 }, () => {
  it('is named at the start, counted in every stage, and explains the end of the run', async () => {
    const { store, events, summary } = await run({ filter: { minQuestions: 16, minAgreement: 0.99, maxAgreement: 1 } });
    const [start, baseline, ...others] = warnings(events);
    expect(start).toMatch(/^The chat template ends a turn with <\|im_end\|> \(id 2\), but no file names it/);
    expect(baseline).toMatch(
      /^\d+ % of the completions contain <\|im_end\|>.*set prompt\.stop = \["<\|im_end\|>"\]\.$/,
    );
    expect(others).toEqual([]);
    expect(pastEnd(store)).toEqual([
      'eval/completions/past_end',
      'challenger/completions/past_end',
      'pool/past_end',
      'votes/past_end',
    ]);
    const notices = noticesOf(store);
    expect(notices.map(({ about, action, stage }) => [about, action, stage])).toEqual([
      ['past-end', 'warn', 'train-challenger'],
      ['too-few-questions', 'end', 'filter'],
    ]);
    expect(notices[0]).toMatchObject({ iteration: 1, step: 0, limit: 0.01 });
    expect(notices[0].value).toBeGreaterThan(0.5);
    expect(summary.outcome).toBe('too-few-questions');
    expect(summary.explanation).toContain('Facts about the model contradict each other');
    expect(summary.explanation).toContain(`--set 'prompt.stop=["<|im_end|>"]'`);
    expect(summary.explanation).not.toMatch(/stronger base|pool\.questions/);
  });

  it('is harmless with prompt.stop: the run equals that of a model whose files name the token', async () => {
    const stopped = await run({ prompt: { stop: ['<|im_end|>'] } });
    expect(warnings(stopped.events)).toEqual([]);
    expect(pastEnd(stopped.store)).toEqual([]);
    edit('generation_config.json', { eos_token_id: 2 });
    const named = await run({});
    edit('generation_config.json', { eos_token_id: 0 });
    const rollouts = ({ store }: Finished): unknown[] =>
      (['challenger', 'solver'] as const).map((role) => store.rollouts({ role, iteration: 1 }));
    expect(rollouts(stopped)).toEqual(rollouts(named));
    expect(stopped.store.attempts({ iteration: 1 })).toEqual(named.store.attempts({ iteration: 1 }));
    expect(stopped.store.evaluations()).toEqual(named.store.evaluations());
  });
});
