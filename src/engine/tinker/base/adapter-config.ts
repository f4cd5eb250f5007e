/** Adapters as the wire describes them: by rank and by parts of the model. */

import { EngineError } from '../../../errors.ts';
import type { LoraConfig } from '../../../wire/messages.ts';
import { ADAPTER_TARGETS, type AdapterShape, type AdapterTarget } from '../../../types.ts';
import type { Adaptation } from '../../engine.ts';

const ATTENTION: readonly AdapterTarget[] = ['q_proj', 'k_proj', 'v_proj', 'o_proj'];
const MLP: readonly AdapterTarget[] = ['gate_proj', 'up_proj', 'down_proj'];

/** The alpha of services that do not read `lora_alpha`. */
export const WIRE_ALPHA = 32;

/**
 * Returns the wire's description of what a policy trains; rank 0 is all parameters. Throws EngineError `user` for matrices
 * that the wire cannot name.
 */
export function loraConfig(adapter: AdapterShape | null, seed: number, trainUnembed: boolean): LoraConfig {
  if (adapter === null) return { rank: 0, seed };
  const has = (part: readonly AdapterTarget[]): boolean => part.every((target) => adapter.targets.includes(target));
  const [attention, mlp] = [has(ATTENTION), has(MLP)];
  const named = [...(attention ? ATTENTION : []), ...(mlp ? MLP : [])];
  if (named.length !== adapter.targets.length) {
    const parts = [ATTENTION, MLP, ADAPTER_TARGETS].map((part) => part.join(', ')).join('; ');
    throw new EngineError(
      'user',
      `A service trains adapters of whole parts of the model, not of ${adapter.targets.join(', ')}.`,
      `Set adapt.targets to one of: ${parts}.`,
    );
  }
  return {
    rank: adapter.rank,
    seed,
    train_attn: attention,
    train_mlp: mlp,
    train_unembed: trainUnembed,
    lora_alpha: adapter.alpha,
    lora_dropout: 0,
  };
}

/** Returns the shape of an adaptation; null for all parameters. */
export function shapeOf(adapt: Adaptation | undefined): AdapterShape | null {
  if (adapt?.kind !== 'lora') return null;
  const { rank, alpha, targets } = adapt;
  return { rank, alpha, targets };
}
