/** Sends passes over many sequences in chunks, a few at a time, with progress and aborts. */

import type { WireDatum } from '../../../wire/messages.ts';
import type { Ctl } from '../../engine.ts';
import { checkAborted } from '../failures.ts';
import { type RemoteModel, ServiceError } from '../service.ts';

/** Sequences per request, so that progress is seen and an abort takes effect. */
const CHUNK = 256;
/** Requests in flight: the next one waits at the service while one runs. */
const AHEAD = 3;

/** A forward pass, or a backward pass. */
export interface Pass {
  loss: string;
  forwardOnly: boolean;
}

/** Log-probabilities by sequence, and the metrics of all chunks. */
export interface PassResult {
  logprobs: Float32Array[];
  metrics: Record<string, number>[];
}

/**
 * Runs one pass over all data. If a chunk fails, waits for those in flight before it throws, so that nothing is pending
 * on the model; an abort does not wait.
 */
export async function inChunks(
  model: RemoteModel,
  data: readonly WireDatum[],
  pass: Pass,
  ctl: Ctl = {},
): Promise<PassResult> {
  const { signal, onProgress } = ctl;
  checkAborted(signal);
  const started = performance.now();
  const parts = Array.from({ length: Math.ceil(data.length / CHUNK) }, (_, at) =>
    data.slice(at * CHUNK, (at + 1) * CHUNK),
  );
  const logprobs: Float32Array[][] = [];
  const metrics: Record<string, number>[] = [];
  let [done, tokens, next] = [0, 0, 0];
  const send = async (): Promise<void> => {
    for (let at = next++; at < parts.length; at = next++) {
      checkAborted(signal);
      const part = parts[at];
      const output = await model.forwardBackward(part, { name: pass.loss, forwardOnly: pass.forwardOnly }, { signal });
      checkAborted(signal);
      logprobs[at] = output.logprobs;
      metrics[at] = output.metrics;
      done += part.length;
      tokens += part.reduce((sum, one) => sum + one.tokens.length, 0);
      const seconds = (performance.now() - started) / 1000;
      onProgress?.({ done, total: data.length, tokensPerSecond: seconds > 0 ? tokens / seconds : null });
    }
  };
  const senders = Array.from({ length: Math.min(AHEAD, parts.length) }, async () => {
    try {
      await send();
    } catch (error) {
      next = parts.length;
      throw error;
    }
  });
  const ended = await Promise.allSettled(senders);
  const failures = ended.filter((one) => one.status === 'rejected').map(({ reason }): unknown => reason);
  // Chunks that were sent before a failure was known are refused because of it.
  const cause = failures.find((one) => !(one instanceof ServiceError && one.outcome === 'refused')) ?? failures[0];
  if (failures.length > 0) throw cause;
  return { logprobs: logprobs.flat(), metrics };
}

/** Returns the metric with this name before its reduction, e.g. `grad_norm` for `skyrl.ai/grad_norm:mean`; null if absent. */
export function metricNamed(metrics: Readonly<Record<string, number>>, name: string): number | null {
  for (const [key, value] of Object.entries(metrics)) if (key.split(':')[0].split('/').at(-1) === name) return value;
  return null;
}
