/** `--dry-run` for a run on a service: what it would ask of the service. Does not contact it. */

import { checkAbilities } from '../../loop/run/abilities.ts';
import { longestPrompt, typicalPosing, typicalPrompt } from '../../loop/run/check-sizes.ts';
import { modelFacts } from '../../loop/run/model-facts.ts';
import { obtainTexts } from '../../loop/remote/texts.ts';
import { openDomain } from '../../domains/open-domain.ts';
import { loadText } from '../../models/tokenizer/tokenizer.ts';
import { shownServices } from '../../engine/tinker/address.ts';
import { modelName } from '../../config/model-name.ts';
import type { EngineConfig, RunConfig } from '../../config/schema.ts';
import { printJson, printLines, textColumns, type Io } from '../io.ts';
import { clean, compact, count, duration, splitTable, wrap } from '../render/format.ts';
import { configLines } from '../render/config.ts';
import { factLines } from '../render/facts.ts';
import { stageName } from '../render/stages.ts';
import {
  costOf,
  forecastService,
  secondsOf,
  type ServiceAssumptions,
  type ServiceForecast,
  type ServiceRates,
  type ServiceWork,
} from './forecast.ts';
import { withTestOf } from '../forecast.ts';
import { withService } from './flags.ts';
import { measuredService } from './measured.ts';

/** Lengths of a Challenger's completion and an answer of an 8B model on mathematics, for a model without a run. */
const QUESTION = 350;
const ANSWER = 800;
const LENGTH_SHARE = 0.3;
const CHUNK = 256;

type ServiceConfig = Extract<EngineConfig, { kind: 'tinker' }>;
/** Where the rates come from: the config, an earlier run, or nowhere. */
type RateSource = { from: 'config' } | { from: 'run'; run: string } | null;

/** Prints config and forecast. Throws ModelLoadError if the tokenizer cannot be read. */
export async function dryRunService(given: RunConfig, io: Io, json: boolean): Promise<number> {
  const config = withService(given);
  const { engine } = config;
  if (engine.kind !== 'tinker') return 0;
  const { domain } = await openDomain(config.domain);
  checkAbilities(config, domain);
  const text = await loadText(await obtainTexts(config.model, config.runsDir), config);
  const { tokenizer } = text;
  const measured = measuredService(config.runsDir, engine);
  const assumptions: ServiceAssumptions = {
    posing: typicalPosing({ tokenizer, domain }),
    solving: typicalPrompt({ tokenizer, domain }),
    question: measured?.question ?? QUESTION,
    answer: measured?.answer ?? ANSWER,
    lengthShare: measured === null ? LENGTH_SHARE : 1,
    forced: domain.work !== undefined,
    chunk: CHUNK,
  };
  const forecast = forecastService(withTestOf(domain, config), assumptions);
  const isSet = engine.rates.sampled > 0 || engine.rates.trained > 0;
  const rates = isSet ? engine.rates : (measured?.rates ?? engine.rates);
  const source: RateSource = isSet ? { from: 'config' } : measured && { from: 'run', run: measured.run };
  const seconds = secondsOf(forecast.total, rates);
  const cost = costOf(forecast.total, engine.price);
  const facts = modelFacts({ text, config, domain });
  if (json) {
    const longest = longestPrompt(config, { tokenizer, domain });
    printJson(io, {
      config,
      forecast: { ...forecast, seconds, cost },
      assumptions: { ...assumptions, rates, longest },
      facts,
    });
    return 0;
  }
  const columns = textColumns(io);
  printLines(io, [
    ...configLines(config, columns),
    '',
    `# Forecast for ${clean(modelName(config))} on ${clean(shownServices(engine))}`,
    '# Nothing was sent to the service.',
    ...forecastTable(forecast, { engine, rates, iterations: config.iterations }, columns),
    '',
    'Trained counts the tokens of forward and backward passes.',
    ...budgetLines(forecast, engine).flatMap((line) => wrap(line, columns)),
    '',
    ...wrap(assumptionText(assumptions, source, seconds), columns),
    ...factLines(facts, columns),
  ]);
  return 0;
}

interface Terms {
  engine: ServiceConfig;
  rates: ServiceRates;
  iterations: number;
}

function forecastTable({ stages, iteration, total }: ServiceForecast, terms: Terms, columns: number): string[] {
  const priced = costOf(total, terms.engine.price) !== null;
  const row = (name: string, work: ServiceWork): string[] => [
    name,
    count(work.requests),
    compact(work.sampled),
    compact(work.prefilled),
    compact(work.trained),
    timeOf(secondsOf(work, terms.rates)),
    ...(priced ? [(costOf(work, terms.engine.price) ?? 0).toFixed(2)] : []),
  ];
  const heading = ['stage', 'requests', 'sampled', 'prefilled', 'trained', 'time', ...(priced ? ['cost'] : [])];
  const rows = stages.map((one) => row(`${stageName(one.stage)}${one.times > 1 ? ` ×${one.times}` : ''}`, one));
  return splitTable([heading, ...rows, row('one iteration', iteration), row('total', total)], columns);
}

function timeOf(seconds: number | null): string {
  return seconds === null ? '—' : duration(seconds);
}

/** Compares the forecast with the budget; empty without a budget. */
function budgetLines({ total, iteration }: ServiceForecast, { budget, price }: ServiceConfig): string[] {
  const tokens = tokensIn(total);
  const cost = costOf(total, price);
  const lines: string[] = [];
  if (budget.tokens > 0) {
    const share = `${(budget.tokens / tokensIn(iteration)).toFixed(1)} iterations`;
    const how = tokens > budget.tokens ? `ends the run after about ${share}` : 'is enough';
    lines.push(`The budget of ${compact(budget.tokens)} tokens ${how}; the run needs up to ${compact(tokens)}.`);
  }
  if (budget.cost > 0 && cost !== null) {
    const how = cost > budget.cost ? 'ends the run early' : 'is enough';
    lines.push(`The budget of ${budget.cost} ${how}; the run costs up to ${cost.toFixed(2)}.`);
  }
  return lines;
}

function tokensIn({ sampled, prefilled, trained }: ServiceWork): number {
  return sampled + prefilled + trained;
}

function assumptionText(assumed: ServiceAssumptions, source: RateSource, seconds: number | null): string {
  const { question, answer, lengthShare } = assumed;
  const limit = lengthShare < 1 ? `, and at most ${lengthShare * 100} % of their token limit` : '';
  const lengths = `Assumptions: questions of ${count(question)} and answers of ${count(answer)} tokens${limit}.`;
  const measured = source?.from === 'run' ? `Lengths and rates are those of the run ${clean(source.run)}.` : '';
  const unknown =
    seconds === null ? 'The time is unknown: no run on this service was found, and engine.rates is not set.' : '';
  return [lengths, measured, unknown, 'Every question counts as valid, so these are upper bounds.']
    .filter((one) => one !== '')
    .join(' ');
}
