/** Names of the stages: a short one for tables and positions, and a sentence for a reader who sees the stage begin. Pure. */

import { ALL_ROLES, findRole, stageNumber, STAGES } from '../../roles.ts';
import type { StageName } from '../../types.ts';

/** Short names of the stages that do not train a role. */
const SHORT: Readonly<Record<string, string>> = {
  propose: 'propose questions',
  vote: 'vote on answers',
  verify: 'check the votes',
  filter: 'filter by agreement',
  evaluate: 'evaluate on the held-out test',
};

const SENTENCES: Readonly<Record<string, string>> = {
  'train-challenger': 'Challenger learns to pose questions that split votes',
  propose: 'Challenger poses the questions of this iteration',
  vote: 'Solver answers them; the majority is the label',
  'train-verifier': 'Verifier learns which attempts are right',
  verify: 'Verifier is tested; if it passes, it checks the votes',
  filter: 'keep what is neither too easy nor too hard',
  'train-solver': 'Solver learns to give the label',
  evaluate: 'the new Solver takes the held-out test',
};

/** Short name of a stage, numbered in the paper's order: `1 train the Challenger`. */
export function stageName(stage: StageName): string {
  if (stage === 'baseline') return 'base model on the held-out test';
  const role = findRole(ALL_ROLES, 'stage', stage);
  const work = role === undefined ? (SHORT[stage] ?? stage) : `train the ${role.title}`;
  return `${stageNumber(stage)} ${work}`;
}

/**
 * What happens in a stage, in words: `Iteration 1, stage 3 of 6: Solver answers them; the majority is the label`.
 * `title` replaces the words, for a stage that does something else than in a run of `evolve`.
 */
export function stageSentence(iteration: number, stage: StageName, title?: string): string {
  if (iteration === 0) return title ?? 'Base: the model as it is takes the held-out test';
  if (title !== undefined) return `Iteration ${iteration}: ${title}`;
  const role = findRole(ALL_ROLES, 'stage', stage);
  const sentence = SENTENCES[stage] ?? (role === undefined ? stage : `${role.title} learns`);
  return `Iteration ${iteration}, stage ${stageNumber(stage)} of ${STAGES.length}: ${sentence}`;
}
