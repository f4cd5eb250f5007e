/**
 * Checks the base model: its files must be complete, and agree with each other, with the prompts of both roles and with
 * the settings.
 */

import type { RunConfig } from '../../config/schema.ts';
import type { Domain } from '../../domains/domain.ts';
import { openDomain } from '../../domains/open-domain.ts';
import { engineKind } from '../../engine/open-engine.ts';
import { messageOf } from '../../errors.ts';
import { modelFacts } from '../../loop/run/model-facts.ts';
import { longestPrompt } from '../../loop/run/check-sizes.ts';
import { workloadOf } from '../../loop/run/workload.ts';
import { describeAdapter } from '../../models/adapters/adapter.ts';
import { placeOfModel } from '../../models/adapters/adapter-base.ts';
import { adapterShapeOf } from '../../models/adapters/adapter-folder.ts';
import { folderNamedByRun, modelOfRun, namedRun } from '../../generate/run-model.ts';
import { loadCheckpoint } from '../../models/checkpoint.ts';
import { findModel } from '../../models/hub/find-model.ts';
import { adapterOf } from '../../loop/training/adapt.ts';
import { downloadedModel, isOnHub } from '../../models/hub/obtain-model.ts';
import { parameterCount } from '../../models/decoder-config.ts';
import { type LoadedText, loadText } from '../../models/tokenizer/tokenizer.ts';
import { bytes, clean, compact } from '../render/format.ts';
import { type ConfigFlags, configOf } from '../settings.ts';
import type { Check } from './check.ts';

/** Settings that decide what is checked; `runsDir` is for a model that is named by its run. */
export type ModelFlags = Pick<ConfigFlags, 'domain' | 'scale' | 'set' | 'config' | 'lora' | 'runsDir'>;

/** Returns the check of the model's files, followed by those of the facts that depend on the settings. */
export async function checkModel(model: string, flags: ModelFlags = {}): Promise<Check[]> {
  try {
    const folder = await folderHere(model, flags.runsDir);
    if (folder === null) return [notDownloaded(model)];
    const { config: decoder } = await loadCheckpoint(folder);
    const config = await settingsFor(model, folder, flags);
    const text = await loadText(folder, config);
    const { domain } = await openDomain(config.domain);
    const { base, adapter, basePin } = await placeOfModel(folder);
    const shape = adapter && adapterShapeOf(folder, adapter, decoder);
    const unchecked = basePin === null ? ' (not checked: the adapter records no fingerprint of its base)' : '';
    const over = shape === null ? '' : `LoRA adapter of ${describeAdapter(shape)}, over ${base}${unchecked}: `;
    const found = `${folder}: ${over}${decoder.architecture}, ${compact(parameterCount(decoder))} parameters, ${text.tokenizer.size} tokens`;
    const room = await roomFor(config, text, domain);
    const files: Check = { name: 'base model', ...room, found: `${found}; ${room.found}` };
    return [files, ...checkFacts({ text, config, domain })];
  } catch (error) {
    const lines = messageOf(error).split('\n');
    const advice = lines.length > 1 ? lines[lines.length - 1] : 'Pass another folder with --model FOLDER.';
    return [{ name: 'base model', state: 'missing', found: lines[0].slice(0, 300), advice }];
  }
}

/** Returns the folder of a model or of a run's model, without network access; null for a hub model that is not downloaded. */
export async function folderHere(model: string, runsDir = 'runs'): Promise<string | null> {
  return (await folderNamedByRun(model, runsDir)) ?? (isOnHub(model) ? downloadedModel(model) : findModel(model));
}

/** The settings of a run for its own model, as long as no others are asked for; otherwise those of a new run. */
async function settingsFor(model: string, folder: string, flags: ModelFlags): Promise<RunConfig> {
  const run = isOnHub(model) || asksForRun(flags) ? null : namedRun(model, flags.runsDir ?? 'runs');
  if (run === null) return configOf({ ...flags, model: folder });
  const { config } = await modelOfRun(run);
  return configOf({}, { ...config, domain: flags.domain ?? config.domain, model: folder });
}

/** Whether the flags describe a run that is to start. */
export function asksForRun({ scale, config, set, lora }: ModelFlags): boolean {
  return [scale, config, set, lora].some((flag) => flag !== undefined);
}

/** One check for each contradiction, or one that says what was compared. */
function checkFacts(model: Parameters<typeof modelFacts>[0]): Check[] {
  const facts = modelFacts(model);
  if (facts.length > 0) {
    return facts.map(({ about, found, advice }) => ({
      name: about.replace('-', ' '),
      state: 'poor',
      found: clean(found, 1000),
      advice: clean(advice, 1000),
    }));
  }
  const { template, tokenizer } = model.text;
  const end = tokenizer.turn?.end ?? null;
  const how =
    template.text === null ? 'no chat template: the plain format is used' : 'the chat template writes all messages';
  const stops = end === null ? '' : `; completions end at ${clean(end)}`;
  return [{ name: 'prompts', state: 'good', found: `${how}${stops}`, advice: null }];
}

/** Whether a run of the model fits into memory. */
async function roomFor(config: RunConfig, { tokenizer }: LoadedText, domain: Domain): Promise<Omit<Check, 'name'>> {
  const prompt = longestPrompt(config, { tokenizer, domain });
  const { forecast } = await engineKind(config.engine);
  if (forecast === undefined) return { state: 'good', found: 'its engine forecasts no memory', advice: null };
  const { needed, available, problem } = await forecast.room(workloadOf(config, prompt));
  const lora = withLora(config);
  const less = lora && (await forecast.room(workloadOf(lora, prompt))).needed;
  const found = `evolving needs about ${bytes(needed.bytes)} of memory${less === null ? '' : ` (${bytes(less.bytes)} with --lora)`}`;
  if (problem === null) return { state: 'good', found, advice: null };
  // Such a run is refused.
  return { state: 'missing', found: `${found}; this machine has ${bytes(available)}`, advice: problem.advice };
}

/** The same run with an adapter; null if it already trains one. */
function withLora(config: RunConfig): RunConfig | null {
  return adapterOf(config) === null ? { ...config, adapt: { ...config.adapt, method: 'lora' } } : null;
}

function notDownloaded(model: string): Check {
  const found = `there is no folder ${model}, and the hub model of this name is not downloaded`;
  const advice = `Run \`rzero evolve --model ${model}\` to download it.`;
  return { name: 'base model', state: 'poor', found, advice };
}
