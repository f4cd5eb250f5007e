/**
 * Low-rank adapters (LoRA, Hu et al. 2021): a target matrix W `[out, in]` of every layer computes `x Wᵀ +
 * (alpha / rank) · (x Aᵀ) Bᵀ` with A `[rank, in]` and B `[out, rank]`. Contains shapes, tensor names,
 * initialisation and merging. Files: `adapter-folder.ts`; graph: `engine/local/decoder.ts`.
 */

import { deriveSeed, Random } from '../../random.ts';
import { ADAPTER_TARGETS, type AdapterShape, type AdapterTarget } from '../../types.ts';
import { decoderTensors, type DecoderConfig, type Tensor, type Weights } from '../decoder-config.ts';

/** An adapter's values: `MODULE.lora_A.weight` and `MODULE.lora_B.weight` for the base's `MODULE.weight`. */
export interface Adapter {
  shape: AdapterShape;
  /** In the order of `adapterTensors`. */
  weights: Weights;
}

/**
 * Lists the adapted matrices of a decoder (`model.layers.0.self_attn.q_proj`, …) with their shape `[out,
 * in]`.
 */
export function adaptedModules(
  config: DecoderConfig,
  targets: readonly AdapterTarget[],
): { module: string; rows: number; columns: number }[] {
  return decoderTensors(config).flatMap(({ name, shape: [rows, columns] }) => {
    const module = name.replace(/\.weight$/, '');
    return targets.some((target) => name.endsWith(`.${target}.weight`)) ? [{ module, rows, columns }] : [];
  });
}

/** Lists names and shapes of an adapter's tensors, in storage order. */
export function adapterTensors(config: DecoderConfig, shape: AdapterShape): { name: string; shape: number[] }[] {
  return adaptedModules(config, shape.targets).flatMap(({ module, rows, columns }) => [
    { name: factorName(module, 'A'), shape: [shape.rank, columns] },
    { name: factorName(module, 'B'), shape: [rows, shape.rank] },
  ]);
}

/** Lists all inputs of a model's graph: the base's tensors, followed by the adapter's. */
export function modelTensors(config: DecoderConfig, adapter: AdapterShape | null): { name: string; shape: number[] }[] {
  return [...decoderTensors(config), ...(adapter === null ? [] : adapterTensors(config, adapter))];
}

/** Lists the trained tensors: the adapter's, or the base's without an adapter. */
export function trainableTensors(
  config: DecoderConfig,
  adapter: AdapterShape | null,
): { name: string; shape: number[] }[] {
  return adapter === null ? decoderTensors(config) : adapterTensors(config, adapter);
}

/** `MODULE.lora_A.weight`. */
export function factorName(module: string, factor: 'A' | 'B'): string {
  return `${module}.lora_${factor}.weight`;
}

/**
 * Creates an adapter that does not change the model yet: B is zero, A is uniform within ±1/√in. This is
 * PEFT's initialisation (Kaiming uniform with a = √5). Each tensor has its own random stream, from (seed,
 * name).
 */
export function newAdapter(config: DecoderConfig, shape: AdapterShape, seed: number): Adapter {
  const weights: Weights = new Map(
    adapterTensors(config, shape).map(({ name, shape: dims }): [string, Tensor] => {
      const [rows, columns] = dims;
      const data = new Float32Array(rows * columns);
      return [
        name,
        {
          shape: dims,
          data: name.endsWith(factorName('', 'A')) ? uniform(data, columns, deriveSeed(seed, name)) : data,
        },
      ];
    }),
  );
  return { shape, weights };
}

function uniform(data: Float32Array, columns: number, seed: number): Float32Array {
  const random = new Random(seed);
  const bound = 1 / Math.sqrt(columns);
  for (let i = 0; i < data.length; i++) data[i] = (2 * random.next() - 1) * bound;
  return data;
}

/** Adds an adapter to the base's matrices in place: `W += (alpha / rank) · B A`. */
export function mergeAdapter(config: DecoderConfig, weights: Weights, { shape, weights: factors }: Adapter): void {
  const scale = shape.alpha / shape.rank;
  for (const { module, rows, columns } of adaptedModules(config, shape.targets)) {
    const matrix = dataOf(weights, `${module}.weight`);
    const a = dataOf(factors, factorName(module, 'A'));
    const b = dataOf(factors, factorName(module, 'B'));
    const row = new Float64Array(columns);
    for (let i = 0; i < rows; i++) {
      row.fill(0);
      for (let r = 0; r < shape.rank; r++) {
        const factor = b[i * shape.rank + r];
        for (let j = 0; j < columns; j++) row[j] += factor * a[r * columns + j];
      }
      for (let j = 0; j < columns; j++) matrix[i * columns + j] += scale * row[j];
    }
  }
}

function dataOf(weights: Weights, name: string): Float32Array {
  const tensor = weights.get(name);
  if (tensor === undefined) throw new Error(`tensor ${name} does not exist`);
  return tensor.data;
}

/** Returns whether two adapters have the same tensors and the same alpha. */
export function sameShape(a: AdapterShape, b: AdapterShape): boolean {
  return a.rank === b.rank && a.alpha === b.alpha && a.targets.join() === b.targets.join();
}

/** Describes an adapter: `rank 16, alpha 32, on q_proj, v_proj`. */
export function describeAdapter({ rank, alpha, targets }: AdapterShape): string {
  const all = targets.length === ADAPTER_TARGETS.length;
  return `rank ${rank}, alpha ${alpha}, on ${all ? 'all seven matrices of a layer' : targets.join(', ')}`;
}

/** Counts the trainable parameters of an adapter. */
export function adapterParameters(config: DecoderConfig, shape: AdapterShape): number {
  return adapterTensors(config, shape).reduce((sum, { shape: [rows, columns] }) => sum + rows * columns, 0);
}
