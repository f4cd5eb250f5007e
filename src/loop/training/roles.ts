/** The table of roles, each with its training settings from the config. */

import type { RunConfig, TrainingDials } from '../../config/schema.ts';
import type { TrainingPlan } from '../../engine/engine.ts';
import { StoreError } from '../../errors.ts';
import { findRole, ROLES, type RoleSpec, VERIFIER } from '../../roles.ts';
import type { RoleName } from '../../types.ts';

/** A role with its training settings. */
export interface TrainedRole extends RoleSpec {
  settings: TrainingDials;
}

/** Returns the roles of a run with their settings. The Verifier, which most runs do not have, comes last. */
export function trainedRoles(
  config: Pick<RunConfig, (typeof ROLES)[number]['section']> & Partial<Pick<RunConfig, 'verifier'>>,
): TrainedRole[] {
  const { verifier } = config;
  return [
    ...ROLES.map((role) => ({ ...role, settings: config[role.section] })),
    ...(verifier === undefined || verifier.kind === 'off' ? [] : [{ ...VERIFIER, settings: verifier }]),
  ];
}

/** Returns the options of the steps of every role that is trained. */
export function plannedSteps(config: Parameters<typeof trainedRoles>[0]): NonNullable<TrainingPlan['steps']> {
  return trainedRoles(config)
    .filter(({ settings }) => settings.steps > 0)
    .map(({ name, settings }) => ({ role: name, options: settings }));
}

/**
 * Finds a role by name.
 * @throws StoreError if there is none; a run made by another program may use other roles
 */
export function roleNamed(roles: readonly TrainedRole[], name: RoleName): TrainedRole {
  const role = findRole(roles, 'name', name);
  if (role !== undefined) return role;
  throw new StoreError(
    `Unknown role ${name}; the roles are ${roles.map((one) => one.name).join(', ')}.`,
    'Open the run with the program that made it.',
  );
}
