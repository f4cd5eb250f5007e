/** Helpers for the tests of the open loop on the scripted engine. */

import { arithmetic } from '../../domains/arithmetic/domain.ts';
import type { Domain } from '../../domains/domain.ts';
import { withHint } from '../../domains/parse-task.ts';
import type { ConfigInput, RunConfig } from '../../config/schema.ts';
import type { RunStore } from '../../store/store.ts';
import { remains, shortConfig } from '../loop.contract.ts';
import { HINTED_PAIRS, SCORED_TASKS, TASK_QUALITY } from './partials.ts';

const HELD_OUT = ['Compute 1 + 2.', 'Compute 3 + 4.', 'Compute 2 + 2.'];

/**
 * Arithmetic as an open domain: the last claimed digit is the length of the hint, so that the scripted base writes both. The
 * hidden quality is the share of digits in a response.
 */
export const tallying: Domain = {
  name: 'tallying',
  kind: 'open',
  challengerMessages: arithmetic.challengerMessages,
  solverMessages: arithmetic.solverMessages,
  hintedMessages: (task, hint) => [{ role: 'user', content: withHint(task, hint) }],
  parseQuestion: (completion) => {
    const { text, claimed, invalid } = arithmetic.parseQuestion(completion);
    return { text, claimed: null, invalid, ...(claimed === null ? {} : { hint: 'x'.repeat(1 + lastDigit(claimed)) }) };
  },
  extractAnswer: (completion) => completion.trim() || null,
  heldOutTasks: { tasks: (count) => HELD_OUT.slice(0, count), includes: (task) => HELD_OUT.includes(task) },
  criteria: ['digits', 'short'],
  quality: (_, response) => [
    (response.match(/\d/g) ?? []).length / Math.max(1, response.length),
    response.length < 12 ? 1 : 0,
  ],
};

/** Returns the last digit of a text; 0 if it ends in another character. */
function lastDigit(text: string): number {
  return Number(/\d$/.exec(text)?.[0] ?? 0);
}

/** The same domain as far as training can know it. */
export const { criteria: _names, quality: _hidden, ...blind } = tallying;

/** Two short iterations on an open domain. */
export function openConfig(model: string, open: ConfigInput['open'], over: ConfigInput = {}): RunConfig {
  return shortConfig(model, {
    domain: tallying.name,
    pool: { questions: 16, chunk: 8, maxTokens: 24 },
    votes: { count: 3, chunk: 5, maxTokens: 6 },
    solver: { steps: 3, prompts: 2, groupSize: 4, learningRate: 0.3, maxTokens: 6 },
    evaluation: { questions: 3, samples: 2, chunk: 2, maxTokens: 6 },
    monitors: { action: 'off' },
    ...over,
    open,
  });
}

/** Settings of both signals, at which the scripted base keeps enough tasks. */
export const SIGNALS: [string, ConfigInput['open']][] = [
  [
    'scores',
    { signal: 'scores', scorers: { likelihood: 1, consensus: 0.5, entropy: 0.2, random: 0.1 }, varietyWeight: 0.5 },
  ],
  ['hints', { signal: 'hints', hints: { fewestCharacters: 1, keepHigh: 90 } }],
];

/** Returns everything that a run stored, as `remains`, with the partial results of the open loop. */
export function openRemains(store: RunStore): Record<string, unknown> {
  const iterations = Array.from({ length: store.meta().config.iterations + 1 }, (_, iteration) => iteration);
  return {
    ...remains(store),
    open: iterations.map((iteration) => [
      store.partials(SCORED_TASKS, iteration),
      store.partials(HINTED_PAIRS, iteration),
      store.partials(TASK_QUALITY, iteration),
    ]),
  };
}
