/** Open domains on the local engine with the shipped base and a database on disk. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../src/config/schema.ts';
import { openEngine } from '../../src/engine/open-engine.ts';
import { toExample } from '../../src/grpo/batch.ts';
import { preferenceCoefficients } from '../../src/grpo/preference.ts';
import { evolve, resume } from '../../src/index.ts';
import { weightFiles } from '../../src/loop/loop.contract.ts';
import { SIGNALS, tallying } from '../../src/loop/open/open-loop.contract.ts';
import { packageFile } from '../../src/package-file.ts';
import { openRun } from '../../src/store/sqlite.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-open-local-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const model = packageFile('models/arith-base');
const maxTokens = 48;

function configWith(open: ConfigInput['open']): ConfigInput {
  return {
    model,
    domain: tallying.name,
    engine: { threads: 1 },
    iterations: 1,
    seed: 4,
    challenger: { steps: 1, groups: 2, groupSize: 4, votes: 3, maxTokens },
    pool: { questions: 16, chunk: 8, maxTokens },
    votes: { count: 3, chunk: 8, maxTokens },
    filter: { minQuestions: 2 },
    solver: { steps: 2, prompts: 3, groupSize: 4, maxTokens },
    evaluation: { questions: 3, samples: 2, maxTokens },
    monitors: { action: 'off' },
    open,
  };
}

describe.each(SIGNALS)('with %s', (signal, open) => {
  it('a run ends with the same weights, stopped and resumed or not', { timeout: 300_000 }, async () => {
    const [whole, parts] = ['whole', 'parts'].map((name) => join(root, `${signal}-${name}`));
    const summary = await evolve({ config: configWith(open), domain: tallying, runDir: whole }).result;
    expect(summary).toMatchObject({ outcome: 'finished', best: 1, open: [{ iteration: 0 }, { iteration: 1 }] });
    let run = evolve({ config: configWith(open), domain: tallying, runDir: parts });
    for (let outcome = ''; outcome !== 'finished'; run = resume(parts, { domain: tallying })) {
      let steps = 0;
      for await (const { type } of run) if (type === 'step' && ++steps === 3) run.stop();
      ({ outcome } = await run.result);
    }
    expect(Object.keys(weightFiles(whole)).length).toBeGreaterThan(4);
    expect(weightFiles(parts)).toEqual(weightFiles(whole));
  });
});

it('a step of preference training is computed again from the database, bit for bit', { timeout: 120_000 }, async () => {
  const [, [, open]] = SIGNALS;
  const runDir = join(root, 'replayed');
  const config = { ...configWith(open), solver: { steps: 1, prompts: 3, maxTokens } };
  await evolve({ config, domain: tallying, runDir }).result;
  const store = openRun(runDir, { readOnly: true });
  const record = store.trainingStep({ role: 'solver', iteration: 1, step: 0 });
  const saved = store.weights('solver', 1);
  const engineConfig = store.meta().config.engine;
  store.close();
  if (record === null || saved === null) return expect.fail('no step is recorded');
  const { settings, groups, weights, reference } = record;
  expect([weights, reference]).toEqual([weights, weights]);
  const engine = await openEngine(engineConfig);
  const base = { kind: 'base', path: weights.id } as const;
  const policy = await engine.openPolicy({ from: base, optimizer: 'fresh' });
  const examples = groups.flatMap(({ prompt, completions }) =>
    completions.map(({ tokens }) => toExample(prompt, tokens)),
  );
  const reference_N = await (await engine.openSampler(base)).score(examples);
  const logprobs_N = await policy.logprobs(examples);
  const terms = examples.map(({ mask }, at) => ({
    mask_T: mask,
    logprobs_T: logprobs_N[at],
    reference_T: reference_N[at],
  }));
  const pairs = groups.map((_, at) => ({ chosen: terms[2 * at], rejected: terms[2 * at + 1] }));
  const coefficients = preferenceCoefficients(pairs, { beta: settings.beta ?? Number.NaN });
  await policy.accumulate(
    examples,
    coefficients.flatMap(({ chosen, rejected }) => [chosen, rejected]),
  );
  await policy.step(settings);
  const again = await policy.save({ home: join(root, 'again'), name: 'again' });
  const bytes = (folder: string): Buffer => readFileSync(join(folder, 'model.safetensors'));
  expect(bytes(join(root, 'again', again.id)).equals(bytes(join(runDir, saved.state)))).toBe(true);
  expect(bytes(join(runDir, saved.state)).equals(bytes(model))).toBe(false);
  await engine.close();
});
