import { expect, it } from 'vitest';
import { resolveConfig } from '../../config/load.ts';
import { partialResult } from '../../store/partials.ts';
import type { RunStore } from '../../store/store.ts';
import { memoryRun } from '../loop.contract.ts';
import { PLANTED_VOTES, type PlantedVotes } from '../partials.ts';
import { plantedMetrics } from './planted.ts';
import { NONE } from './tally.ts';

const config = resolveConfig({});

function votes(label: string | null, agreement: number, correct: boolean | null): PlantedVotes {
  const tally = { groups: [], label, agreement, unanswered: 0, attempts: 10 };
  return { text: 'Compute 1 + 2.', answer: '3', tally, correct };
}

function storeOf(planted: PlantedVotes[]): RunStore {
  const store = memoryRun('/nowhere', config);
  const partials = [partialResult(PLANTED_VOTES, { iteration: 1, step: 0 }, planted)];
  store.commit({ cursor: store.cursor(), partials });
  return store;
}

const PLANTED = [
  votes('3', 0.3, true),
  votes('4', 0.8, false),
  votes('3', 0.9, true),
  votes('4', 0.2, false),
  votes(null, 0, null),
];

it('counts the planted questions in the band that the filter used, and those without a majority answer', () => {
  const ctx = { store: storeOf(PLANTED), config };
  expect(plantedMetrics(ctx, 1, { minAgreement: 0.3, maxAgreement: 0.8 })).toMatchObject({
    'audit/planted/questions': 5,
    'audit/planted/unlabelled': 1,
    'audit/planted/in_band': 2,
    'audit/planted/label_accuracy': 1 / 2,
    'audit/planted/label_accuracy_all': 2 / 4,
  });
  expect(plantedMetrics(ctx, 1, { minAgreement: 0, maxAgreement: 1 })).toMatchObject({ 'audit/planted/in_band': 4 });
  expect(plantedMetrics({ store: storeOf([]), config }, 1, { minAgreement: 0, maxAgreement: 1 })).toEqual({});
});

it('counts a majority of "None" as no answer where the filter does', () => {
  const store = storeOf([votes(NONE, 0.5, false), votes('3', 0.5, true)]);
  const band = { minAgreement: 0.3, maxAgreement: 0.8 };
  const strict = { ...config, votes: { ...config.votes, noneIsVote: true } };
  expect(plantedMetrics({ store, config: strict }, 1, band)).toMatchObject({
    'audit/planted/unlabelled': 1,
    'audit/planted/label_accuracy': 1,
  });
});
