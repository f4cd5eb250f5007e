/** Small typed rows for the tests of the store. */

import { configSchema } from '../config/schema.ts';
import type { RunSummary } from '../events.ts';
import type { Attempt, EvalResult, LabelledQuestion, Question, RolloutGroup } from '../types.ts';
import type { StepInputs } from './steps/step-record.ts';
import type { RunMeta } from './store.ts';

export const sampleMeta: RunMeta = {
  id: '2026-11-23-arith-base-01',
  createdAt: '2026-11-23T10:00:00.000Z',
  version: '0.1.0',
  config: configSchema.parse({ seed: 7, solver: { learningRate: 1.25e-6 } }),
};

export function sampleQuestion(over: Partial<Question> = {}): Question {
  const { iteration = 1, origin = 'pool', step = 0, index = 0 } = over;
  const id = `q-${iteration}-${origin}-${step}-${index}`;
  const completion = '<question>Compute 1 + 2.</question>\n\n\\boxed{3}';
  return {
    id,
    iteration,
    origin,
    step,
    index,
    text: 'Compute 1 + 2.',
    claimed: '3',
    completion,
    invalid: null,
    ...over,
  };
}

export function sampleAttempt(questionId: string, index: number, vote: string | null = '3'): Attempt {
  const stop = vote === null ? 'length' : 'stop';
  const wording = index % 2 === 1 ? { wording: 'What is 2 + 1?' } : {};
  return { questionId, index, completion: `1+2=3 ${index}`, vote, tokens: 7, stop, ...wording };
}

export function sampleLabel(question: Question, over: Partial<LabelledQuestion> = {}): LabelledQuestion {
  const groups = [
    { answer: '3', count: 2, weight: 2 },
    { answer: '4', count: 1, weight: 1 },
  ];
  const tally = { groups, label: '3', agreement: 2 / 3, unanswered: 0, attempts: 3 };
  return { question, tally, dropped: null, truth: '3', labelCorrect: true, ...over };
}

export function sampleGroup(over: Partial<RolloutGroup> = {}): RolloutGroup {
  const rollouts = [0.1, 1].map((reward, i) => ({
    completion: `answer ${i}`,
    tokens: 5 + i,
    stop: 'stop' as const,
    reward,
    parts: { correct: reward, format: 1 / 3 },
    advantage: reward - 0.55,
  }));
  return { role: 'solver', iteration: 1, step: 0, group: 0, prompt: 'Compute 1 + 2.', label: '3', rollouts, ...over };
}

/** The tokens of `sampleGroup`s of a step. */
export function sampleStep(groups = 1): StepInputs {
  const { role, iteration, step, rollouts } = sampleGroup();
  return {
    role,
    iteration,
    step,
    settings: sampleMeta.config.solver,
    weights: { kind: 'state', id: 'weights/solver-1-step-1' },
    reference: { kind: 'base', id: '/models/base' },
    groups: Array.from({ length: groups }, (_, at) => ({
      prompt: Int32Array.of(1, 200, 151_935 + at),
      completions: rollouts.map(({ tokens }) => ({
        tokens: Int32Array.from({ length: tokens }, (_each, t) => 127 + t),
        logprobs: Float32Array.from({ length: tokens }, (_each, t) => -(t + at) / 3),
      })),
    })),
  };
}

export function sampleEvaluation(iteration: number, mean: number): EvalResult {
  const estimate = { value: mean, low: mean - 0.02, high: mean + 0.02 };
  return {
    iteration,
    task: 'held-out',
    questions: 2,
    samples: 8,
    mean: estimate,
    majority: estimate,
    greedy: estimate,
    forced: null,
    worked: 0.5,
    meanTokens: 20.25,
    truncated: 0,
    perQuestion: [mean, 1 / 3],
    perQuestionForced: null,
  };
}

export function sampleSummary(outcome: RunSummary['outcome']): RunSummary {
  const iterations = [
    {
      iteration: 0,
      evaluation: sampleEvaluation(0, 0.4),
      kept: null,
      agreement: null,
      labels: null,
      labelAccuracy: null,
      difficulty: null,
    },
  ];
  return {
    runId: sampleMeta.id,
    runDir: '/runs/a',
    iterations,
    best: 0,
    outcome,
    seconds: 3.5,
    engineSeconds: 3,
    explanation: 'It learned.',
  };
}
