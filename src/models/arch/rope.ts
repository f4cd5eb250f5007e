/**
 * Reads the rotary embedding settings of a `config.json` from any transformers version: `rope_theta` and
 * `rope_scaling` as top-level keys, or both in `rope_parameters`. The frequencies are computed in
 * `rotary.ts`.
 */

import { z } from 'zod';
import type { RotaryScaling } from '../rotary.ts';

const type = z.enum(['default', 'llama3']).optional();

const llama3Schema = z
  .object({
    factor: z.number().min(1),
    low_freq_factor: z.number().positive(),
    high_freq_factor: z.number().positive(),
    original_max_position_embeddings: z.number().int().positive(),
  })
  .refine((keys) => keys.high_freq_factor > keys.low_freq_factor, {
    path: ['high_freq_factor'],
    message: 'expected a value above low_freq_factor',
  });

/** Schema of either key. Other RoPE types would compute something else and are rejected. */
export const ropeSchema = z
  .looseObject({
    rope_theta: z.number().positive().optional(),
    rope_type: type,
    type,
    partial_rotary_factor: z.literal(1).optional(),
  })
  .check((context) => {
    if (typeOf(context.value) !== 'llama3') return;
    for (const issue of llama3Schema.safeParse(context.value).error?.issues ?? []) {
      context.issues.push({ code: 'custom', input: context.value, path: issue.path, message: issue.message });
    }
  })
  .nullish();

type RopeKeys = z.output<typeof ropeSchema>;

/** The config keys of the rotary embedding. */
export interface RopeOwner {
  rope_theta?: number;
  rope_parameters?: RopeKeys;
  rope_scaling?: RopeKeys;
}

function typeOf(keys: { rope_type?: string; type?: string }): string {
  return keys.rope_type ?? keys.type ?? 'default';
}

/** Returns base and scaling of parsed keys, with the same precedence as transformers. */
export function ropeOf(keys: RopeOwner, fallback: number): { ropeTheta: number; ropeScaling?: RotaryScaling } {
  const own = keys.rope_scaling ?? keys.rope_parameters ?? {};
  const ropeTheta = own.rope_theta ?? keys.rope_theta ?? keys.rope_parameters?.rope_theta ?? fallback;
  if (typeOf(own) !== 'llama3') return { ropeTheta };
  const scaling = llama3Schema.parse(own);
  return {
    ropeTheta,
    ropeScaling: {
      type: 'llama3',
      factor: scaling.factor,
      lowFrequencyFactor: scaling.low_freq_factor,
      highFrequencyFactor: scaling.high_freq_factor,
      originalMaxPositions: scaling.original_max_position_embeddings,
    },
  };
}

/** Formats `rope_scaling` so that every version of transformers can read it. Inverse of `ropeOf`. */
export function ropeScalingKey(scaling: RotaryScaling | undefined): Record<string, unknown> | null {
  if (scaling === undefined) return null;
  return {
    rope_type: scaling.type,
    factor: scaling.factor,
    low_freq_factor: scaling.lowFrequencyFactor,
    high_freq_factor: scaling.highFrequencyFactor,
    original_max_position_embeddings: scaling.originalMaxPositions,
  };
}
