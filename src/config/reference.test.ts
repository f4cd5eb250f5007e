import { expect, it } from 'vitest';
import { describeConfig } from './describe.ts';
import { configReference } from './reference.ts';
import { SCALES } from './scales.ts';
import { configSchema } from './schema.ts';
import { valueAt } from './tables.ts';

it('docs/reference/config.md is current', async () => {
  await expect(configReference()).toMatchFileSnapshot('../../docs/reference/config.md');
});

it('every key is described, with the default of the schema', () => {
  const defaults = { ...configSchema.parse({}) };
  const others = new Map<string | undefined, Record<string, unknown>>([
    [undefined, defaults],
    ['engine.kind = "module"', { engine: { kind: 'module', options: {} } }],
    ['engine.kind = "tinker"', configSchema.parse({ engine: { kind: 'tinker' } })],
  ]);
  const keys = describeConfig();
  for (const key of keys) {
    expect(key).toMatchObject({
      description: expect.stringMatching(/^.+\.$/),
      default: valueAt(others.get(key.onlyWith) ?? {}, key.path.split('.')),
    });
  }
  const leaves = (value: unknown): number =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
      ? Object.values(value).reduce<number>((sum, inner) => sum + leaves(inner), 0)
      : 1;
  expect(keys.filter(({ onlyWith }) => onlyWith === undefined)).toHaveLength(leaves(defaults));
});

it('the paper scale has the sizes of the paper', () => {
  const { challenger, solver, pool, votes, filter } = configSchema.parse(SCALES.paper);
  expect(challenger).toMatchObject({
    groups: 512,
    groupSize: 4,
    votes: 10,
    learningRate: 1e-6,
    klWeight: 0.01,
    weightDecay: 0.01,
    clip: 1,
    topP: 0.99,
  });
  expect(solver).toMatchObject({
    prompts: 512,
    groupSize: 5,
    learningRate: 1e-6,
    maxTokens: 4096,
    clipLow: 0.2,
    clipHigh: 0.3,
    dualClip: 3,
    aggregation: 'token-mean',
  });
  expect(pool).toMatchObject({ questions: 8000, topP: 0.95 });
  expect(votes).toMatchObject({ count: 10, topK: 40, topP: 1 });
  expect(filter).toMatchObject({ minAgreement: 0.3, maxAgreement: 0.7 });
});
