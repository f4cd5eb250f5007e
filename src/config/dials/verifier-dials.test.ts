import { expect, it } from 'vitest';
import { resolveConfig } from '../load.ts';
import type { RunConfig } from '../schema.ts';
import { applied, contradictionsOf, fixOf } from './check-dials.ts';

const set = (...settings: string[]): RunConfig => resolveConfig({ set: settings });

it.each([
  [['votes.weights=verifier'], { 'votes.weights': 'equal' }],
  [['solver.verifierWeight=0.5'], { 'solver.verifierWeight': 0 }],
  [['filter.gate=verifier'], { 'filter.gate': 'off' }],
  [['filter.gate=both', 'votes.views=0.5'], { 'filter.gate': 'views' }],
  [['verifier.kind=token', 'filter.tooFew=generate'], { 'filter.tooFew': 'widen' }],
  [['verifier.kind=token', 'weights=shared'], { weights: 'separate' }],
  [['verifier.kind=generative', 'labels=computed'], { 'verifier.kind': 'off' }],
  [['verifier.kind=generative', 'verifier.minP=0.1', 'engine.kind=tinker'], { 'verifier.minP': 0 }],
  [['solver.reward=entropy', 'engine.kind=tinker'], { 'solver.reward': 'likelihood' }],
])('%j contradict each other, and work with %j', (settings, fix) => {
  const config = set(...settings);
  expect(contradictionsOf(config)).toHaveLength(1);
  expect(fixOf(config)).toEqual(fix);
  expect(contradictionsOf(applied(config, fix))).toEqual([]);
});

it.each([
  ['votes.weights=verifier', 'verifier.kind=token'],
  ['solver.verifierWeight=1', 'verifier.kind=token'],
  ['filter.gate=both', 'verifier.kind=generative', 'votes.views=0.5'],
])('%s works with a Verifier', (...settings) => {
  expect(contradictionsOf(set(...settings))).toEqual([]);
});
