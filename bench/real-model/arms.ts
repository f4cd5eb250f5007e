/** The arms of `bench:real-model`: whole runs of examples/word-problems, and the base model under two prompts. */

export interface Arm {
  name: string;
  domain: string;
  settings: readonly string[];
}

/** Runs, each with every seed. */
export const RUN_ARMS: readonly Arm[] = [
  { name: 'base-challenger', domain: './word-problems.mjs', settings: [] },
  { name: 'trained-challenger', domain: './word-problems.mjs', settings: ['challenger.train=true'] },
  { name: 'random-labels', domain: './random-labels.mjs', settings: ['challenger.train=true'] },
  // Labels that hold in other words, at a higher agreement.
  {
    name: 'careful',
    domain: './word-problems.mjs',
    settings: ['votes.views=0.5', 'filter.gate=views', 'filter.minAgreement=0.4', 'filter.maxAgreement=1'],
  },
];

/** Prompts for the base model. */
export const BASE_ARMS: readonly Omit<Arm, 'settings'>[] = [
  { name: 'base', domain: './word-problems.mjs' },
  { name: 'base-better-prompt', domain: './more-examples.mjs' },
];

export interface Test {
  name: string;
  questions: number;
  samples: number;
  maxTokens: number;
}

/** Sizes of the tests; their files are named on the command line. */
export const TESTS: readonly Test[] = [
  { name: 'planted', questions: 100, samples: 8, maxTokens: 32 },
  { name: 'words', questions: 100, samples: 8, maxTokens: 32 },
  { name: 'svamp', questions: 200, samples: 8, maxTokens: 32 },
  { name: 'gsm8k', questions: 60, samples: 4, maxTokens: 96 },
];
