import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { resolveConfig } from '../config/load.ts';
import { ConfigError } from '../errors.ts';
import { readPlan } from './plan.ts';

const shipped = fileURLToPath(new URL('../../recipes', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'rzero-plan-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function plan(text: string): string {
  const path = join(root, 'try.toml');
  writeFileSync(path, text);
  return path;
}

async function problem(text: string): Promise<string> {
  try {
    await readPlan(plan(text));
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error instanceof Error ? error.message : '';
  }
  return 'no problem';
}

describe('shipped plans', () => {
  const names = readdirSync(shipped).filter((name) => name.startsWith('ablate-'));

  it.each(names)('%s is valid and documented in the README', async (name) => {
    expect((await readPlan(join(shipped, name))).seeds.length).toBeGreaterThanOrEqual(2);
    expect(readFileSync(join(shipped, 'README.md'), 'utf8')).toContain(`\`${name}\``);
  });

  it('change one setting each, apart from the audit that all share', async () => {
    const { variants, reference } = await readPlan(join(shipped, 'ablate-arithmetic.toml'));
    const full = { ...resolveConfig(), audit: { ...resolveConfig().audit, planted: 100 } };
    const configs = Object.fromEntries(variants.map(({ name, config }) => [name, config]));
    expect(reference).toBe('full');
    expect(configs).toEqual({
      full,
      'base-challenger': { ...full, challenger: { ...full.challenger, train: false } },
      'no-repetition-penalty': { ...full, challenger: { ...full.challenger, repetitionWeight: 0 } },
      'no-filter': { ...full, filter: { ...full.filter, minAgreement: 0, maxAgreement: 1 } },
      'shared-model': { ...full, weights: 'shared' },
      'true-labels': { ...full, labels: 'oracle' },
    });
  });

  it('share the run of R-Zero itself', async () => {
    const [one, other] = await Promise.all(
      ['ablate-arithmetic.toml', 'ablate-labels.toml'].map(async (name) =>
        (await readPlan(join(shipped, name))).variants.find((variant) => variant.name === 'full'),
      ),
    );
    expect(one?.config).toEqual(other?.config);
  });
});

describe('readPlan', () => {
  it('merges config, variant and --set, and accepts other seeds', async () => {
    const path = plan(
      'seeds = [1]\nconfig.iterations = 2\nconfig.solver.steps = 3\n[[variants]]\nname = "a"\nset.solver.steps = 4\n[[variants]]\nname = "b"',
    );
    const { variants, seeds } = await readPlan(path, { seeds: [5, 6], set: ['iterations=7'] });
    expect(seeds).toEqual([5, 6]);
    expect(variants.map(({ config }) => [config.iterations, config.solver.steps])).toEqual([
      [7, 4],
      [7, 3],
    ]);
    expect(variants[0]).toMatchObject({ title: 'a', from: null, set: { solver: { steps: 4 } } });
  });

  it('finds a shipped plan and its base from any folder', async () => {
    const elsewhere = process.cwd();
    try {
      process.chdir(tmpdir());
      const { variants } = await readPlan('recipes/ablate-arithmetic.toml');
      expect(variants.map(({ config }) => config.audit.planted)).toEqual(variants.map(() => 100));
    } finally {
      process.chdir(elsewhere);
    }
  });

  it('rejects invalid plans with file, variant and reason', async () => {
    const two = '[[variants]]\nname = "a"\n[[variants]]\n';
    expect(await problem('seeds = [1]\n')).toMatch(/try\.toml: variants: /);
    expect(await problem(`seeds = [1]\nsed = 2\n${two}name = "b"`)).toMatch(/try\.toml: the plan: unknown key "sed"/);
    expect(await problem(`seeds = []\n${two}name = "b"`)).toMatch(/seeds/);
    expect(await problem(`seeds = [1]\n${two}name = "a"`)).toContain('two variants are named a');
    expect(await problem(`seeds = [1]\n${two}name = "../b"`)).toContain('lower-case words joined by hyphens');
    expect(await problem(`seeds = [1]\n${two}name = "b"\nfrom = "c"`)).toContain(
      'from = "c" must name a variant above it',
    );
    expect(await problem(`seeds = [1]\nreference = "z"\n${two}name = "b"`)).toContain('names no variant');
    expect(await problem(`seeds = [1]\n${two}name = "b"\nset.solver.stepz = 1`)).toMatch(
      /try\.toml, variant b: .*solver\.stepz: unknown key.*the nearest is solver\.steps/,
    );
    expect(await problem(`seeds = [1]\n${two}name = "b"\nset.labels = "oracle"\nset.domain = "math"`)).toMatch(
      /variant b: labels = "oracle" needs a domain with an oracle; the domain math has none/,
    );
    expect(await problem(`base = "nowhere.toml"\nseeds = [1]\n${two}name = "b"`)).toContain(
      'Cannot read the config file',
    );
  });
});
