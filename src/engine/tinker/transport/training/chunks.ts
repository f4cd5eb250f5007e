/** Splits a large batch into chunks that a service takes, and joins their results. Pure. */

import type { ForwardBackwardOutput, WireDatum } from '../../../../wire/messages.ts';

/** Bytes per number on the wire, as the SDK estimates them. */
export const BYTES_PER_NUMBER = 10;

/** Returns the batch in chunks of at most so many datums and estimated bytes, in order. A large datum is one chunk. */
export function splitData(
  data: readonly WireDatum[],
  limits: { datums: number; bytes: number },
): (readonly WireDatum[])[] {
  const chunks: WireDatum[][] = [];
  let bytes = 0;
  for (const datum of data) {
    const size = datumBytes(datum);
    const last = chunks.at(-1);
    if (last === undefined || last.length >= limits.datums || bytes + size > limits.bytes) {
      chunks.push([datum]);
      bytes = size;
    } else {
      last.push(datum);
      bytes += size;
    }
  }
  return chunks;
}

function datumBytes({ tokens, inputs }: WireDatum): number {
  let numbers = tokens.length;
  for (const { data } of Object.values(inputs)) numbers += data.length;
  return numbers * BYTES_PER_NUMBER;
}

/** Joins the results of the chunks of one batch, in order. A metric that not every chunk has is dropped. */
export function joinOutputs(outputs: readonly ForwardBackwardOutput[]): ForwardBackwardOutput {
  const [first] = outputs;
  if (outputs.length === 1) return first;
  const weights = outputs.map(({ logprobs }) => logprobs.length);
  const metrics: Record<string, number> = {};
  for (const name of Object.keys(first.metrics)) {
    const values = outputs.map((output) => output.metrics[name]).filter((value) => value !== undefined);
    const reduced = values.length === outputs.length ? reduce(name, values, weights) : null;
    if (reduced !== null) metrics[name] = reduced;
  }
  return { outputType: first.outputType, logprobs: outputs.flatMap(({ logprobs }) => logprobs), metrics };
}

/** Reduces a metric by the ending of its name, as the SDK does; null for an unknown ending. */
function reduce(name: string, values: readonly number[], weights: readonly number[]): number | null {
  const mean = weighted(values, weights);
  switch (name.slice(name.lastIndexOf(':') + 1)) {
    case 'sum':
      return values.reduce((sum, value) => sum + value, 0);
    case 'mean':
      return mean;
    case 'min':
      return Math.min(...values);
    case 'max':
      return Math.max(...values);
    case 'slack':
      return Math.max(...values) - mean;
    case 'unique':
      return values[0];
    default:
      return null;
  }
}

function weighted(values: readonly number[], weights: readonly number[]): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return values.reduce((sum, value, i) => sum + value * weights[i], 0) / total;
}
