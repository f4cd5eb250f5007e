/** Results of sampling in protobuf, both ways. Requests are JSON. */

import { create } from '@bufbuild/protobuf';
import { WireFormatError } from '../format-error.ts';
import type { SampleOutput, WireSequence } from '../messages.ts';
import { SampleResponseSchema, SampledSequenceSchema } from '../schema/sampling_pb.ts';
import type { SampledSequence } from '../schema/sampling_pb.ts';
import { matchLogprobs } from '../shape.ts';
import { bytesOf, readFloat32s, readInt32s } from './bytes.ts';
import { decodeMessage, encodeMessage } from './message.ts';

/** Names of the numbers of `stop_reason`. */
const STOP_REASONS = ['stop', 'length'] as const;

/** Returns a `SampleResponse`. */
export function encodeSampleOutput({ sequences, promptLogprobs }: SampleOutput): Uint8Array<ArrayBuffer> {
  const message = create(SampleResponseSchema, {
    sequences: sequences.map(({ tokens, logprobs, stopReason }) =>
      create(SampledSequenceSchema, {
        stopReason: STOP_REASONS.indexOf(stopReason),
        tokens: bytesOf(tokens),
        logprobs: logprobs === null ? undefined : bytesOf(logprobs),
      }),
    ),
    promptLogprobs: promptLogprobs === null ? undefined : bytesOf(promptLogprobs),
  });
  return encodeMessage(SampleResponseSchema, message);
}

/** Reads a `SampleResponse`. Throws WireFormatError. */
export function decodeSampleOutput(bytes: Uint8Array): SampleOutput {
  const { sequences, promptLogprobs } = decodeMessage(SampleResponseSchema, bytes);
  return {
    sequences: sequences.map((sequence, i) => readSequence(sequence, `sequences[${i}]`)),
    promptLogprobs: promptLogprobs === undefined ? null : readFloat32s(promptLogprobs, 'prompt_logprobs'),
  };
}

function readSequence(sequence: SampledSequence, where: string): WireSequence {
  const tokens = readInt32s(sequence.tokens, `${where}.tokens`);
  const logprobs = sequence.logprobs && readFloat32s(sequence.logprobs, `${where}.logprobs`);
  const stopReason = STOP_REASONS[sequence.stopReason];
  if (stopReason === undefined) {
    throw new WireFormatError(`${where} has the unknown stop_reason ${sequence.stopReason}`);
  }
  // An empty blob with tokens means none, as in the SDK.
  const present = logprobs && logprobs.length > 0 ? logprobs : undefined;
  return { tokens, logprobs: matchLogprobs(tokens, present, where), stopReason };
}
