import { expect, it } from 'vitest';
import { resolveConfig } from '../../config/load.ts';
import { changedSettings } from './changed.ts';

it('lists nothing for a scale as it is', () => {
  for (const scale of ['tiny', 'small', 'paper'] as const) {
    expect(changedSettings(resolveConfig({ scale, flags: { seed: 7, runsDir: 'elsewhere' } }))).toEqual([]);
  }
});

it('lists what differs from the scale, nested settings by their paths', () => {
  const config = resolveConfig({ scale: 'tiny', set: ['solver.learningRate=0.5', 'monitors.action=rollback'] });
  expect(changedSettings(config).toSorted()).toEqual(['monitors.action = "rollback"', 'solver.learningRate = 0.5']);
});

it('knows the defaults of a service', () => {
  const engine = { kind: 'tinker', url: 'http://127.0.0.1:1', model: 'm' } as const;
  expect(changedSettings(resolveConfig({ flags: { engine } }))).toEqual([]);
});
