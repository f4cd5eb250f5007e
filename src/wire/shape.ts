import { WireFormatError } from './format-error.ts';

/** Checks that a shape has as many entries as the data. Throws WireFormatError that names `where`. */
export function assertShape(shape: readonly number[], length: number, where: string): void {
  const size = shape.reduce((product, axis) => product * axis, 1);
  if (size !== length || shape.some((axis) => axis < 0)) {
    throw new WireFormatError(`${where} has the shape [${shape.slice(0, 8).join(', ')}], but ${length} values`);
  }
}

/**
 * Checks that a sequence has one log-probability per token, and returns them; null if the service sent none. A sequence
 * without tokens always has an empty list. Throws WireFormatError that names `where`.
 */
export function matchLogprobs(
  tokens: Int32Array,
  logprobs: Float32Array | undefined,
  where: string,
): Float32Array | null {
  if (tokens.length === 0) return new Float32Array(0);
  if (logprobs === undefined) return null;
  if (logprobs.length !== tokens.length) {
    throw new WireFormatError(`${where} has ${tokens.length} tokens, but ${logprobs.length} log-probabilities`);
  }
  return logprobs;
}
