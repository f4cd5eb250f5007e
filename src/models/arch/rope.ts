/**
 * Reads the rotary embedding settings of a `config.json` from any transformers version: `rope_theta` and
 * `rope_scaling` as top-level keys, both in `rope_parameters`, or in `rope_parameters` once per type of layer.
 * The frequencies are computed in `rotary.ts`.
 */

import { z } from 'zod';
import { expectationOf } from '../../text/expectation.ts';
import type { RotaryScaling } from '../rotary.ts';

const type = z.enum(['default', 'llama3']).optional();
const positions = z.number().int().positive();

const llama3Schema = z
  .object({
    factor: z.number().min(1),
    low_freq_factor: z.number().positive(),
    high_freq_factor: z.number().positive(),
    original_max_position_embeddings: positions.optional(),
  })
  .refine((keys) => keys.high_freq_factor > keys.low_freq_factor, {
    path: ['high_freq_factor'],
    message: 'a value above low_freq_factor',
  });

const flatKeys = {
  rope_theta: z.number().positive().optional(),
  rope_type: type,
  type,
  partial_rotary_factor: z.literal(1).nullish(),
};

/** The settings of one rotary embedding. Other RoPE types would compute something else and are rejected. */
const flatSchema = z.looseObject(flatKeys).check((context) => {
  for (const { path, message } of llama3Problems(context.value)) {
    context.issues.push({ code: 'custom', input: context.value, path, message });
  }
});

const LAYER = 'full_attention';

/** Schema of either key: flat, or with one entry per type of layer, of which the supported decoders have one. */
export const ropeSchema = z
  .looseObject({ ...flatKeys, [LAYER]: flatSchema.nullish() })
  .check((context) => {
    for (const { path, message } of [...llama3Problems(context.value), ...layerProblems(context.value)]) {
      context.issues.push({ code: 'custom', input: context.value, path, message });
    }
  })
  .nullish();

interface Problem {
  path: PropertyKey[];
  message: string;
}

function llama3Problems(keys: { rope_type?: string; type?: string }): Problem[] {
  if (typeOf(keys) !== 'llama3') return [];
  const issues = llama3Schema.safeParse(keys).error?.issues ?? [];
  return issues.map((issue) => ({ path: issue.path, message: expectationOf(issue) }));
}

function layerProblems(keys: Record<string, unknown>): Problem[] {
  const layers = Object.keys(keys).filter((key) => key.endsWith('_attention'));
  if (layers.length === 0 || layers.includes(LAYER)) return [];
  return [{ path: [], message: `an entry for ${LAYER}, the only type of layer that is supported` }];
}

type RopeKeys = z.output<typeof ropeSchema>;
type FlatKeys = z.output<typeof flatSchema>;

/** The config keys of the rotary embedding. */
export interface RopeOwner {
  rope_theta?: number;
  rope_parameters?: RopeKeys;
  rope_scaling?: RopeKeys;
  original_max_position_embeddings?: number | null;
}

function typeOf(keys: { rope_type?: string; type?: string }): string {
  return keys.rope_type ?? keys.type ?? 'default';
}

/** Settings next to an entry for full attention are the entry's defaults, as in transformers. */
function flat(keys: NonNullable<RopeKeys>): FlatKeys {
  const { [LAYER]: nested, ...shared } = keys;
  return { ...shared, ...nested };
}

/**
 * Returns base and scaling of parsed keys, with the same precedence as transformers: a `rope_scaling` with any
 * key replaces `rope_parameters`.
 */
export function ropeOf(
  keys: RopeOwner,
  { theta, maxPositions }: { theta: number; maxPositions: number },
): { ropeTheta: number; ropeScaling?: RotaryScaling } {
  const { rope_scaling: scalingKeys, rope_parameters: parameters } = keys;
  const given = scalingKeys && Object.keys(scalingKeys).length > 0 ? scalingKeys : parameters;
  const own = flat(given ?? {});
  const ropeTheta = own.rope_theta ?? keys.rope_theta ?? theta;
  if (typeOf(own) !== 'llama3') return { ropeTheta };
  const scaling = llama3Schema.parse(own);
  return {
    ropeTheta,
    ropeScaling: {
      type: 'llama3',
      factor: scaling.factor,
      lowFrequencyFactor: scaling.low_freq_factor,
      highFrequencyFactor: scaling.high_freq_factor,
      originalMaxPositions:
        keys.original_max_position_embeddings ?? scaling.original_max_position_embeddings ?? maxPositions,
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
