/**
 * Holds the forecast of `--dry-run` against a short run at the shape of SmolLM2-135M: time and peak memory. The model is
 * random, and ends its completions at the length that the forecast assumes. Run it on an idle machine.
 *
 *     npm run bench:forecast
 *     npm run bench:forecast -- --lora
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Assumptions, forecast, type Forecast } from '../src/cli/forecast.ts';
import type { MeanLengths } from '../src/cli/measured-lengths.ts';
import type { RunConfig } from '../src/config/schema.ts';
import { eventsOf, ROOT, rzero } from '../test/fixtures/program.ts';
import { atLeast, atMost, checkLines } from './lib/checks.ts';
import { measuredRun, MEASURED_PROGRAM } from './lib/measured-run.ts';
import { writeRandomModel } from './lib/random-model.ts';
import { stageSeconds } from './lib/stage-seconds.ts';
import { commandOf, provenance, writeResult } from './lib/results.ts';
import { SHAPES } from './lib/shapes.ts';

/** Largest differences between forecast and measurement, as shares of the measurement. */
const TOLERANCE = { time: 0.25, memory: 0.15 };
/** Ends an answer after about a third of its longest length, and a question sooner. */
const ENDING = 14.87;
const DOMAIN = join(ROOT, 'bench/lib/word-domain.mjs');
const SETTINGS = [
  'iterations=1',
  'challenger.steps=2',
  'challenger.groups=8',
  'challenger.groupSize=4',
  'challenger.votes=8',
  'pool.questions=48',
  'pool.chunk=48',
  // Random words would count as the same question.
  'pool.dropDuplicates=false',
  'votes.count=8',
  'votes.chunk=48',
  'solver.steps=3',
  'solver.prompts=8',
  'solver.groupSize=5',
  'filter.minQuestions=4',
  'evaluation.questions=0',
  'monitors.action=off',
  // Training changes how soon a random model ends a completion, and the forecast assumes one length.
  'challenger.learningRate=1e-12',
  'solver.learningRate=1e-12',
  // The end token is likelier than any word, and must not be chosen more often for it.
  ...['challenger', 'pool', 'votes', 'solver', 'evaluation'].flatMap((section) => [
    `${section}.maxTokens=64`,
    `${section}.temperature=1`,
    `${section}.topP=1`,
    `${section}.topK=0`,
  ]),
];

const { values: options } = parseArgs({
  options: { lora: { type: 'boolean', default: false }, set: { type: 'string', multiple: true, default: [] } },
});
const root = mkdtempSync(join(tmpdir(), 'rzero-forecast-'));
try {
  process.exitCode = await measure();
} finally {
  rmSync(root, { recursive: true, force: true });
}

async function measure(): Promise<number> {
  const model = join(root, 'model');
  await writeRandomModel(model, SHAPES['135m'], ENDING);
  const parameters = [
    'evolve',
    '--json',
    ['--model', model],
    ['--domain', DOMAIN],
    ['--seed', '1'],
    ['--runs-dir', join(root, 'runs')],
    options.lora ? ['--lora'] : [],
    [...SETTINGS, ...options.set].flatMap((one) => ['--set', one]),
  ].flat();
  const before = await dryRun(parameters);
  const start = performance.now();
  const { ended, peakBytes } = await measuredRun(parameters, root);
  const seconds = (performance.now() - start) / 1000;
  const events = eventsOf(ended);
  const end = events.at(-1);
  if (end?.type !== 'run-end' || end.summary.outcome !== 'finished')
    throw new Error(`The run did not finish: ${ended.err}`);
  // This one knows the lengths of the run. The speed of a virtual machine changes within minutes, so that the
  // measurements on both sides of the run count equally.
  const after = await dryRun(parameters);
  const { question, answer } = after.assumptions;
  const ahead = [atLengths(before, { question, answer }), after.forecast];
  const time = ahead.reduce((sum, one) => sum + one.seconds, 0) / ahead.length / seconds;
  const memory = before.forecast.memory.bytes / peakBytes;
  const checks = [
    atLeast('time, forecast / measurement', time, 1 - TOLERANCE.time),
    atMost('time, forecast / measurement', time, 1 + TOLERANCE.time),
    atLeast('memory, forecast / measurement', memory, 1 - TOLERANCE.memory),
    atMost('memory, forecast / measurement', memory, 1 + TOLERANCE.memory),
  ];
  const path = writeResult(options.lora ? 'forecast-lora' : 'forecast', {
    ...provenance(commandOf('bench:forecast')),
    lengths: { question, answer },
    seconds: { forecasts: ahead.map((one) => one.seconds), measured: seconds, ratio: time },
    bytes: { forecast: before.forecast.memory.bytes, measured: peakBytes, ratio: memory },
    stages: stageRows(ahead, stageSeconds(events)),
    parts: before.forecast.memory.parts,
    checks,
  });
  process.stdout.write(`${[...checkLines(checks), `written to ${path}`].join('\n')}\n`);
  return checks.every(({ passed }) => passed) ? 0 : 1;
}

interface DryRun {
  config: RunConfig;
  forecast: Forecast;
  assumptions: Assumptions;
}

async function dryRun(parameters: readonly string[]): Promise<DryRun> {
  return JSON.parse(await output([...parameters, '--dry-run']));
}

/** The forecast for the lengths that completions turned out to have: it cannot know those of the model. */
function atLengths({ config, forecast: { memory }, assumptions }: DryRun, lengths: MeanLengths): Forecast {
  return forecast(config, SHAPES['135m'], { ...assumptions, ...lengths }, memory);
}

async function output(parameters: readonly string[]): Promise<string> {
  const { code, out, err } = await rzero(parameters, { cwd: ROOT, program: MEASURED_PROGRAM.slice(-1) });
  if (code !== 0) throw new Error(err);
  return out;
}

/** The seconds of every stage, by the mean of the forecasts and by the run. */
function stageRows(ahead: readonly Forecast[], measured: Readonly<Record<string, number>>): unknown[] {
  return Object.entries(measured).map(([stage, seconds]) => {
    const forecasts = ahead.map(({ stages }) => stages.find((one) => one.stage === stage)?.seconds ?? 0);
    return { stage, forecast: forecasts.reduce((sum, one) => sum + one, 0) / forecasts.length, measured: seconds };
  });
}
