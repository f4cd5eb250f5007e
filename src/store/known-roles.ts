import { StoreError } from '../errors.ts';
import { ROLES } from '../roles.ts';
import type { Unit } from './store.ts';

/** Roles that a store keeps unless it is opened for others. */
export const ROLE_NAMES: readonly string[] = ROLES.map(({ name }) => name);

/** StoreError where a unit has weights or rollouts of a role that is not one of `roles`. */
export function checkRoles({ weights, rollouts = [] }: Unit, roles: readonly string[]): void {
  const named = [...(weights === undefined ? [] : [weights]), ...rollouts];
  const unknown = named.find(({ role }) => !roles.includes(role));
  if (unknown === undefined) return;
  throw new StoreError(
    `The run keeps nothing of a role ${unknown.role}; its roles are ${roles.join(', ')}.`,
    'Add the role to the table in src/roles.ts, or open the store with its name in the option roles.',
  );
}
