/** Rows of layered training in buffers of the device. */

import { addedRows } from '../../graph/lowering.ts';
import { OnnxGraph, type Value } from '../../onnx/graph.ts';
import type { ort } from '../../runtime.ts';
import { int32, openDeviceSession, type Session } from '../../session.ts';
import type { Pool, RowMemory } from '../../training/row-memory.ts';
import type { DeviceMemory } from '../device-memory.ts';

interface Opened {
  session: Session;
  output: Value;
}

export class DeviceRows implements RowMemory {
  #memory: DeviceMemory;
  #pools = new Map<Pool, ort.Tensor[]>();
  #gather: Promise<Opened> | null = null;
  #add: Promise<Opened> | null = null;
  #addRepeated: Promise<Opened> | null = null;

  constructor(memory: DeviceMemory) {
    this.#memory = memory;
  }

  async take(pool: Pool, count: number, dims: readonly number[]): Promise<ort.Tensor[]> {
    const known = this.#pools.get(pool) ?? [];
    if (known.length >= count && String(known[0].dims) === String(dims)) return known.slice(0, count);
    this.#free(pool);
    const made: ort.Tensor[] = [];
    this.#pools.set(pool, made);
    while (made.length < count) made.push(await this.#memory.zeros(dims));
    return made;
  }

  clear(tensor: ort.Tensor): Promise<void> {
    return this.#memory.clear(tensor);
  }

  async gather(table: ort.Tensor, rows: Int32Array, out: ort.Tensor): Promise<void> {
    this.#gather ??= opened(gatherGraph());
    const { session, output } = await this.#gather;
    await session.run({ table, rows: int32(rows, [rows.length]) }, { [output]: out });
  }

  async add(sum: ort.Tensor, rows: Int32Array, values: ort.Tensor): Promise<void> {
    const distinct = Int32Array.from(new Set(rows));
    const feeds = { sum, values, rows: int32(rows, [rows.length]) };
    if (distinct.length === rows.length) {
      this.#add ??= opened(addGraph(false));
      const { session, output } = await this.#add;
      await session.run(feeds, { [output]: sum });
      return;
    }
    this.#addRepeated ??= opened(addGraph(true));
    const { session, output } = await this.#addRepeated;
    await session.run({ ...feeds, distinct: int32(distinct, [distinct.length]) }, { [output]: sum });
  }

  async close(): Promise<void> {
    for (const pool of this.#pools.keys()) this.#free(pool);
    for (const one of [this.#gather, this.#add, this.#addRepeated]) await (await one)?.session.release();
    this.#gather = null;
    this.#add = null;
    this.#addRepeated = null;
  }

  #free(pool: Pool): void {
    for (const tensor of this.#pools.get(pool) ?? []) tensor.dispose();
    this.#pools.delete(pool);
  }
}

interface RowGraph {
  model: Uint8Array;
  output: Value;
}

function gatherGraph(): RowGraph {
  const graph = new OnnxGraph('webgpu');
  const table = graph.input('table', 'float', ['R', 'W']);
  const rows = graph.input('rows', 'int32', ['N']);
  const output = graph.output(graph.node('Gather', [table, rows], { attributes: { axis: 0 } }), 'float');
  return { model: graph.finish(), output };
}

function addGraph(repeated: boolean): RowGraph {
  const graph = new OnnxGraph('webgpu');
  const sum = graph.input('sum', 'float', ['R', 'W']);
  const values = graph.input('values', 'float', ['N', 'W']);
  const rows = graph.input('rows', 'int32', ['N']);
  const distinct = repeated ? graph.input('distinct', 'int32', ['U']) : null;
  const output = graph.output(addedRows(graph, sum, rows, values, distinct), 'float');
  return { model: graph.finish(), output };
}

async function opened({ model, output }: RowGraph): Promise<Opened> {
  return { session: await openDeviceSession(model), output };
}
