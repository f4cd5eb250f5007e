/**
 * `rzero evolve --dry-run`: prints the resolved config and a forecast for this machine. Trains nothing. Downloads a
 * model's files without its weights.
 */

import { loadText } from '../../models/tokenizer/tokenizer.ts';
import { checkAdapt } from '../../engine/check-adapt.ts';
import { placeOfModel } from '../../models/adapters/adapter-base.ts';
import { adapterShapeOf } from '../../models/adapters/adapter-folder.ts';
import { adaptationOf, adapterOf } from '../../loop/training/adapt.ts';
import { describeAdapter } from '../../models/adapters/adapter.ts';
import type { AdapterShape } from '../../types.ts';
import { checkAbilities } from '../../loop/run/abilities.ts';
import {
  checkSizes,
  exampleLengths,
  longestPrompt,
  sharedBeginning,
  typicalPosing,
  typicalPrompt,
} from '../../loop/run/check-sizes.ts';
import { folderNamedByRun } from '../../generate/run-model.ts';
import { obtainModel } from '../../models/hub/obtain-model.ts';
import { openDomain } from '../../domains/open-domain.ts';
import { readModelConfig } from '../../models/checkpoint.ts';
import { checkDials } from '../../config/dials/check-dials.ts';
import type { RunConfig } from '../../config/schema.ts';
import { engineKind } from '../../engine/open-engine.ts';
import type { Room } from '../../engine/kind.ts';
import { modelFacts } from '../../loop/run/model-facts.ts';
import { workloadOf } from '../../loop/run/workload.ts';
import { MEASURED } from '../../roles.ts';
import { forecast, withTestOf, type Assumptions, type Forecast } from '../forecast.ts';
import { type MeanLengths, measuredLengths } from '../measured-lengths.ts';
import { printJson, printLines, textColumns, type Io } from '../io.ts';
import { bytes, clean, compact, count, duration, percent, plural, splitTable, table, wrap } from '../render/format.ts';
import { configLines } from '../render/config.ts';
import { factLines } from '../render/facts.ts';
import { stageName } from '../render/stages.ts';

/** Mean completion length of the shipped model, as a share of its limit. */
const LENGTH_SHARE = 0.3;

/**
 * Prints config and forecast. Throws ModelLoadError if the base model cannot be read, EngineError `budget` if the run
 * does not fit.
 */
export async function dryRun(config: RunConfig, io: Io, json: boolean): Promise<number> {
  checkDials(config);
  if (config.engine.kind === 'tinker') return (await import('../service/dry-run.ts')).dryRunService(config, io, json);
  const { domain } = await openDomain(config.domain);
  checkAbilities(config, domain);
  const { forecast: ahead } = await engineKind(config.engine);
  if (ahead === undefined) return unknownCost(config, io, json);
  const folder =
    (await folderNamedByRun(config.model, config.runsDir)) ?? (await obtainModel(config.model, {}, 'texts'));
  const decoder = await readModelConfig(folder);
  const { adapter } = await placeOfModel(folder);
  checkAdapt(adaptationOf(config, MEASURED), adapter && adapterShapeOf(folder, adapter, decoder), folder);
  const text = await loadText(folder, config);
  const { tokenizer } = text;
  const { maxPositions: maxContext, vocabulary } = decoder;
  checkSizes({ ...config, model: folder }, { tokenizer, domain, maxContext, vocabulary });
  const facts = modelFacts({ text, config, domain });
  const solving = typicalPrompt({ tokenizer, domain });
  const earlier = measuredLengths({ ...config, model: folder });
  const lengths = lengthsFrom(earlier, exampleLengths({ tokenizer, domain }));
  const targets = Math.min(lengths.answer ?? LENGTH_SHARE * config.solver.maxTokens, config.solver.maxTokens);
  const { prompts, groupSize: completions } = config.solver;
  const beginning = sharedBeginning({ tokenizer, domain });
  const step = { prompt: solving, beginning, prompts, completions, targets };
  const speed = await ahead.speed({ decoder, adapter: adapterOf(config), step });
  const planned = withTestOf(domain, { ...config, model: folder });
  const room = await ahead.room(workloadOf(planned, longestPrompt(planned, { tokenizer, domain })));
  const assumptions: Assumptions = {
    ...speed,
    posing: typicalPosing({ tokenizer, domain }),
    solving,
    solvingShared: beginning,
    question: lengths.question,
    answer: lengths.answer,
    lengthShare: LENGTH_SHARE,
    forced: domain.work !== undefined,
  };
  const cost = forecast(planned, decoder, assumptions, room.needed);
  const machine = { threads: speed.threads, memoryBytes: room.available };
  if (json)
    printJson(io, { config, forecast: cost, assumptions: { ...assumptions, memoryBytes: room.available }, facts });
  else
    printLines(io, [
      ...configLines(config, textColumns(io)),
      '',
      ...forecastLines(cost, config, assumptions, { ...machine, lengths: lengths.source, columns: textColumns(io) }),
      ...factLines(facts, textColumns(io)),
    ]);
  if (room.problem !== null) throw room.problem;
  return 0;
}

/** Prints only the config, for an engine without a forecast. */
function unknownCost(config: RunConfig, io: Io, json: boolean): number {
  const reason = `# No forecast: engines of the kind "${config.engine.kind}" do not provide one.`;
  if (json) printJson(io, { config, forecast: null });
  else printLines(io, [...configLines(config, textColumns(io)), '', reason]);
  return 0;
}

/** Where the assumed lengths of completions come from, for the text. */
interface Lengths extends MeanLengths {
  source: string;
}

/** Lengths of an earlier run count more than those of examples in prompts. */
function lengthsFrom(earlier: (MeanLengths & { run: string }) | null, examples: MeanLengths): Lengths {
  const question = earlier?.question ?? examples.question;
  const answer = earlier?.answer ?? examples.answer;
  const share = `use ${percent(LENGTH_SHARE, 0)} of their token limit`;
  if (earlier !== null) return { question, answer, source: `are as long as those of the run ${clean(earlier.run)}` };
  if (question === null && answer === null) return { question, answer, source: share };
  const others = question === null || answer === null ? `, and ${share} where there are none` : '';
  return { question, answer, source: `are as long as the examples in their prompts${others}` };
}

interface Circumstances {
  threads: number;
  memoryBytes: number;
  /** Where the lengths of completions come from. */
  lengths: string;
  columns: number;
}

/** The forecast as tables, with its assumptions. */
function forecastLines(
  cost: Forecast,
  config: RunConfig,
  assumptions: Assumptions,
  { threads, memoryBytes, lengths, columns }: Circumstances,
): string[] {
  const rows = cost.stages.map((stage) => [
    `${stageName(stage.stage)}${stage.times > 1 ? ` ×${stage.times}` : ''}`,
    count(stage.completions),
    compact(stage.sampled),
    compact(stage.trained),
    duration(stage.seconds),
  ]);
  const total = ['total', count(cost.completions), compact(cost.tokens), '', duration(cost.seconds)];
  return [
    `# Forecast for ${clean(config.model)}`,
    `# ${compact(cost.parameters)} parameters, ${plural(threads, 'thread')}. Nothing was trained.`,
    ...wrap(trainedLine(adapterOf(config), cost), columns - 2).map((line) => `# ${line}`),
    ...splitTable([['stage', 'completions', 'sampled', 'trained', 'time'], ...rows, total], columns),
    '',
    'Sampled and trained count tokens.',
    '',
    ...memoryLines(cost.memory, memoryBytes),
    '',
    `Disk: about ${bytes(cost.diskBytes)} in ${config.runsDir}.`,
    '',
    ...wrap(assumptionText(assumptions, lengths), columns),
    ...deviceLines(config, columns),
  ];
}

function trainedLine(adapter: AdapterShape | null, { trained }: Forecast): string {
  if (adapter === null) return 'All parameters are trained.';
  return `LoRA: ${describeAdapter(adapter)}: ${compact(trained)} parameters per role, over one frozen base.`;
}

function assumptionText({ slots, steps, training }: Assumptions, lengths: string): string {
  const sampled = slots / (steps.at(-1)?.seconds ?? Infinity);
  return [
    `Assumptions: completions ${lengths}.`,
    `Speed: up to ${compact(sampled)} tokens/s in sampling and ${compact(1 / training)} in training,`,
    'from short calls of the engine on this machine with random weights.',
    'Other lengths, and other programs on the machine, change the time.',
  ].join(' ');
}

/** A forecast knows no GPU. Empty for a run on the processor. */
function deviceLines({ engine }: RunConfig, columns: number): string[] {
  if (engine.kind !== 'local' || engine.device === 'cpu') return [];
  const asked = `Time and memory are those of the processor, although engine.device = "${engine.device}":`;
  return wrap(`${asked} \`rzero doctor\` measures the GPU.`, columns);
}

/** The memory forecast by part, and the memory of the machine. */
function memoryLines({ parts, bytes: total }: Room['needed'], available: number): string[] {
  return [
    ...table([['memory', ''], ...parts.map((part) => [part.name, bytes(part.bytes)]), ['total', bytes(total)]]),
    `This machine has ${bytes(available)}.`,
  ];
}
