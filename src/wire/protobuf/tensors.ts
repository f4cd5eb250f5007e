/** Tensors in protobuf, both ways. */

import { create } from '@bufbuild/protobuf';
import { WireFormatError } from '../format-error.ts';
import type { WireTensor } from '../messages.ts';
import { TensorSchema } from '../schema/tensors_pb.ts';
import type { BatchedTensor, Tensor } from '../schema/tensors_pb.ts';
import { assertShape } from '../shape.ts';
import { DTYPE, bytesOf, int64Bytes, itemSize, readBfloat16s, readFloat32s, readInt32s, readInt64s } from './bytes.ts';

/** Returns a tensor as its protobuf message. */
export function toTensor(tensor: WireTensor): Tensor {
  return create(TensorSchema, {
    encoding: {
      case: 'dense',
      value: tensor.dtype === 'int64' ? int64Bytes(tensor.data) : bytesOf(tensor.data),
    },
    dtype: DTYPE[tensor.dtype],
    shape: (tensor.shape ?? []).map(BigInt),
  });
}

/** Reads a tensor. Throws WireFormatError; sparse tensors are refused. */
export function readTensor({ encoding, dtype, shape }: Tensor, where: string): WireTensor {
  if (encoding.case === 'sparseCsr') {
    throw new WireFormatError(`${where} is sparse; sparse tensors are not supported`);
  }
  const tensor = readValues(encoding.value ?? new Uint8Array(0), dtype, where);
  if (shape.length > 0) {
    tensor.shape = shape.map(Number);
    assertShape(tensor.shape, tensor.data.length, where);
  }
  return tensor;
}

/** Reads the values of a blob. int32 becomes int64, and bfloat16 float32, as in JSON. Throws WireFormatError. */
export function readValues(bytes: Uint8Array, dtype: number, where: string): WireTensor {
  if (dtype === DTYPE.float32) return { dtype: 'float32', data: readFloat32s(bytes, where) };
  if (dtype === DTYPE.int64) return { dtype: 'int64', data: readInt64s(bytes, where) };
  if (dtype === DTYPE.int32) return { dtype: 'int64', data: readInt32s(bytes, where) };
  if (dtype === DTYPE.bfloat16) return { dtype: 'float32', data: readBfloat16s(bytes, where) };
  throw new WireFormatError(`${where} has the unknown dtype ${dtype}`);
}

/** Reads the float tensors of several datums, which share one block of memory. Throws WireFormatError. */
export function readFloatBatch(batch: BatchedTensor, where: string): Float32Array[] {
  const { dtype, data } = readValues(batch.data, batch.dtype, where);
  if (dtype !== 'float32') throw new WireFormatError(`${where} must hold floating-point numbers`);
  const size = itemSize(batch.dtype, where);
  const starts = [...readInt64s(batch.offsets, `${where}.offsets`)].map((offset) => offset / size);
  return starts.slice(1).map((end, i) => {
    const start = starts[i];
    if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end < start || end > data.length) {
      throw new WireFormatError(`${where}.offsets[${i + 1}] is out of order or out of range`);
    }
    return data.subarray(start, end);
  });
}
