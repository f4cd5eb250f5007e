/**
 * Buffers of rows for layered training, and what is done to rows outside its graphs. `HostRows` works on arrays of this
 * process; on a device, `webgpu/training/device-rows.ts` does the same with its buffers.
 */

import type { ort } from '../runtime.ts';
import { float32, floats } from '../session.ts';

/** Tensors that are reused by the next call of the same pool. */
export type Pool = 'streams' | 'chunk';

export interface RowMemory {
  /** Returns `count` tensors of the given shape; their values are undefined. Those of an earlier call become invalid. */
  take(pool: Pool, count: number, dims: readonly number[]): Promise<ort.Tensor[]>;
  clear(tensor: ort.Tensor): Promise<void>;
  /** Copies rows of `table` `[…, width]` into `out` `[n, width]`. */
  gather(table: ort.Tensor, rows: Int32Array, out: ort.Tensor): Promise<void>;
  /** Adds `values` `[n, width]` to rows of `sum` `[…, width]`. */
  add(sum: ort.Tensor, rows: Int32Array, values: ort.Tensor): Promise<void>;
  close(): Promise<void>;
}

export class HostRows implements RowMemory {
  /** The size of the largest call. New buffers would wait for the garbage collector. */
  #buffers = new Map<Pool, Float32Array[]>();

  take(pool: Pool, count: number, dims: readonly number[]): Promise<ort.Tensor[]> {
    const length = dims.reduce((size, dim) => size * dim, 1);
    let buffers = this.#buffers.get(pool) ?? [];
    if (buffers.length < count || buffers[0].length < length) {
      buffers = Array.from({ length: count }, () => new Float32Array(length));
      this.#buffers.set(pool, buffers);
    }
    return Promise.resolve(buffers.slice(0, count).map((buffer) => float32(buffer.subarray(0, length), dims)));
  }

  clear(tensor: ort.Tensor): Promise<void> {
    floats(tensor).fill(0);
    return Promise.resolve();
  }

  gather(table: ort.Tensor, rows: Int32Array, out: ort.Tensor): Promise<void> {
    const [data, into, width] = [floats(table), floats(out), widthOf(out)];
    rows.forEach((row, at) => into.set(data.subarray(row * width, (row + 1) * width), at * width));
    return Promise.resolve();
  }

  add(sum: ort.Tensor, rows: Int32Array, values: ort.Tensor): Promise<void> {
    const [data, from, width] = [floats(sum), floats(values), widthOf(values)];
    rows.forEach((row, at) => {
      for (let i = 0; i < width; i++) data[row * width + i] += from[at * width + i];
    });
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#buffers.clear();
    return Promise.resolve();
  }
}

function widthOf({ dims }: ort.Tensor): number {
  return dims[dims.length - 1];
}
