/** Access to the endpoints of an evaluation: API keys, concurrency, and one shared token budget. */

import { isAddress, originOf, Purse } from '../../generate/openai/index.ts';
import { ConfigError } from '../../errors.ts';
import type { Access } from '../../generate/open-model.ts';

export interface AccessFlags {
  model?: string;
  baseline?: string;
  judge?: string;
  apiKeyEnv?: string;
  judgeApiKeyEnv?: string;
  concurrency?: number;
  tokenBudget?: number;
}

export type Accesses = Record<'model' | 'baseline' | 'judge', Access>;

/**
 * The API key is sent only to the host of the first endpoint among model, baseline and judge. All endpoints of the
 * command share the budget. Throws ConfigError if such an option is given without an endpoint.
 */
export function accessOf(flags: AccessFlags): Accesses {
  const { model, baseline, judge, apiKeyEnv, judgeApiKeyEnv, concurrency, tokenBudget } = flags;
  const first = [model, baseline, judge].find((spec) => spec !== undefined && isAddress(spec));
  if (first === undefined) {
    const given = Object.entries({ apiKeyEnv, judgeApiKeyEnv, concurrency, tokenBudget }).find(
      ([, value]) => value !== undefined,
    );
    if (given === undefined) return { model: {}, baseline: {}, judge: {} };
    throw new ConfigError(
      `--${given[0].replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} needs an endpoint, but no model is one.`,
      'Remove it, or pass an address such as --model http://localhost:8000/v1.',
    );
  }
  const purse = tokenBudget === undefined ? undefined : new Purse(tokenBudget);
  const accessTo = (spec: string | undefined, ownKey?: string): Access => {
    const shared = spec !== undefined && isAddress(spec) && originOf(spec) === originOf(first);
    return { apiKeyEnv: ownKey ?? (shared ? apiKeyEnv : undefined), concurrency, tokenBudget: purse };
  };
  return { model: accessTo(model), baseline: accessTo(baseline), judge: accessTo(judge, judgeApiKeyEnv) };
}
