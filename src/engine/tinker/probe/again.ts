import { isRecoverable } from '../failures.ts';
import { ServiceError, type TinkerService } from '../service.ts';

const ATTEMPTS = 3;

/**
 * Runs a part of the probe, and again from its beginning when the service has lost or failed a call of it: the models
 * of a probe are worth nothing. Throws the failure of the last attempt, and every other failure at once.
 */
export async function again<T>(part: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count++) {
    try {
      return await part();
    } catch (error) {
      const lost = isRecoverable(error) || (error instanceof ServiceError && error.outcome === 'lost-sampler');
      if (!lost || count >= ATTEMPTS) throw error;
    }
  }
}

/**
 * Throws ServiceError `lost-sampler` if the service has lost a session since it was opened. Then it was restarted, and
 * what was found may be the effect of that.
 */
export async function confirmSession(api: TinkerService, samplingSession: string, prompt: Int32Array): Promise<void> {
  await api.sample({
    samplingSession,
    prompt,
    n: 1,
    params: { max_tokens: 1, temperature: 0, top_k: -1, top_p: 1 },
  });
}
