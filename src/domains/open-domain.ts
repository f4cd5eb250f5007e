/** Finds a domain: built in, by its name; a user's own, by the path of its module. */

import { nearestKey } from '../config/suggest.ts';
import { ConfigError } from '../errors.ts';
import { defaultExport, importModule, isModulePath, type LoadedModule } from '../modules.ts';
import { arithmetic } from './arithmetic/domain.ts';
import { checkDomain } from './check-domain.ts';
import type { Domain } from './domain.ts';
import { math } from './math/domain.ts';

const DOMAINS: readonly Domain[] = [arithmetic, math];

/** A domain and the module that it came from; null for a built-in one. */
export interface OpenedDomain {
  domain: Domain;
  module: LoadedModule | null;
}

/** The built-in domain of this name; ConfigError when there is none. */
export function loadDomain(name: string): Domain {
  const domain = DOMAINS.find((candidate) => candidate.name === name);
  if (domain !== undefined) return domain;
  const names = DOMAINS.map((candidate) => candidate.name);
  const nearest = nearestKey(name, names);
  throw new ConfigError(
    `There is no domain "${name.slice(0, 80)}".${nearest === null ? '' : ` Did you mean ${nearest}?`}`,
    `Choose one of: ${names.join(', ')}. Your own is a path, e.g. ./my-domain.mjs.`,
  );
}

/**
 * The domain that `config.domain` names: a built-in name, else the path of a module whose default export is a
 * `Domain`. ConfigError when there is none, or its module is not a domain.
 */
export async function openDomain(nameOrPath: string): Promise<OpenedDomain> {
  if (!isModulePath(nameOrPath)) return { domain: loadDomain(nameOrPath), module: null };
  const what = 'domain';
  const module = await importModule(nameOrPath, what);
  return { domain: checkDomain(defaultExport(module, what), module.path), module };
}
