import { expect, it } from 'vitest';
import { resolveConfig } from '../config/load.ts';
import { samplingOptions } from './sampling-options.ts';

it('picks the five settings of a section, in the order that evaluation keys use', () => {
  const { votes } = resolveConfig({ set: ['votes.temperature=0.5', 'votes.minP=0.1'] });
  const options = samplingOptions(votes);
  expect(JSON.stringify(options)).toBe('{"temperature":0.5,"topP":1,"topK":40,"minP":0.1,"maxTokens":96}');
  const { minP: _, ...without } = options;
  expect(samplingOptions(without).minP).toBe(0);
});
