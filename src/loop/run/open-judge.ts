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
  const { url, model, apiKeyEnv } = audit.judge;
  if (url === '') return null;
  if (!isAddress(url)) {
    throw new ConfigError(
      `audit.judge.url: ${JSON.stringify(url).slice(0, 200)} is not a valid endpoint URL.`,
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
