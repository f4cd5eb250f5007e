/** Opens the judge that a config names by its URL: the one place that knows what speaks to such an endpoint. */

import type { RunConfig } from '../config/schema.ts';
import { ConfigError } from '../errors.ts';
import type { JudgeSource } from './context.ts';

/** A judge behind `audit.judge.url`; null where the config names none. */
export function judgeOf({ audit }: RunConfig): JudgeSource | null {
  const { url } = audit.judge;
  if (url === '') return null;
  throw new ConfigError(
    `This build has no client for the endpoint ${url}.`,
    'Leave audit.judge.url empty, or give the library a judge of your own: evolve({ judge }).',
  );
}
