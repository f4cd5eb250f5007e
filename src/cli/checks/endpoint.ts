/** Checks an endpoint: it must be reachable, name its model and reply. Requests one reply of at most 16 tokens. */

import { messageOf } from '../../errors.ts';
import { greedyRequest } from '../../generate/generator.ts';
import { openEndpoint, type Endpoint } from '../../generate/openai/index.ts';
import { clean, duration } from '../render/format.ts';
import type { Check } from './check.ts';

const NAME = 'endpoint';
const QUESTION = 'What is 2 + 2? Answer with the number alone.';

/** `apiKeyEnv`: environment variable with the API key. */
export async function checkEndpoint(url: string, apiKeyEnv?: string): Promise<Check> {
  let endpoint: Endpoint | null = null;
  try {
    endpoint = await openEndpoint({ url, apiKeyEnv, retries: 1, timeoutMs: 120_000 });
    const start = performance.now();
    const [[reply]] = await endpoint.generate([greedyRequest([{ role: 'user', content: QUESTION }], 16, 1)]);
    const seconds = (performance.now() - start) / 1000;
    const found = `${endpoint.name} replies "${clean(reply.text, 40)}" in ${duration(seconds)}`;
    const notes = endpoint.notes();
    return {
      name: NAME,
      state: notes.length === 0 ? 'good' : 'poor',
      found,
      advice: notes.length === 0 ? null : notes.join(' '),
    };
  } catch (error) {
    const lines = messageOf(error).split('\n');
    return { name: NAME, state: 'missing', found: clean(lines[0], 400), advice: clean(lines.slice(1).join(' '), 300) };
  } finally {
    await endpoint?.close();
  }
}
