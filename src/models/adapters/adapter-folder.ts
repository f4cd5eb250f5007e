/**
 * Reads and writes an adapter in PEFT's layout: `adapter_config.json` and `adapter_model.safetensors`. A
 * setting that would compute something other than `adapter.ts` is rejected, never ignored. The folder of its
 * base is found in `adapter-base.ts`.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ModelLoadError } from '../../errors.ts';
import { type Adapter, adapterTensors } from './adapter.ts';
import { ADAPTER_TARGETS, type AdapterShape, type AdapterTarget } from '../../types.ts';
import { decoderTensors, type DecoderConfig, type Tensor, type Weights } from '../decoder-config.ts';
import type { FloatDtype } from '../weights/half.ts';
import { readJsonIfPresent } from '../../files/json-file.ts';
import { readSafetensors, readSafetensorsHeader, writeSafetensors } from '../weights/safetensors.ts';
import { checkFinite } from '../weights/weight-files.ts';

export const ADAPTER_CONFIG = 'adapter_config.json';
export const ADAPTER_WEIGHTS = 'adapter_model.safetensors';
/** Fingerprint of the base that the adapter was trained on, next to PEFT's two files (`base-pin.ts`). */
export const BASE_PIN = 'base_fingerprint.json';
/** Prefix that PEFT adds to the base's tensor names. */
export const ADAPTER_PREFIX = 'base_model.model.';

const off = z.literal(false).nullish();
const empty = z.union([z.null(), z.array(z.unknown()).length(0), z.record(z.string(), z.never())]).optional();

/** Keys of PEFT's `LoraConfig` that change the maths, with the only values supported here. */
const configSchema = z.looseObject({
  peft_type: z.literal('LORA'),
  task_type: z.literal('CAUSAL_LM').nullish(),
  base_model_name_or_path: z.string().min(1),
  revision: z.string().nullish(),
  r: z.number().int().positive().max(65_536),
  lora_alpha: z.number().positive(),
  target_modules: z.union([z.literal('all-linear'), z.array(z.string().max(200)).min(1).max(100_000)]),
  bias: z.literal('none').nullish(),
  fan_in_fan_out: off,
  use_dora: off,
  use_rslora: off,
  use_qalora: off,
  lora_bias: off,
  modules_to_save: empty,
  rank_pattern: empty,
  alpha_pattern: empty,
  layers_to_transform: empty,
  layer_replication: empty,
  exclude_modules: empty,
  target_parameters: empty,
  trainable_token_indices: empty,
  alora_invocation_tokens: empty,
  use_bdlora: z.null().optional(),
  velora_config: z.null().optional(),
  monteclora_config: z.null().optional(),
  arrow_config: z.null().optional(),
  kasa_config: z.null().optional(),
  // Other initialisations (PiSSA, LoftQ, …) also change the base, so the adapter alone would not be the
  // model.
  init_lora_weights: z.union([z.boolean(), z.enum(['gaussian', 'eva', 'orthogonal'])]).nullish(),
});

/** The contents of an `adapter_config.json`. */
export interface AdapterSettings {
  /** As written: a folder, or a model name on the hub. */
  base: string;
  revision: string | null;
  rank: number;
  alpha: number;
  targetModules: 'all-linear' | string[];
}

/**
 * Reads the adapter settings of a folder; null if it has none. Throws ModelLoadError with the first
 * unsupported key.
 */
export async function readAdapterSettings(folder: string): Promise<AdapterSettings | null> {
  const file = join(folder, ADAPTER_CONFIG);
  const json = await readJsonIfPresent(file);
  if (json === null) return null;
  const parsed = configSchema.safeParse(json);
  if (!parsed.success) {
    const key = String(parsed.error.issues[0].path[0] ?? '');
    throw new ModelLoadError(
      `${file}: ${key} is ${(JSON.stringify(json[key]) ?? 'missing').slice(0, 120)}: expected ${EXPECTED[key] ?? 'none'}.`,
      'Only plain LoRA adapters are supported: merge this one into its base with PEFT (`merge_and_unload`), and pass the folder of the merged model.',
      { cause: parsed.error },
    );
  }
  const { base_model_name_or_path: base, revision, r: rank, lora_alpha: alpha, target_modules } = parsed.data;
  return { base, revision: revision ?? null, rank, alpha, targetModules: target_modules };
}

const EXPECTED: Record<string, string> = {
  peft_type: '"LORA"',
  task_type: '"CAUSAL_LM"',
  base_model_name_or_path: 'the folder or the name of the base model',
  r: 'an integer of at least 1',
  lora_alpha: 'a number above 0',
  target_modules: `a list of modules: ${ADAPTER_TARGETS.join(', ')}`,
  bias: '"none"',
  init_lora_weights: 'one that does not change the base: true, "gaussian", "orthogonal" or "eva"',
  ...Object.fromEntries(
    ['fan_in_fan_out', 'use_dora', 'use_rslora', 'use_qalora', 'lora_bias'].map((key) => [key, 'false']),
  ),
};

/**
 * Reads the adapter in a folder, for a base with this config. Throws ModelLoadError with file, tensor and
 * expected value.
 */
export async function readAdapter(folder: string, settings: AdapterSettings, config: DecoderConfig): Promise<Adapter> {
  const file = join(folder, ADAPTER_WEIGHTS);
  const shape = adapterShapeOf(folder, settings, config);
  const expected = adapterTensors(config, shape);
  const { entries } = await readSafetensorsHeader(file);
  const stored = new Map(entries.map((entry) => [entry.name, entry.shape]));
  for (const tensor of expected) {
    const found = stored.get(ADAPTER_PREFIX + tensor.name);
    if (found?.join() === tensor.shape.join()) continue;
    throw new ModelLoadError(
      `${file}: tensor ${ADAPTER_PREFIX}${tensor.name} ${found === undefined ? 'is missing' : `has shape [${found.join(', ')}]`}; expected [${tensor.shape.join(', ')}], by r ${settings.rank} of ${ADAPTER_CONFIG} and the base ${settings.base}.`,
      `Check that ${ADAPTER_CONFIG} belongs to these weights, and that the base is the one they were trained on.`,
    );
  }
  const known = new Set(expected.map(({ name }) => ADAPTER_PREFIX + name));
  const extra = entries.find(({ name }) => !known.has(name));
  if (extra !== undefined) {
    throw new ModelLoadError(
      `${file}: tensor ${extra.name.slice(0, 200)} is not a LoRA factor of ${shape.targets.join(', ')}.`,
      'Only plain LoRA adapters are supported: merge this one into its base with PEFT (`merge_and_unload`), and pass the folder of the merged model.',
    );
  }
  const { tensors } = await readSafetensors(file);
  for (const [name, tensor] of tensors) checkFinite(name, tensor, file);
  return {
    shape,
    weights: pick(
      tensors,
      expected.map(({ name }) => name),
      ADAPTER_PREFIX,
    ),
  };
}

/**
 * Converts settings to rank, alpha and target matrices of a decoder. Throws ModelLoadError for a module that
 * the decoder does not have, or has in some layers only.
 */
export function adapterShapeOf(folder: string, settings: AdapterSettings, config: DecoderConfig): AdapterShape {
  const { rank, alpha, targetModules } = settings;
  if (targetModules === 'all-linear') return { rank, alpha, targets: ADAPTER_TARGETS };
  const file = join(folder, ADAPTER_CONFIG);
  const modules = decoderTensors(config)
    .map(({ name }) => name.replace(/\.weight$/, ''))
    .filter((module) => ADAPTER_TARGETS.some((target) => module.endsWith(`.${target}`)));
  const chosen = new Set<string>();
  // Matches as in PEFT: a module's full name, or a suffix of it.
  for (const target of targetModules) {
    const matching = modules.filter((module) => module === target || module.endsWith(`.${target}`));
    for (const module of matching) chosen.add(module);
    if (matching.length > 0) continue;
    throw new ModelLoadError(
      `${file}: target module ${JSON.stringify(target).slice(0, 120)} cannot be adapted in this decoder; expected some of ${ADAPTER_TARGETS.join(', ')}.`,
      'Only adapters on the linear layers of attention and MLP are supported: merge this one into its base with PEFT first.',
    );
  }
  const targets = ADAPTER_TARGETS.filter((target) => [...chosen].some((module) => module.endsWith(`.${target}`)));
  const partial = targets.find((target: AdapterTarget) =>
    modules.some((module) => module.endsWith(`.${target}`) && !chosen.has(module)),
  );
  if (partial === undefined) return { rank, alpha, targets };
  throw new ModelLoadError(
    `${file}: target_modules adapt ${partial} in some layers only; expected all layers or none.`,
    'Merge this adapter into its base with PEFT (`merge_and_unload`), and pass the folder of the merged model.',
  );
}

/**
 * Writes an adapter's two files into an existing folder. PEFT loads them on top of `base`, a folder or a
 * model name on the hub.
 */
export async function writeAdapterFiles(
  folder: string,
  { shape, weights }: Adapter,
  { base, dtype = 'float32' }: { base: string; dtype?: FloatDtype },
): Promise<void> {
  const config = {
    base_model_name_or_path: base,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: shape.alpha,
    lora_dropout: 0,
    modules_to_save: null,
    peft_type: 'LORA',
    r: shape.rank,
    revision: null,
    target_modules: shape.targets,
    task_type: 'CAUSAL_LM',
    use_dora: false,
    use_rslora: false,
  };
  const file = join(folder, ADAPTER_WEIGHTS);
  for (const [name, tensor] of weights) checkFinite(name, tensor, file);
  await writeFile(join(folder, ADAPTER_CONFIG), `${JSON.stringify(config, null, 2)}\n`);
  const named = Array.from(weights, ([name, tensor]): [string, Tensor] => [ADAPTER_PREFIX + name, tensor]);
  await writeSafetensors(file, named, { dtype, metadata: { format: 'pt' } });
}

function pick(tensors: Weights, names: readonly string[], prefix: string): Weights {
  return new Map(
    names.flatMap((name): [string, Tensor][] => {
      const tensor = tensors.get(prefix + name);
      return tensor === undefined ? [] : [[name, tensor]];
    }),
  );
}
