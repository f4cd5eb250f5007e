/**
 * The losses of the Tinker wire: value and slope by the log-probability of every target, side by side. A batch's loss is
 * the sum over all tokens; nothing is divided. Bounds of the ratio are absolute (0.8 and 1.2). The engine turns slopes
 * into gradients.
 */

import { WIRE_LOSSES, type WireLoss } from '../../../wire/messages.ts';
import { Refusal } from '../../shell/refusal.ts';

/** What a loss needs at one position, besides the log-probability. */
interface Position {
  /** Of cross-entropy. */
  weight: number;
  /** Log-probability under the policy that sampled. */
  old: number;
  advantage: number;
}

interface LossKind {
  /** Tensors that a datum must have, besides `target_tokens`. */
  needs: readonly ('logprobs' | 'advantages')[];
  /** Settings with their defaults. */
  config: Readonly<Record<string, number>>;
  /** Whether the slope does not depend on the log-probability. */
  constant?: boolean;
  value: (logprob: number, at: Position, config: Readonly<Record<string, number>>) => number;
  /** dvalue/dlogprob. */
  slope: (logprob: number, at: Position, config: Readonly<Record<string, number>>) => number;
}

const LOW = 'clip_low_threshold';
const HIGH = 'clip_high_threshold';

const KINDS: Record<WireLoss, LossKind> = {
  cross_entropy: {
    needs: [],
    config: {},
    constant: true,
    value: (lp, { weight }) => -weight * lp,
    slope: (_, { weight }) => -weight,
  },
  importance_sampling: {
    needs: ['logprobs', 'advantages'],
    config: {},
    value: (lp, { old, advantage }) => -Math.exp(lp - old) * advantage,
    slope: (lp, { old, advantage }) => -Math.exp(lp - old) * advantage,
  },
  ppo: {
    needs: ['logprobs', 'advantages'],
    config: { [LOW]: 0.8, [HIGH]: 1.2 },
    value: (lp, { old, advantage }, config) => {
      const ratio = Math.exp(lp - old);
      return -Math.min(ratio * advantage, clip(ratio, config) * advantage);
    },
    slope: (lp, { old, advantage }, config) => {
      const ratio = Math.exp(lp - old);
      const clipped = advantage > 0 ? ratio > config[HIGH] : ratio < config[LOW];
      return clipped ? 0 : -ratio * advantage;
    },
  },
  cispo: {
    needs: ['logprobs', 'advantages'],
    config: { [LOW]: 0, [HIGH]: 4 },
    // The clipped ratio is a constant factor: its own slope does not count.
    value: (lp, { old, advantage }, config) => -clip(Math.exp(lp - old), config) * lp * advantage,
    slope: (lp, { old, advantage }, config) => -clip(Math.exp(lp - old), config) * advantage,
  },
  dro: {
    needs: ['logprobs', 'advantages'],
    config: { beta: 0.05 },
    value: (lp, { old, advantage }, { beta }) => -(lp * advantage - (beta / 2) * (lp - old) ** 2),
    slope: (lp, { old, advantage }, { beta }) => -(advantage - beta * (lp - old)),
  },
};

function clip(ratio: number, config: Readonly<Record<string, number>>): number {
  return Math.min(Math.max(ratio, config[LOW]), config[HIGH]);
}

/** A loss with its settings. */
export interface Loss {
  name: WireLoss;
  needs: LossKind['needs'];
  constant: boolean;
  config: Readonly<Record<string, number>>;
}

/** Returns the loss of a request. Throws Refusal 400 for an unknown loss or setting. */
export function lossOf(name: string, config: Readonly<Record<string, number | string>> = {}): Loss {
  const known = WIRE_LOSSES.find((one) => one === name);
  if (known === undefined) {
    throw new Refusal(400, `The loss ${quoted(name)} is not one of ${WIRE_LOSSES.join(', ')}.`);
  }
  const kind = KINDS[known];
  const settings: Record<string, number> = { ...kind.config };
  for (const [key, value] of Object.entries(config)) {
    if (!Object.hasOwn(kind.config, key)) {
      const allowed = Object.keys(kind.config).join(', ') || 'none';
      throw new Refusal(400, `${known} has no setting ${quoted(key)}; it has: ${allowed}.`);
    }
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
      throw new Refusal(400, `${known}: ${key} must be a number of at least 0.`);
    }
    settings[key] = value;
  }
  if (LOW in settings && settings[LOW] > settings[HIGH]) {
    throw new Refusal(400, `${known}: ${LOW} is above ${HIGH}.`);
  }
  return { name: known, needs: kind.needs, constant: kind.constant ?? false, config: settings };
}

/** The tensors of one datum, each of length N; absent ones have no influence. */
export interface LossInputs {
  weights?: Float32Array;
  logprobs?: Float32Array;
  advantages?: Float32Array;
}

/** Returns the loss of one datum, the sum over its positions with mask 1. */
export function lossValue(loss: Loss, logprobs: Float32Array, mask: Uint8Array, inputs: LossInputs): number {
  const { value } = KINDS[loss.name];
  let sum = 0;
  eachPosition(loss, mask, inputs, (at, position, factor) => {
    sum += factor * value(logprobs[at], position, loss.config);
  });
  return sum;
}

/** Returns dL/dlogprob of one datum, of length N, 0 where mask is 0. */
export function lossSlope(loss: Loss, logprobs: Float32Array, mask: Uint8Array, inputs: LossInputs): Float32Array {
  const { slope } = KINDS[loss.name];
  const out = new Float32Array(mask.length);
  eachPosition(loss, mask, inputs, (at, position, factor) => {
    out[at] = factor * slope(logprobs[at], position, loss.config);
  });
  return out;
}

/** `weights` are the weights of cross-entropy, and factors of every other loss. */
function eachPosition(
  { name }: Loss,
  mask: Uint8Array,
  { weights, logprobs, advantages }: LossInputs,
  visit: (at: number, position: Position, factor: number) => void,
): void {
  const position: Position = { weight: 1, old: 0, advantage: 0 };
  for (let at = 0; at < mask.length; at++) {
    const weight = weights?.[at] ?? 1;
    // A factor of 0 switches a position off, whatever the ratio is there.
    if (mask[at] === 0 || weight === 0) continue;
    position.weight = weight;
    position.old = logprobs?.[at] ?? 0;
    position.advantage = advantages?.[at] ?? 0;
    if (name !== 'cross_entropy' && position.advantage === 0 && name !== 'dro') continue;
    visit(at, position, name === 'cross_entropy' ? 1 : weight);
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
