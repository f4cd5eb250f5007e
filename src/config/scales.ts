import type { ConfigInput, RunConfig } from './schema.ts';

/**
 * The three sizes of a run, as changes to the schema's defaults.
 * - `tiny`: about a minute on two cores; for tests and first tries.
 * - `small`: the defaults, chosen for the shipped base model.
 * - `paper`: the sizes of the R-Zero paper, for real models on large machines.
 */
export const SCALES: Record<RunConfig['scale'], ConfigInput> = {
  tiny: {
    iterations: 2,
    challenger: { steps: 2, groups: 8, groupSize: 4, votes: 6 },
    pool: { questions: 60, chunk: 30 },
    votes: { count: 6, chunk: 30 },
    filter: { minQuestions: 4 },
    verifier: { steps: 4, prompts: 8, fresh: 10 },
    solver: { steps: 4, prompts: 8, groupSize: 6 },
    evaluation: { questions: 60, samples: 4, chunk: 30 },
  },
  small: {},
  paper: {
    engine: { kind: 'local', slots: 64 },
    challenger: {
      topP: 0.99,
      maxTokens: 4096,
      learningRate: 1e-6,
      steps: 5,
      groups: 512,
      groupSize: 4,
      votes: 10,
      // 128 prompts per mini-batch; the published code uses 16 (32 updates).
      updates: 4,
      dropZeroVariance: false,
    },
    pool: { questions: 8000, topP: 0.95, maxTokens: 4096, chunk: 500, dropDuplicates: false },
    votes: { count: 10, topK: 40, maxTokens: 4096, chunk: 100 },
    // 3 to 7 votes of 10; a Solver step needs 512 questions.
    filter: { minAgreement: 0.3, maxAgreement: 0.7, minQuestions: 512 },
    verifier: { topP: 0.99, maxTokens: 4096, learningRate: 1e-5, prompts: 128, fresh: 200 },
    solver: {
      topP: 0.99,
      maxTokens: 4096,
      learningRate: 1e-6,
      steps: 15,
      prompts: 512,
      groupSize: 5,
      updates: 4,
      dropZeroVariance: false,
    },
    evaluation: { maxTokens: 4096, chunk: 100 },
    // 2560 rollouts of up to 4096 tokens a step would be tens of megabytes.
    keep: { tokens: false },
  },
};
