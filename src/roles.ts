/**
 * The table of trained roles, and the order of the stages. To add a role, add its entry here, its stage to `STAGES`, a
 * stage file, a reward and a config section. `Role` and `Stage` (types.ts) are derived from this table.
 */

/** A trained role, as the training phase, the store, the monitors and the command line need it. */
export interface RoleSpec {
  /** Identifier in the run database, in seeds and on the command line. */
  name: string;
  /** Name for display. */
  title: string;
  /** Stage that trains it. */
  stage: string;
  /** Config section with its settings. */
  section: string;
  /** Member of `Domain` that creates its prompt. */
  prompt: string;
  /** Whether it answers questions; if not, it poses them. */
  answers: boolean;
  /** Prefix of its metrics, without the slash. */
  metrics: string;
  /** Prefix of its saved states' names. */
  weights: string;
}

/** All roles, in the order of an iteration. */
export const ROLES = [
  {
    name: 'challenger',
    title: 'Challenger',
    stage: 'train-challenger',
    section: 'challenger',
    prompt: 'challengerMessages',
    answers: false,
    metrics: 'challenger',
    weights: 'challenger',
  },
  {
    name: 'solver',
    title: 'Solver',
    stage: 'train-solver',
    section: 'solver',
    prompt: 'solverMessages',
    answers: true,
    metrics: 'solver',
    weights: 'solver',
  },
] as const satisfies readonly RoleSpec[];

const [CHALLENGER, SOLVER] = ROLES;

/** The role that is evaluated. A run exports its best iteration. */
export const MEASURED = SOLVER.name;

/** The stages of one iteration, in the order of the paper. */
export const STAGES = [CHALLENGER.stage, 'propose', 'vote', 'filter', SOLVER.stage, 'evaluate'] as const;

/** The role that judges attempts. Only a run with `verifier.kind` other than `off` has it, and its stages. */
export const VERIFIER = {
  name: 'verifier',
  title: 'Verifier',
  stage: 'train-verifier',
  section: 'verifier',
  prompt: 'verification',
  answers: true,
  metrics: 'verifier',
  weights: 'verifier',
} as const satisfies RoleSpec;

/** Its two stages, between the votes and the filter: it is trained, then it judges the votes. */
export const VERIFIER_STAGES = [VERIFIER.stage, 'verify'] as const;

/** The stages of an iteration with a Verifier, in order. */
export const STAGES_WITH_VERIFIER = STAGES.flatMap((stage) =>
  stage === 'filter' ? [...VERIFIER_STAGES, stage] : [stage],
);

/** Roles that a run may have. */
export const ALL_ROLES = [...ROLES, VERIFIER] as const;

/** Finds the role whose `key` has this value; undefined if there is none. */
export function findRole<T extends RoleSpec>(roles: readonly T[], key: 'name' | 'stage', value: string): T | undefined {
  return roles.find((role) => role[key] === value);
}

/**
 * Returns the number of a stage in the paper's order, from 1. The stages of the Verifier stand behind the vote: `3a`, `3b`.
 * `0` for other stages.
 */
export function stageNumber(stage: string): string {
  const added = VERIFIER_STAGES.findIndex((one) => one === stage);
  if (added !== -1) return `${STAGES.indexOf('vote') + 1}${'ab'[added]}`;
  return String(STAGES.findIndex((one) => one === stage) + 1);
}
