/**
 * Random weights for training a decoder from scratch (and for tests). Loading existing weights is
 * `checkpoint.ts`.
 */

import { deriveSeed, Random } from '../random.ts';
import { decoderTensors, type DecoderConfig, type Tensor, type Weights } from './decoder-config.ts';

/**
 * Initialises weights from a normal distribution: matrices with standard deviation `scale` (0.02 as in
 * GPT-2). Those that write into the residual stream (`o_proj`, `down_proj`) are divided by sqrt(2 * layers),
 * so that its variance does not grow with depth. Norms are one, biases zero. Each tensor has its own random
 * stream, from (seed, name).
 */
export function randomWeights(config: DecoderConfig, seed: number, scale = 0.02): Weights {
  const residualScale = scale / Math.sqrt(2 * config.layers);
  const weights: Weights = new Map();
  for (const { name, shape } of decoderTensors(config)) {
    const intoResidual = name.endsWith('o_proj.weight') || name.endsWith('down_proj.weight');
    weights.set(
      name,
      shape.length === 1
        ? constant(shape, name.endsWith('.bias') ? 0 : 1)
        : normal(shape, deriveSeed(seed, name), intoResidual ? residualScale : scale),
    );
  }
  return weights;
}

function constant(shape: number[], value: number): Tensor {
  return { shape, data: new Float32Array(shape[0]).fill(value) };
}

function normal(shape: number[], seed: number, deviation: number): Tensor {
  const random = new Random(seed);
  const data = new Float32Array(shape.reduce((product, length) => product * length, 1));
  for (let i = 0; i < data.length; i++) data[i] = random.normal() * deviation;
  return { shape, data };
}
