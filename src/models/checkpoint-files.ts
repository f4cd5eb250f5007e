/**
 * Selects the files of a repository that make up a checkpoint or an adapter. Only names; downloading is in
 * `hub/`.
 */

import { ADAPTER_CONFIG, ADAPTER_WEIGHTS, BASE_PIN } from './adapters/adapter-folder.ts';

const TEXTS = new Set([
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'chat_template.jinja',
  ADAPTER_CONFIG,
  BASE_PIN,
]);

/** Selects the files that describe a checkpoint, without its weights. */
export function checkpointTexts(paths: readonly string[]): string[] {
  return paths.filter((path) => TEXTS.has(path));
}

/**
 * Selects the files of a checkpoint: its text files, and its weights as a single file or, if that is missing,
 * as shards. For an adapter: the adapter's own files.
 */
export function checkpointFiles(paths: readonly string[]): string[] {
  if (paths.includes(ADAPTER_CONFIG))
    return [...checkpointTexts(paths), ...paths.filter((path) => path === ADAPTER_WEIGHTS)];
  const single = paths.filter((path) => path === 'model.safetensors');
  const shards = paths.filter((path) => /^model(?:-\d+-of-\d+\.safetensors|\.safetensors\.index\.json)$/.test(path));
  return [...checkpointTexts(paths), ...(single.length > 0 ? single : shards)];
}

/**
 * Selects the files of a local folder that its model is read from. Unlike `checkpointFiles`, it accepts shards of any
 * name, because an index may name any.
 */
export function modelFiles(names: readonly string[]): string[] {
  const chosen = checkpointFiles(names);
  if (names.includes(ADAPTER_CONFIG) || names.includes('model.safetensors')) return chosen;
  const shards = names.filter((name) => name.endsWith('.safetensors') && name !== 'optimizer.safetensors');
  return [...new Set([...chosen, ...shards])];
}
