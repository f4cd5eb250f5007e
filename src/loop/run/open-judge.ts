/** Opens the judge at the endpoint that the config names. */

import type { RunConfig } from '../../config/schema.ts';
import { isAddress, openEndpoint } from '../../generate/openai/index.ts';
import { ConfigError } from '../../errors.ts';
import type { JudgeSource } from '../context.ts';

/** Low, because a run continues without a judge: it should wait seconds, not minutes. */
const RETRIES = 3;

/**
 * Returns the judge at `audit.judge.url`, opened on first use; null without a URL.
 * @throws ConfigError if the URL is invalid
 */
export function judgeOf({ audit }: RunConfig): JudgeSource | null {
  return audit.judge.url === '' ? null : endpointAt(audit.judge, 'audit.judge.url');
}

/** Settings of an endpoint. */
type Endpoint = Pick<RunConfig['audit']['judge'], 'url' | 'model' | 'apiKeyEnv'>;

/**
 * Returns the judge at an endpoint, opened on first use.
 * @param key name of the setting with the address, for messages
 * @throws ConfigError if the address is invalid
 */
export function endpointAt({ url, model, apiKeyEnv }: Endpoint, key: string): JudgeSource {
  if (!isAddress(url)) {
    throw new ConfigError(
      `${key}: ${JSON.stringify(url).slice(0, 200)} is not a valid endpoint URL.`,
      'Use the root URL of an OpenAI-compatible API, e.g. http://localhost:8000/v1.',
    );
  }
  return async (signal) => {
    const judge = await openEndpoint({
      url,
      retries: RETRIES,
      signal,
      ...(model === '' ? {} : { model }),
      ...(apiKeyEnv === '' ? {} : { apiKeyEnv }),
    });
    return { judge, close: () => judge.close() };
  };
}
