/** Opens the judge that a config names by its URL: the one place that knows what speaks to such an endpoint. */

import type { RunConfig } from '../../config/schema.ts';
import { isAddress, openEndpoint } from '../../generate/openai/index.ts';
import { ConfigError } from '../../errors.ts';
import type { JudgeSource } from '../context.ts';

/** Few: a run waits seconds for a judge, not minutes, since it continues without one. */
const RETRIES = 3;

/** A judge behind `audit.judge.url`, opened when there is something to judge; null where the config names none. */
export function judgeOf({ audit }: RunConfig): JudgeSource | null {
  const { url, model, apiKeyEnv } = audit.judge;
  if (url === '') return null;
  if (!isAddress(url)) {
    throw new ConfigError(
      `audit.judge.url: ${JSON.stringify(url).slice(0, 200)} is no address of an endpoint.`,
      'Give its OpenAI-compatible root, e.g. http://localhost:8000/v1.',
    );
  }
  return async () => {
    const judge = await openEndpoint({
      url,
      retries: RETRIES,
      ...(model === '' ? {} : { model }),
      ...(apiKeyEnv === '' ? {} : { apiKeyEnv }),
    });
    return { judge, close: () => judge.close() };
  };
}
