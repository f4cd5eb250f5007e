/** Checks a custom domain at run time, because plain JavaScript has no type check. */

import { ConfigError } from '../errors.ts';
import { isModulePath } from '../modules.ts';
import type { Domain } from './domain.ts';

/** Members with their types. */
const REQUIRED = [
  ['name', 'string'],
  ['challengerMessages', 'function'],
  ['solverMessages', 'function'],
  ['parseQuestion', 'function'],
  ['extractAnswer', 'function'],
] as const;
const OPTIONAL = [
  ['version', 'string'],
  ['isWellPosed', 'function'],
  ['truth', 'function'],
  ['views', 'function'],
  ['rewordMessages', 'function'],
  ['generate', 'function'],
  ['equal', 'function'],
  ['openExecutor', 'function'],
  ['hintedMessages', 'function'],
  ['quality', 'function'],
] as const;
/** Members of domains whose questions have right answers. */
const NOT_OPEN = ['truth', 'equal', 'openExecutor', 'views', 'work'] as const;
const GROUPS = {
  verification: [
    ['messages', 'function'],
    ['opening', 'string'],
    ['yes', 'string'],
    ['no', 'string'],
  ],
  heldOut: [
    ['questions', 'function'],
    ['includes', 'function'],
  ],
  heldOutTasks: [
    ['tasks', 'function'],
    ['includes', 'function'],
  ],
  work: [
    ['prefix', 'string'],
    ['isShown', 'function'],
  ],
  difficulty: [
    ['unit', 'string'],
    ['of', 'function'],
  ],
} as const;

/** Maximum length of a name, so that it fits into tables. */
const LONGEST_NAME = 80;

/**
 * Checks that a value is a domain, and returns it.
 * @param from origin of the value, for messages
 * @throws ConfigError that names the first missing or wrong member
 */
export function checkDomain(value: unknown, from: string): Domain {
  if (typeof value !== 'object' || value === null) fail(`The domain of ${from} is not an object.`);
  const member = (owner: object, name: string): unknown => Reflect.get(owner, name);
  for (const [name, type] of REQUIRED) requireType(member(value, name), name, type, from);
  for (const [name, type] of OPTIONAL) {
    const found = member(value, name);
    if (found !== undefined) requireType(found, name, type, from);
  }
  for (const [group, members] of Object.entries(GROUPS)) {
    const found = member(value, group);
    if (found === undefined) continue;
    if (typeof found !== 'object' || found === null) fail(`The domain of ${from}: ${group} is not an object.`);
    for (const [name, type] of members) requireType(member(found, name), `${group}.${name}`, type, from);
  }
  const domain = value as Domain;
  if (domain.name.trim() === '' || domain.name.length > LONGEST_NAME || isModulePath(domain.name)) {
    fail(`The domain of ${from}: its name must have 1 to ${LONGEST_NAME} characters and must not look like a path.`);
  }
  checkKind(domain, from);
  return domain;
}

/** Checks what depends on whether the questions have right answers. */
function checkKind(domain: Domain, from: string): void {
  const kind: unknown = domain.kind;
  if (kind !== undefined && kind !== 'open') fail(`The domain of ${from}: kind must be "open", or absent.`);
  const unfit = kind === 'open' ? NOT_OPEN.find((name) => domain[name] !== undefined) : undefined;
  if (unfit !== undefined) fail(`The domain of ${from} is open, so that it cannot have ${unfit}.`);
  if ((domain.quality === undefined) !== (domain.criteria === undefined)) {
    fail(`The domain of ${from} must have both quality and criteria, or neither.`);
  }
  if (domain.criteria !== undefined && !areCriteria(domain.criteria)) {
    fail(`The domain of ${from}: criteria must be distinct names of lower-case letters, digits and hyphens.`);
  }
}

/** Names of criteria become parts of names of metrics. */
const CRITERION = /^[a-z][a-z0-9-]{0,39}$/;

function areCriteria(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.every((one) => typeof one === 'string' && CRITERION.test(one)) && new Set(value).size === value.length;
}

function requireType(value: unknown, name: string, type: 'string' | 'function', from: string): void {
  if (typeof value === type) return;
  const wanted = type === 'function' ? 'a function' : 'a string';
  fail(
    value === undefined
      ? `The domain of ${from} has no ${name}, which must be ${wanted}.`
      : `The domain of ${from}: ${name} must be ${wanted}, not ${value === null ? 'null' : typeof value}.`,
  );
}

function fail(message: string): never {
  throw new ConfigError(message, 'See the interface Domain in rzero/domains for all members.');
}
