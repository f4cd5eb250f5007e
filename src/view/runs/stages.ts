/** Names of stages, and the roles that work in them. Pure; the table of roles decides (`../../roles.ts`). */

import { ALL_ROLES, findRole, MEASURED, ROLES, STAGES, VERIFIER } from '../../roles.ts';
import type { RoleName, StageName } from '../../types.ts';

/** Titles of the stages that do not train a role. */
const TITLES: Readonly<Record<string, string>> = {
  baseline: 'Evaluate the base',
  propose: 'Propose questions',
  vote: 'Vote on answers',
  verify: 'Check the votes',
  filter: 'Filter by agreement',
  evaluate: 'Evaluate',
};

/** Roles that are asked in the stages that train none. The filter asks no model. */
const ASKED: Readonly<Record<string, RoleName>> = {
  baseline: MEASURED,
  propose: ROLES[0].name,
  vote: MEASURED,
  verify: VERIFIER.name,
  evaluate: MEASURED,
};

/** Prefixes of metrics that name no role. */
const SHARED = new Set(['pool', 'eval', 'time', 'usage', 'notice', 'audit', 'verdicts', 'task', 'votes']);

/** Returns the title of a stage. A stage of another program is named by its identifier. */
export function stageTitle(stage: StageName): string {
  const role = findRole(ALL_ROLES, 'stage', stage);
  return role === undefined ? (TITLES[stage] ?? stage.replaceAll('-', ' ')) : `Train the ${role.title}`;
}

/**
 * Returns the role that is trained or asked in a stage; null if no model works in it. The metrics of a stage that the
 * table does not have name its role by their prefix.
 */
export function stageRole(stage: StageName, metrics: Iterable<string> = []): RoleName | null {
  const role = findRole(ALL_ROLES, 'stage', stage);
  if (role !== undefined) return role.name;
  if (isKnown(stage)) return ASKED[stage] ?? null;
  for (const name of metrics) {
    const [prefix] = name.split('/', 1);
    if (!SHARED.has(prefix)) return prefix;
  }
  return null;
}

/** Returns the display name of a role. */
export function roleTitle(role: RoleName): string {
  return findRole(ALL_ROLES, 'name', role)?.title ?? `${role.slice(0, 1).toUpperCase()}${role.slice(1)}`;
}

/**
 * Returns the stages of an iteration in order: those of this program, with each other stage behind the one that was
 * committed before it. `seen`: the stages with commits, in order.
 */
export function stageOrder(own: readonly StageName[], seen: readonly StageName[]): StageName[] {
  const order = [...own];
  seen.forEach((stage, at) => {
    if (order.includes(stage)) return;
    const before = at === 0 ? -1 : order.indexOf(seen[at - 1]);
    order.splice(before + 1, 0, stage);
  });
  return order;
}

function isKnown(stage: StageName): boolean {
  return Object.hasOwn(TITLES, stage) || STAGES.some((known) => known === stage);
}
