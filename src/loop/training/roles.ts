/** The table of roles as a run uses it: every role with the settings that its config section gives it. */

import type { RunConfig, TrainingDials } from '../../config/schema.ts';
import { StoreError } from '../../errors.ts';
import { findRole, ROLES, type RoleSpec } from '../../roles.ts';
import type { RoleName } from '../../types.ts';

export interface TrainedRole extends RoleSpec {
  dials: TrainingDials;
}

/** All roles of this program, in the order of an iteration. */
export function trainedRoles(config: Pick<RunConfig, (typeof ROLES)[number]['section']>): TrainedRole[] {
  return ROLES.map((role) => ({ ...role, dials: config[role.section] }));
}

/** The role of this name. StoreError where the table has none: a run of another program may have one. */
export function roleNamed(roles: readonly TrainedRole[], name: RoleName): TrainedRole {
  const role = findRole(roles, 'name', name);
  if (role !== undefined) return role;
  throw new StoreError(
    `There is no role ${name}; the roles are ${roles.map((one) => one.name).join(', ')}.`,
    'Open the run with the program that made it.',
  );
}
