/** Opens a domain: built in by name, custom by the path of its module. */

import { nearestKey } from '../config/suggest.ts';
import { ConfigError } from '../errors.ts';
import { defaultExport, importModule, isModulePath, type LoadedModule } from '../modules.ts';
import { arithmetic } from './arithmetic/domain.ts';
import { checkDomain } from './check-domain.ts';
import { code } from './code/domain.ts';
import type { Domain } from './domain.ts';
import { math } from './math/domain.ts';
import { stories } from './stories/domain.ts';
import { writing } from './writing/domain.ts';

const DOMAINS: readonly Domain[] = [arithmetic, math, code, stories, writing];

/** Names of the built-in domains. */
export const DOMAIN_NAMES: readonly string[] = DOMAINS.map(({ name }) => name);

/** A domain and its module; null for a built-in one. */
export interface OpenedDomain {
  domain: Domain;
  module: LoadedModule | null;
}

/** Returns the built-in domain of this name; null if there is none. */
export function findDomain(name: string): Domain | null {
  return DOMAINS.find((candidate) => candidate.name === name) ?? null;
}

/**
 * Returns the built-in domain of this name.
 * @throws ConfigError if there is none
 */
export function loadDomain(name: string): Domain {
  const domain = findDomain(name);
  if (domain !== null) return domain;
  const nearest = nearestKey(name, DOMAIN_NAMES);
  throw new ConfigError(
    `Unknown domain "${name.slice(0, 80)}".${nearest === null ? '' : ` Did you mean ${nearest}?`}`,
    `Choose one of: ${DOMAIN_NAMES.join(', ')}. For a custom domain, use the path of its module, e.g. ./my-domain.mjs.`,
  );
}

/**
 * Opens the domain that `config.domain` names: a built-in name, or the path of a module with a `Domain` as its default
 * export.
 * @throws ConfigError if the domain does not exist or is invalid
 */
export async function openDomain(nameOrPath: string): Promise<OpenedDomain> {
  if (!isModulePath(nameOrPath)) return { domain: loadDomain(nameOrPath), module: null };
  const what = 'domain';
  const module = await importModule(nameOrPath, what);
  return { domain: checkDomain(defaultExport(module, what), module.path), module };
}
