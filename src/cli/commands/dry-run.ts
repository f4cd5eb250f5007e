/** `rzero evolve --dry-run`: the resolved config and what it will cost on this machine. Trains nothing; of a model on the hub it fetches all but the weights. */

import { loadTokenizer } from '../../models/tokenizer/tokenizer.ts';
import { checkAdapt } from '../../engine/check-adapt.ts';
import { placeOfModel } from '../../models/adapters/adapter-base.ts';
import { adapterShapeOf } from '../../models/adapters/adapter-folder.ts';
import { adaptationOf, adapterOf } from '../../loop/training/adapt.ts';
import { describeAdapter } from '../../models/adapters/adapter.ts';
import type { AdapterShape } from '../../types.ts';
import { checkAbilities } from '../../loop/run/abilities.ts';
import { obtainModel } from '../../models/hub/obtain-model.ts';
import { loadDomain } from '../../domains/index.ts';
import { readModelConfig } from '../../models/checkpoint.ts';
import type { RunConfig } from '../../config/schema.ts';
import { toToml } from '../../config/toml.ts';
import { engineKind } from '../../engine/index.ts';
import type { Room } from '../../engine/kind.ts';
import { workloadOf } from '../../loop/run/workload.ts';
import { MEASURED } from '../../roles.ts';
import { forecast, type Assumptions, type Forecast } from '../forecast.ts';
import { printJson, printLines, type Io } from '../io.ts';
import { bytes, clean, compact, count, duration, percent, table } from '../render/format.ts';
import { stageName } from '../render/plain.ts';

/** What whole steps reach of the products' own rate, which is measured here and now: `npm run bench:engine`. */
const SAMPLING_SHARE = 0.45;
const TRAINING_SHARE = 0.65;
/** Core-seconds per token that do not shrink with the model, measured with the shipped one on two cores. */
const SAMPLING_OVERHEAD = 240e-6;
const TRAINING_OVERHEAD = 60e-6;
/** Completions of the shipped model are this long, as a share of their limit. */
const LENGTH_SHARE = 0.3;

/** Prints config and forecast. ModelLoadError when the base model cannot be read, EngineError `budget` when the run would not fit. */
export async function dryRun(config: RunConfig, io: Io, json: boolean): Promise<number> {
  const domain = loadDomain(config.domain);
  checkAbilities(config, domain);
  const { forecast: ahead } = await engineKind(config.engine);
  if (ahead === undefined) return unknownCost(config, io, json);
  const folder = await obtainModel(config.model, {}, 'texts');
  const decoder = await readModelConfig(folder);
  const { adapter } = await placeOfModel(folder);
  checkAdapt(adaptationOf(config, MEASURED), adapter && adapterShapeOf(folder, adapter, decoder), folder);
  const tokenizer = await loadTokenizer(folder);
  const promptTokens = tokenizer.encode(tokenizer.renderChat(domain.challengerMessages())).length;
  const { threads, ...rates } = await ahead.speed(decoder);
  const room = await ahead.room(workloadOf({ ...config, model: folder }, promptTokens));
  const assumptions: Assumptions = {
    promptTokens,
    lengthShare: LENGTH_SHARE,
    samplingFlops: SAMPLING_SHARE * rates.sampling,
    trainingFlops: TRAINING_SHARE * rates.training,
    samplingOverhead: SAMPLING_OVERHEAD / threads,
    trainingOverhead: TRAINING_OVERHEAD / threads,
    forced: domain.workedPrefix !== null,
  };
  const cost = forecast(config, decoder, assumptions, room.needed);
  const machine = { threads, memoryBytes: room.available };
  if (json) printJson(io, { config, forecast: cost, assumptions: { ...assumptions, memoryBytes: room.available } });
  else
    printLines(io, [...toToml(config).trimEnd().split('\n'), '', ...forecastLines(cost, config, assumptions, machine)]);
  if (room.problem !== null) throw room.problem;
  return 0;
}

/** The config alone, for an engine whose speed and memory are not known here. */
function unknownCost(config: RunConfig, io: Io, json: boolean): number {
  const reason = `# No forecast: an engine of the kind "${config.engine.kind}" gives none.`;
  if (json) printJson(io, { config, forecast: null });
  else printLines(io, [...toToml(config).trimEnd().split('\n'), '', reason]);
  return 0;
}

/** The forecast as a table, with what it assumes. */
export function forecastLines(
  cost: Forecast,
  config: RunConfig,
  assumptions: Assumptions,
  { threads, memoryBytes }: { threads: number; memoryBytes: number },
): string[] {
  const rows = cost.stages.map((stage) => [
    `${stageName(stage.stage)}${stage.times > 1 ? ` ×${stage.times}` : ''}`,
    count(stage.completions),
    compact(stage.sampled),
    compact(stage.trained),
    duration(stage.seconds),
  ]);
  const total = ['together', count(cost.completions), compact(cost.tokens), '', duration(cost.seconds)];
  return [
    `# Forecast for ${clean(config.model)}: ${compact(cost.parameters)} parameters, ${threads} threads. Nothing was trained.`,
    trainedLine(adapterOf(config), cost),
    ...table([['stage', 'completions', 'sampled tokens', 'trained tokens', 'time'], ...rows, total]),
    '',
    ...memoryLines(cost.memory, memoryBytes),
    '',
    `Disk: about ${bytes(cost.diskBytes)} in ${config.runsDir}.`,
    `Assumed: completions fill ${percent(assumptions.lengthShare, 0)} of their token limit; ${compact(assumptions.samplingFlops)}FLOP/s sampling,`,
    `${compact(assumptions.trainingFlops)}FLOP/s training, from this machine's products of the model's width, measured just now;`,
    `${micros(assumptions.samplingOverhead)} (sampling) and ${micros(assumptions.trainingOverhead)} (training) a token beside them.`,
    'Expect it within a factor of two.',
  ];
}

function trainedLine(adapter: AdapterShape | null, { trained }: Forecast): string {
  if (adapter === null) return '# Every parameter is trained.';
  return `# LoRA: ${describeAdapter(adapter)}: ${compact(trained)} parameters for each role, over one frozen base.`;
}

/** The forecast of memory by part, and what the machine has. */
export function memoryLines({ parts, bytes: total }: Room['needed'], available: number): string[] {
  return [
    ...table([['memory', ''], ...parts.map((part) => [part.name, bytes(part.bytes)]), ['together', bytes(total)]]),
    `This machine has ${bytes(available)} for it.`,
  ];
}

function micros(seconds: number): string {
  return `${(seconds * 1e6).toFixed(0)} µs`;
}
