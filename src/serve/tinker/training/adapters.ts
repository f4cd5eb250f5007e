/** The wire's settings of adapters, and those of the engine. */

import { describeAdapter, sameShape } from '../../../models/adapters/adapter.ts';
import { ADAPTER_TARGETS, type AdapterShape, type AdapterTarget } from '../../../types.ts';
import type { LoraConfig } from '../../../wire/messages.ts';
import { Refusal } from '../../shell/refusal.ts';
import type { Checkpoint } from '../checkpoints/store.ts';
import { RequestFailure } from '../failure.ts';

/** The alpha of a client that sends none. */
export const DEFAULT_ALPHA = 32;

const ATTENTION: ReadonlySet<AdapterTarget> = new Set(['q_proj', 'k_proj', 'v_proj', 'o_proj']);

/**
 * Returns the adapter that a client asks for; null for rank 0, which trains all parameters. The output layer is never
 * adapted, whatever `train_unembed` says: the SDK sends true by default, and `get_info` says what is trained.
 * Throws Refusal 400.
 */
export function adapterOf(config: LoraConfig, maxRank: number): AdapterShape | null {
  const { rank, train_attn = true, train_mlp = true, lora_alpha: alpha = DEFAULT_ALPHA, lora_dropout = 0 } = config;
  if (!Number.isInteger(rank) || rank < 0 || rank > maxRank) {
    throw new Refusal(400, `lora_config.rank must be a whole number from 0 (all parameters) to ${maxRank}.`);
  }
  if (rank === 0) return null;
  if (!Number.isFinite(alpha) || alpha <= 0) throw new Refusal(400, 'lora_config.lora_alpha must be above 0.');
  if (lora_dropout !== 0) throw new Refusal(400, 'lora_config.lora_dropout must be 0: this server has no dropout.');
  const targets = ADAPTER_TARGETS.filter((target) => (ATTENTION.has(target) ? train_attn : train_mlp));
  if (targets.length === 0) {
    throw new Refusal(
      400,
      'lora_config trains nothing: this server can adapt attention (train_attn) and MLP (train_mlp).',
    );
  }
  return { rank, alpha, targets };
}

/** Returns the adapter of a checkpoint; null if it has all parameters. */
export function savedAdapter({ run }: Pick<Checkpoint, 'run'>): AdapterShape | null {
  if (run.adapter === null) return null;
  const { rank, alpha, targets } = run.adapter;
  return { rank, alpha, targets: ADAPTER_TARGETS.filter((target) => targets.includes(target)) };
}

/**
 * Throws RequestFailure if a checkpoint does not fit a model that was created for it. A model whose client did not choose
 * alpha takes that of the checkpoint.
 */
export function requireSameAdapter(saved: AdapterShape | null, asked: AdapterShape | null, ownAlpha: boolean): void {
  if (saved === null && asked === null) return;
  if (saved !== null && asked !== null && sameShape(saved, ownAlpha ? asked : { ...asked, alpha: saved.alpha })) return;
  throw new RequestFailure(
    `The checkpoint has ${described(saved)}, but the model was created with ${described(asked)}.`,
  );
}

function described(adapter: AdapterShape | null): string {
  return adapter === null ? 'all parameters' : `a LoRA adapter of ${describeAdapter(adapter)}`;
}

/** Returns the fields by which answers describe an adapter. */
export function loraFields(adapter: AdapterShape | null): Record<string, unknown> {
  return { is_lora: adapter !== null, lora_rank: adapter?.rank ?? null, ...trainFields(adapter) };
}

function trainFields(adapter: AdapterShape | null): Record<string, boolean> {
  if (adapter === null) return { train_unembed: true, train_mlp: true, train_attn: true };
  return {
    train_unembed: false,
    train_mlp: adapter.targets.some((target) => !ATTENTION.has(target)),
    train_attn: adapter.targets.some((target) => ATTENTION.has(target)),
  };
}
