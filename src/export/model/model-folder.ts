/**
 * Writes a model or an adapter as a folder of the Hugging Face hub: weights, tokenizer, generation config, the card and
 * the run's config. The whole folder appears at once.
 */

import { copyFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'smol-toml';
import type { RunConfig } from '../../config/schema.ts';
import { writeFolderAtomically } from '../../files/atomic-folder.ts';
import type { Adapter } from '../../models/adapters/adapter.ts';
import { adapterIn, loadCheckpoint, writeAdapter, writeCheckpointFiles } from '../../models/checkpoint.ts';
import { parameterCount } from '../../models/decoder-config.ts';
import { writeDomainRecord } from '../../models/domain-record.ts';
import type { FloatDtype } from '../../models/weights/half.ts';
import { CONFIG_FILE, modelCard } from './card.ts';
import type { ModelFacts } from './facts.ts';
import { publicConfig } from './public-config.ts';

/** What is not in the weights. */
export interface ModelTexts {
  /** The facts of the card that do not depend on the weights. */
  facts: Omit<ModelFacts, 'kind' | 'dtype' | 'parameters'>;
  /** Config of the run; null without one. */
  config: RunConfig | null;
  /** Domain that the prompts belong to; null if unknown. */
  domain: string | null;
}

export interface ModelTarget {
  /** Folder to write. */
  folder: string;
  dtype: FloatDtype;
  /** Larger weights are split. Default 5 GB. */
  shardBytes?: number;
}

/**
 * Writes the merged model in `source`. Returns its number of parameters.
 * @throws ModelLoadError, StoreError
 */
export async function exportModel(
  source: string,
  { folder, dtype, shardBytes }: ModelTarget,
  texts: ModelTexts,
): Promise<number> {
  const checkpoint = await loadCheckpoint(source);
  const parameters = parameterCount(checkpoint.config);
  await writeFolderAtomically(folder, async (temp) => {
    await writeCheckpointFiles(temp, { ...checkpoint, sourceFolder: source, dtype, shardBytes });
    await writeTexts(temp, source, texts, { kind: 'model', dtype, parameters });
  });
  return parameters;
}

/**
 * Writes the adapter in `source` in PEFT's layout. Returns it, and its number of parameters.
 * @throws ModelLoadError if there is no adapter; StoreError
 */
export async function exportAdapter(
  source: string,
  { folder, dtype }: ModelTarget,
  texts: ModelTexts,
): Promise<{ adapter: Adapter; parameters: number }> {
  const adapter = await adapterIn(source);
  const parameters = [...adapter.weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  await writeFolderAtomically(folder, async (temp) => {
    await writeAdapter(temp, source, adapter, dtype);
    await writeTexts(temp, source, texts, { kind: 'adapter', dtype, parameters });
  });
  return { adapter, parameters };
}

async function writeTexts(
  folder: string,
  source: string,
  { facts, config, domain }: ModelTexts,
  weights: Pick<ModelFacts, 'kind' | 'dtype' | 'parameters'>,
): Promise<void> {
  if (domain !== null) writeDomainRecord(folder, domain);
  // A model that no run trained keeps its own card, which knows more about it.
  const own = join(source, 'README.md');
  if (facts.run === null && existsSync(own)) return copyFile(own, join(folder, 'README.md'));
  await writeFile(join(folder, 'README.md'), modelCard({ ...facts, ...weights }));
  if (config !== null)
    await writeFile(join(folder, CONFIG_FILE), `${stringify(publicConfig({ ...config })).trimEnd()}\n`);
}
