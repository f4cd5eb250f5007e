/** Forward and backward passes in protobuf, both ways. */

import { create } from '@bufbuild/protobuf';
import { WireFormatError } from '../format-error.ts';
import type { ForwardBackward, ForwardBackwardOutput, WireDatum } from '../messages.ts';
import { ArrayRecordSchema, BatchedTensorSchema } from '../schema/tensors_pb.ts';
import type { ArrayRecord } from '../schema/tensors_pb.ts';
import {
  ChunkSchema,
  DatumSchema,
  EncodedTextChunkSchema,
  ForwardBackwardOutputSchema,
  ForwardBackwardRequestSchema,
  LossConfigValueSchema,
} from '../schema/training_pb.ts';
import type { Chunk, Datum, ForwardBackwardRequest } from '../schema/training_pb.ts';
import { DTYPE, bytesOf, int64Bytes, readInt32s } from './bytes.ts';
import { decodeMessage, encodeMessage } from './message.ts';
import { readFloatBatch, readTensor, toTensor } from './tensors.ts';

/** Returns the body of `forward_backward`. Throws WireFormatError if `seqId` exceeds 32 bits. */
export function encodeForwardBackward(request: ForwardBackward): Uint8Array<ArrayBuffer> {
  const config = Object.entries(request.config ?? {});
  const message = create(ForwardBackwardRequestSchema, {
    modelId: request.modelId,
    seqId: request.seqId,
    data: request.data.map(toDatum),
    lossFn: request.loss,
    // Numbers go into the old map, which every server reads; texts exist in the new one only.
    lossFnConfig: Object.fromEntries(config.filter((entry): entry is [string, number] => typeof entry[1] === 'number')),
    lossFnConfigV2: Object.fromEntries(config.filter(([, value]) => typeof value === 'string').map(textEntry)),
    forwardOnly: request.forwardOnly,
  });
  return encodeMessage(ForwardBackwardRequestSchema, message);
}

function textEntry([name, value]: [string, number | string]) {
  return [name, create(LossConfigValueSchema, { value: { case: 'text', value: String(value) } })] as const;
}

function toDatum({ tokens, inputs }: WireDatum): Datum {
  const text = create(EncodedTextChunkSchema, { tokens: bytesOf(tokens) });
  return create(DatumSchema, {
    modelInput: [create(ChunkSchema, { chunk: { case: 'encodedText', value: text } })],
    lossFnInputs: Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, toTensor(tensor)])),
  });
}

/** Reads the body of `forward_backward`. Throws WireFormatError. */
export function decodeForwardBackward(bytes: Uint8Array): ForwardBackward {
  const message = decodeMessage(ForwardBackwardRequestSchema, bytes);
  const config = readConfig(message);
  return {
    modelId: message.modelId,
    seqId: message.seqId,
    data: message.data.map((datum, i) => readDatum(datum, `data[${i}]`)),
    loss: message.lossFn,
    ...(config && { config }),
    forwardOnly: message.forwardOnly,
  };
}

/** The new map takes precedence, as in the SDK; a client may write both. Undefined if both are empty. */
function readConfig(message: ForwardBackwardRequest): Record<string, number | string> | undefined {
  const values = new Map<string, number | string>(Object.entries(message.lossFnConfig));
  for (const [name, { value }] of Object.entries(message.lossFnConfigV2)) {
    if (value.case === undefined) throw new WireFormatError(`loss_fn_config_v2.${name} has no value`);
    values.set(name, value.value);
  }
  return values.size > 0 ? Object.fromEntries(values) : undefined;
}

function readDatum({ modelInput, lossFnInputs }: Datum, where: string): WireDatum {
  const chunks = modelInput.map((chunk, i) => readChunk(chunk, `${where}.model_input[${i}]`));
  const tensors = Object.entries(lossFnInputs).map(([name, tensor]) => [
    name,
    readTensor(tensor, `${where}.loss_fn_inputs.${name}`),
  ]);
  return {
    tokens: chunks.length === 1 ? chunks[0] : Int32Array.from(chunks.flatMap((tokens) => [...tokens])),
    inputs: Object.fromEntries(tensors),
  };
}

function readChunk({ chunk }: Chunk, where: string): Int32Array {
  if (chunk.case === 'encodedText') return readInt32s(chunk.value.tokens, `${where}.tokens`);
  const type = chunk.case ?? 'empty';
  throw new WireFormatError(`${where} is of type ${type}; only encoded_text is supported`);
}

/** Returns a `ForwardBackwardOutput` with one record of all datums. */
export function encodeForwardBackwardOutput(output: ForwardBackwardOutput): Uint8Array<ArrayBuffer> {
  const { outputType, logprobs, metrics } = output;
  const record = create(ArrayRecordSchema, {
    fields: { logprobs: toBatch(logprobs) },
    numDatums: BigInt(logprobs.length),
  });
  const message = create(ForwardBackwardOutputSchema, {
    lossFnOutputType: outputType,
    lossFnOutputs: logprobs.length > 0 ? [record] : [],
    metrics,
  });
  return encodeMessage(ForwardBackwardOutputSchema, message);
}

function toBatch(arrays: readonly Float32Array[]) {
  const offsets = new Int32Array(arrays.length + 1);
  for (const [i, array] of arrays.entries()) offsets[i + 1] = offsets[i] + array.length * 4;
  const values = new Float32Array(offsets[arrays.length] / 4);
  for (const [i, array] of arrays.entries()) values.set(array, offsets[i] / 4);
  return create(BatchedTensorSchema, { data: bytesOf(values), offsets: int64Bytes(offsets), dtype: DTYPE.float32 });
}

/** Reads a `ForwardBackwardOutput`; other outputs than log-probabilities are dropped. Throws WireFormatError. */
export function decodeForwardBackwardOutput(bytes: Uint8Array): ForwardBackwardOutput {
  const message = decodeMessage(ForwardBackwardOutputSchema, bytes);
  return {
    // The name may have a module's name in front.
    outputType: message.lossFnOutputType.slice(message.lossFnOutputType.lastIndexOf(':') + 1),
    logprobs: message.lossFnOutputs.flatMap((record, i) => readRecord(record, `loss_fn_outputs[${i}]`)),
    metrics: { ...message.metrics },
  };
}

function readRecord({ fields, numDatums }: ArrayRecord, where: string): Float32Array[] {
  const batch = Object.hasOwn(fields, 'logprobs') ? fields.logprobs : undefined;
  if (batch === undefined) {
    if (numDatums === 0n && Object.keys(fields).length === 0) return [];
    throw new WireFormatError(`${where}.logprobs is missing`);
  }
  const logprobs = readFloatBatch(batch, `${where}.logprobs`);
  // Early servers did not write the number of datums.
  if (numDatums !== 0n && numDatums !== BigInt(logprobs.length)) {
    throw new WireFormatError(`${where} has ${numDatums} datums, but log-probabilities of ${logprobs.length}`);
  }
  return logprobs;
}
