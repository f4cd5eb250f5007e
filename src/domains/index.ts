/** Finds a domain by its name. To add one: implement `Domain` in a folder of its own and list it here. */

import { ConfigError } from '../errors.ts';
import { arithmetic } from './arithmetic/domain.ts';
import type { Domain } from './domain.ts';
import { math } from './math/domain.ts';

const DOMAINS: readonly Domain[] = [arithmetic, math];

/** The domain of this name; ConfigError when there is none. */
export function loadDomain(name: string): Domain {
  const domain = DOMAINS.find((candidate) => candidate.name === name);
  if (domain !== undefined) return domain;
  const names = DOMAINS.map((candidate) => candidate.name).join(', ');
  throw new ConfigError(`There is no domain "${name.slice(0, 80)}".`, `Choose one of: ${names}.`);
}
