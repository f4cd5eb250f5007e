/** Defaults that depend on the domain. They come under the scale's preset and everything that the user gives. */

import type { ConfigInput } from './schema.ts';

/** A program takes more tokens than a sum. */
const maxTokens = 512;

const DEFAULTS: Readonly<Record<string, ConfigInput>> = {
  code: {
    labels: 'computed',
    challenger: { maxTokens },
    pool: { maxTokens },
    votes: { maxTokens },
    solver: { maxTokens },
    evaluation: { maxTokens },
  },
  stories: { open: { hints: { fewestCharacters: 20 } } },
  writing: {
    challenger: { maxTokens: 1024 },
    pool: { maxTokens: 1024 },
    votes: { maxTokens: 1024 },
    solver: { maxTokens: 1024 },
    evaluation: { questions: 0 },
  },
};

/** @param domain the value of `domain` as it is given, not checked yet */
export function domainDefaults(domain: unknown): ConfigInput {
  return typeof domain === 'string' && Object.hasOwn(DEFAULTS, domain) ? DEFAULTS[domain] : {};
}
