/**
 * AdamW and Muon on the device, one tensor at a time. Tensors are updated in place; only the scalars of a step travel to
 * the device. Used by `device-trainer.ts`.
 */

import type { AdamOptions, OptimizerOptions } from '../../../engine.ts';
import type { ort } from '../../runtime.ts';
import { floats, openDeviceSession, type Session } from '../../session.ts';
import type { DeviceMemory } from '../device-memory.ts';
import { adamwGraph, muonGraph, squaresGraph, type UpdateGraph } from './update-graphs.ts';

export interface AdamTensors {
  weights: ort.Tensor;
  gradient: ort.Tensor;
  first: ort.Tensor;
  second: ort.Tensor;
}

export interface MuonTensors {
  weights: ort.Tensor;
  gradient: ort.Tensor;
  momentum: ort.Tensor;
}

type Scalars = Record<string, ort.Tensor>;

interface Opened {
  graph: UpdateGraph;
  session: Session;
}

export class DeviceOptimizer {
  #memory: DeviceMemory;
  #opened = new Map<string, Promise<Opened>>();
  #squares: Promise<{ session: Session; total: string }> | null = null;

  constructor(memory: DeviceMemory) {
    this.#memory = memory;
  }

  /** Computes the Euclidean norm over all gradients, which are the same tensors in every call. */
  async norm(gradients: readonly ort.Tensor[]): Promise<number> {
    this.#squares ??= openSquares(gradients);
    const { session, total } = await this.#squares;
    const outputs = await session.run(Object.fromEntries(gradients.map((tensor, at) => [`x${at}`, tensor])));
    return Math.sqrt(floats(outputs[total])[0]);
  }

  /**
   * Updates tensors with AdamW, and clears their gradients.
   *
   * @param step 1-based number of this update
   * @param scale factor of the gradient (global-norm clipping)
   */
  async adamw(tensors: Iterable<AdamTensors>, options: AdamOptions, step: number, scale: number): Promise<void> {
    const { beta1, beta2, epsilon, learningRate, weightDecay } = options;
    const values = {
      scale,
      beta1,
      rest1: 1 - beta1,
      beta2,
      rest2: 1 - beta2,
      rate: learningRate / (1 - beta1 ** step),
      correction: 1 / (1 - beta2 ** step),
      epsilon,
      keep: 1 - learningRate * weightDecay,
    };
    const opened = await this.#open('adamw', adamwGraph);
    await this.#withScalars(values, async (scalars) => {
      for (const one of tensors) await update(opened, { ...one }, scalars);
    });
  }

  /** Updates matrices with Muon, and clears their gradients. */
  async muon(matrices: Iterable<MuonTensors>, options: OptimizerOptions, scale: number): Promise<void> {
    if (options.muon === undefined) return;
    const { learningRate, momentum } = options.muon;
    for (const matrix of matrices) {
      const [rows, columns] = matrix.weights.dims;
      const values = {
        scale,
        momentumRate: momentum,
        rest: 1 - momentum,
        rate: learningRate * Math.sqrt(Math.max(1, rows / columns)),
        keep: 1 - learningRate * options.weightDecay,
      };
      const opened = await this.#open(`muon ${rows}x${columns}`, () => muonGraph(rows, columns));
      await this.#withScalars(values, (scalars) => update(opened, { ...matrix }, scalars));
    }
  }

  async close(): Promise<void> {
    for (const opened of this.#opened.values()) await (await opened).session.release();
    this.#opened.clear();
    await (await this.#squares)?.session.release();
    this.#squares = null;
  }

  /** Uploads scalars once for all tensors of an update. */
  async #withScalars(values: Record<string, number>, use: (scalars: Scalars) => Promise<void>): Promise<void> {
    const scalars: Scalars = {};
    try {
      for (const [name, value] of Object.entries(values)) {
        scalars[name] = await this.#memory.upload({ shape: [1], data: Float32Array.of(value) });
      }
      await use(scalars);
    } finally {
      for (const scalar of Object.values(scalars)) scalar.dispose();
    }
  }

  #open(key: string, build: () => UpdateGraph): Promise<Opened> {
    let opened = this.#opened.get(key);
    if (opened === undefined) {
      const graph = build();
      opened = openDeviceSession(graph.model).then((session) => ({ graph, session }));
      this.#opened.set(key, opened);
    }
    return opened;
  }
}

async function update(
  { graph, session }: Opened,
  tensors: Record<string, ort.Tensor>,
  scalars: Scalars,
): Promise<void> {
  const fetches = Object.entries(graph.overwritten).map(([name, output]) => [output, tensors[name]]);
  await session.run({ ...tensors, ...scalars }, Object.fromEntries(fetches));
}

async function openSquares(gradients: readonly ort.Tensor[]): Promise<{ session: Session; total: string }> {
  const { model, total } = squaresGraph(gradients.map(({ dims }) => dims.length));
  return { session: await openDeviceSession(model), total };
}
