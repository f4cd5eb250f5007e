import { expect, it } from 'vitest';

import { resolveConfig } from '../../config/load.ts';
import { workloadOf } from './workload.ts';

const PROMPT = 100;

it('counts the models that a run has open at the same time', () => {
  const of = (...set: string[]) => workloadOf(resolveConfig({ set }), PROMPT);
  expect(of('solver.klWeight=0.01')).toMatchObject({ frozen: 2, samplers: 2, adapter: null });
  expect(of('solver.klWeight=0', 'challenger.klWeight=0')).toMatchObject({ frozen: 1, samplers: 2 });
  expect(of('challenger.train=false', 'solver.klWeight=0.01')).toMatchObject({ frozen: 1, samplers: 1 });
  expect(of('finetune.data=100', 'solver.klWeight=0')).toMatchObject({ frozen: 0, samplers: 1 });
  expect(of('adapt.method=lora', 'adapt.rank=3')).toMatchObject({ adapter: { rank: 3 }, lora: null });
  expect(of('adapt.rank=3')).toMatchObject({ adapter: null, lora: { rank: 3 } });
  expect(of('votes.maxTokens=500', 'solver.maxTokens=300')).toMatchObject({ longest: 600, longestTrained: 400 });
});

it('counts the judges of attempts that stay open while the Solver trains', () => {
  const of = (...set: string[]) => workloadOf(resolveConfig({ set: ['challenger.train=false', ...set] }), PROMPT);
  const token = ['verifier.kind=token', 'solver.klWeight=0'];
  expect(of(...token)).toMatchObject({ frozen: 0, samplers: 1 });
  expect(of(...token, 'solver.verifierWeight=0.5')).toMatchObject({ frozen: 1, samplers: 2 });
  expect(of(...token, 'solver.verifierWeight=0.5', 'solver.reward=likelihood')).toMatchObject({
    frozen: 2,
    samplers: 3,
  });
  const generative = ['verifier.kind=generative', 'verifier.maxTokens=700', 'solver.klWeight=0'];
  expect(of(...generative)).toMatchObject({ frozen: 1, longest: 800, longestTrained: 800 });
  const sizes = ['verifier.fresh=100', 'verifier.freshVotes=50', 'verifier.checks=3'];
  expect(of(...generative, ...sizes).completions).toBe(3 * 6 * 100 * 50);
  expect(of(...token, ...sizes).completions).toBe(100 * 50);
});

it('counts the fewest completions of a prompt', () => {
  const of = (...set: string[]) => workloadOf(resolveConfig({ set }), PROMPT).perPrompt;
  const untested = ['evaluation.questions=0', 'votes.count=8', 'solver.groupSize=5', 'challenger.votes=4'];
  expect(of()).toBe(1);
  expect(of(...untested)).toBe(4);
  expect(of(...untested, 'challenger.train=false')).toBe(5);
  expect(of(...untested, 'evaluation.tasks=["gsm8k"]')).toBe(1);
  expect(of(...untested, 'verifier.kind=token', 'verifier.freshVotes=3')).toBe(3);
  expect(of(...untested, 'verifier.kind=generative', 'verifier.checks=2')).toBe(2);
});
