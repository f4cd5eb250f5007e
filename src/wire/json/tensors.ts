/** Tensors, token lists and datums in JSON, both ways. */

import { WireFormatError } from '../format-error.ts';
import type { WireDatum, WireTensor } from '../messages.ts';
import { assertShape } from '../shape.ts';
import { asArray, asFloat32s, asInt32s, asInteger, asObject, asText, optional } from './fields.ts';
import { listJson, numbersJson, objectJson } from './write.ts';

/** Returns a `TensorData` as JSON text. */
export function tensorJson({ dtype, data, shape }: WireTensor): string {
  return objectJson({
    data: numbersJson(data),
    dtype: JSON.stringify(dtype),
    shape: shape && JSON.stringify(shape),
  });
}

/** Reads a `TensorData`. Throws WireFormatError; sparse tensors are refused. */
export function readTensorJson(value: unknown, where: string): WireTensor {
  const fields = asObject(value, where);
  for (const name of ['sparse_crow_indices', 'sparse_col_indices']) {
    if (fields[name] !== undefined && fields[name] !== null) {
      throw new WireFormatError(`${where} is sparse; sparse tensors are not supported`);
    }
  }
  const shape = optional(fields.shape, `${where}.shape`, (list, name) =>
    asArray(list, name).map((size, i) => asInteger(size, `${name}[${i}]`)),
  );
  const dtype = asText(fields.dtype, `${where}.dtype`);
  if (dtype !== 'float32' && dtype !== 'int64') throw new WireFormatError(`${where}.dtype must be float32 or int64`);
  const tensor: WireTensor =
    dtype === 'float32'
      ? { dtype, data: asFloat32s(fields.data, `${where}.data`) }
      : { dtype, data: asInt32s(fields.data, `${where}.data`) };
  if (shape) {
    assertShape(shape, tensor.data.length, where);
    tensor.shape = shape;
  }
  return tensor;
}

/** Returns a `ModelInput` of text tokens as JSON text. */
export function modelInputJson(tokens: Int32Array): string {
  return `{"chunks":[{"type":"encoded_text","tokens":${numbersJson(tokens)}}]}`;
}

/** Reads the tokens of a `ModelInput`, of all its chunks. Throws WireFormatError; other chunks than text are refused. */
export function readModelInputJson(value: unknown, where: string): Int32Array {
  const chunks = asArray(asObject(value, where).chunks, `${where}.chunks`).map((chunk, i) => {
    const name = `${where}.chunks[${i}]`;
    const fields = asObject(chunk, name);
    // Before the SDK had other chunks, the type was optional.
    const type = optional(fields.type, `${name}.type`, asText) ?? 'encoded_text';
    if (type !== 'encoded_text')
      throw new WireFormatError(`${name} is of type ${type}; only encoded_text is supported`);
    return asInt32s(fields.tokens, `${name}.tokens`);
  });
  return chunks.length === 1 ? chunks[0] : Int32Array.from(chunks.flatMap((tokens) => [...tokens]));
}

/** Returns a `Datum` as JSON text. */
export function datumJson({ tokens, inputs }: WireDatum): string {
  const tensors = Object.entries(inputs).map(([name, tensor]) => [name, tensorJson(tensor)]);
  return objectJson({
    model_input: modelInputJson(tokens),
    loss_fn_inputs: objectJson(Object.fromEntries(tensors)),
  });
}

/** Returns a list of `Datum` as JSON text. */
export function dataJson(data: readonly WireDatum[]): string {
  return listJson(data.map(datumJson));
}

/** Reads a `Datum`. Throws WireFormatError. */
export function readDatumJson(value: unknown, where: string): WireDatum {
  const fields = asObject(value, where);
  const inputs = asObject(fields.loss_fn_inputs, `${where}.loss_fn_inputs`);
  return {
    tokens: readModelInputJson(fields.model_input, `${where}.model_input`),
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, tensor]) => [name, readTensorJson(tensor, `${where}.loss_fn_inputs.${name}`)]),
    ),
  };
}
