/** The wire's form of what was sampled and scored. */

import type { Completion, Example } from '../../../engine/engine.ts';
import type { Answer } from '../../../generate/batch/batcher.ts';
import type { SampleOutput } from '../../../wire/messages.ts';

/** What is to be sampled and scored. */
export interface Sampled {
  /** Whether new tokens are drawn. */
  drawn: boolean;
  /** The prompt as an example to score, empty for a prompt of one token; null if it is not scored. */
  scored: Example | null;
}

/** Returns the output of a request. */
export function outputOf({ drawn, scored }: Sampled, { completions, scores }: Answer): SampleOutput {
  return {
    sequences: drawn ? completions.map(sequenceOf) : [EMPTY],
    promptLogprobs: scored === null ? null : promptLogprobs(scores ?? []),
  };
}

const EMPTY: SampleOutput['sequences'][number] = {
  tokens: new Int32Array(0),
  logprobs: new Float32Array(0),
  stopReason: 'length',
};

function sequenceOf({ tokens, logprobs, stop }: Completion): SampleOutput['sequences'][number] {
  return { tokens, logprobs, stopReason: stop };
}

/** One entry per prompt token; nothing comes before the first one, so it has none. */
function promptLogprobs(scores: ArrayLike<number>): Float32Array {
  const out = new Float32Array(scores.length + 1);
  out[0] = Number.NaN;
  out.set(scores, 1);
  return out;
}
