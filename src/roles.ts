/**
 * The trained roles, as one table, and the order of the stages that they play in. To add a role, add its entry here,
 * its stage to `STAGES`, a stage file, a reward, and a config section; `Role` and `Stage` (types.ts) follow.
 */

/** What the shared code knows of a trained role: the training frame, the store, the monitors and the command line. */
export interface RoleSpec {
  /** Identifies the role in the run database, in seeds and on the command line. */
  name: string;
  /** The name that people read. */
  title: string;
  /** The stage that trains it. */
  stage: string;
  /** The config table with its settings. */
  section: string;
  /** The member of `Domain` that makes its prompt. */
  prompt: string;
  /** Whether it answers a question that it is given; if not, it poses questions. */
  answers: boolean;
  /** Prefix of its metrics, without the slash. */
  metrics: string;
  /** Prefix of the names of its saved states. */
  weights: string;
}

/** In the order of an iteration. */
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

/** The role that the held-out test measures, whose best iteration a run keeps and exports. */
export const MEASURED = SOLVER.name;

/** The stages of one iteration, in the paper's order. */
export const STAGES = [CHALLENGER.stage, 'propose', 'vote', 'filter', SOLVER.stage, 'evaluate'] as const;

/** The entry of the table that `key` has this value in; undefined when there is none. */
export function findRole<T extends RoleSpec>(roles: readonly T[], key: 'name' | 'stage', value: string): T | undefined {
  return roles.find((role) => role[key] === value);
}
