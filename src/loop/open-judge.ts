/** Opens the judge that a config names by its URL: the one place that knows what speaks to such an endpoint. */

import type { RunConfig } from '../config/schema.ts';
import { ConfigError } from '../errors.ts';
import type { JudgeSource } from './context.ts';

/** A judge behind `audit.judge.url`; null where the config names none. ConfigError without a model's name. */
export function judgeOf({ audit }: RunConfig): JudgeSource | null {
  const { url, model } = audit.judge;
  if (url === '') return null;
  if (model === '') {
    throw new ConfigError(
      `The judge at ${url} needs a model's name.`,
      'Add --set audit.judge.model=NAME, as the endpoint lists it.',
    );
  }
  throw new ConfigError(
    `This build has no client for the endpoint ${url}.`,
    'Leave audit.judge.url empty, or give the library a judge of your own: evolve({ judge }).',
  );
}
