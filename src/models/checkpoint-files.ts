/** Which files of a repository make up a checkpoint, or an adapter over one. */

import { ADAPTER_CONFIG, ADAPTER_WEIGHTS } from './adapters/adapter-folder.ts';

const TEXTS = new Set([
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'chat_template.jinja',
  ADAPTER_CONFIG,
]);

/** The files of a repository that describe a checkpoint, without its weights. */
export function checkpointTexts(paths: readonly string[]): string[] {
  return paths.filter((path) => TEXTS.has(path));
}

/**
 * The files of a checkpoint: its texts, and its weights in one file or, where there is none, in shards; of an adapter,
 * its own.
 */
export function checkpointFiles(paths: readonly string[]): string[] {
  if (paths.includes(ADAPTER_CONFIG))
    return [...checkpointTexts(paths), ...paths.filter((path) => path === ADAPTER_WEIGHTS)];
  const single = paths.filter((path) => path === 'model.safetensors');
  const shards = paths.filter((path) => /^model(?:-\d+-of-\d+\.safetensors|\.safetensors\.index\.json)$/.test(path));
  return [...checkpointTexts(paths), ...(single.length > 0 ? single : shards)];
}
