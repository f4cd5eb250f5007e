/**
 * The local folder of the base model: config and tokenizer. The weights are on the service; the folder may have them
 * too.
 */

import { join } from 'node:path';
import { z } from 'zod';
import { ModelLoadError } from '../../../errors.ts';
import { readJsonIfPresent } from '../../../files/json-file.ts';
import { adapterParameters } from '../../../models/adapters/adapter.ts';
import { placeOfModel } from '../../../models/adapters/adapter-base.ts';
import { adapterShapeOf, readAdapterSettings } from '../../../models/adapters/adapter-folder.ts';
import { readModelConfig } from '../../../models/checkpoint.ts';
import { type DecoderConfig, parameterCount } from '../../../models/decoder-config.ts';
import { loadTokenizer } from '../../../models/tokenizer/tokenizer.ts';
import type { AdapterShape } from '../../../types.ts';
import type { ModelInfo } from '../../engine.ts';
import type { EndRules } from '../sampling/ends.ts';

export interface BaseFacts extends EndRules {
  folder: string;
  vocabulary: number;
  /** By the folder's config; null if it does not state it. */
  maxContext: number | null;
  architecture: string;
  /** Null for a family that this program does not know. */
  decoder: DecoderConfig | null;
}

const looseConfig = z.looseObject({
  model_type: z.string().optional().catch(undefined),
  vocab_size: z.number().int().positive().optional().catch(undefined),
  max_position_embeddings: z.number().int().positive().optional().catch(undefined),
});

/** Reads a folder. Throws ModelLoadError if its tokenizer cannot be read. */
export async function readBaseFacts(folder: string): Promise<BaseFacts> {
  const { base } = await placeOfModel(folder);
  const { eosIds, decode, size } = await loadTokenizer(folder);
  const json = (await readJsonIfPresent(join(base, 'config.json'))) ?? {};
  const decoder = await decoderOf(base);
  // A model that also sees images has its language model's settings in a table of their own.
  const config = looseConfig.parse(json.vocab_size === undefined ? (json.text_config ?? json) : json);
  return {
    folder,
    eosIds,
    decode,
    decoder,
    vocabulary: decoder?.vocabulary ?? config.vocab_size ?? size,
    maxContext: decoder?.maxPositions ?? config.max_position_embeddings ?? null,
    architecture: decoder?.architecture ?? config.model_type ?? 'unknown',
  };
}

/** Null for a family that this program cannot compute: the service can. */
async function decoderOf(base: string): Promise<DecoderConfig | null> {
  try {
    return await readModelConfig(base);
  } catch (error) {
    if (error instanceof ModelLoadError) return null;
    throw error;
  }
}

/** Describes a base, with the adapter that a policy trains or that the folder holds. */
export async function infoOf(facts: BaseFacts, maxContext: number, trained?: AdapterShape | null): Promise<ModelInfo> {
  const shape = trained === undefined ? await shapeIn(facts) : trained;
  const { decoder } = facts;
  return {
    parameters: decoder === null ? null : parameterCount(decoder),
    adapter: shape && { ...shape, parameters: decoder === null ? 0 : adapterParameters(decoder, shape) },
    vocabulary: facts.vocabulary,
    maxContext,
    architecture: facts.architecture,
  };
}

async function shapeIn({ folder, decoder }: BaseFacts): Promise<AdapterShape | null> {
  const settings = await readAdapterSettings(folder);
  return settings === null || decoder === null ? null : adapterShapeOf(folder, settings, decoder);
}
