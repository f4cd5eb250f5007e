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
import type { Forecast } from '../src/cli/forecast.ts';
import { eventsOf, ROOT, rzero } from '../test/fixtures/program.ts';
import { atLeast, atMost, checkLines } from './lib/checks.ts';
import { measuredRun, MEASURED_PROGRAM } from './lib/measured-run.ts';
import { writeRandomModel } from './lib/random-model.ts';
import { stageSeconds } from './lib/stage-seconds.ts';
import { commandOf, provenance, writeResult } from './lib/results.ts';
import { SHAPES } from './lib/shapes.ts';

/** Largest differences between forecast and measurement, as shares of the measurement. */
const TOLERANCE = { time: 0.25, memory: 0.15 };
/** Ends an answer after 30 % of 64 tokens on average, the share that the forecast assumes, and questions sooner. */
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
  const before = await forecastOf(parameters);
  const start = performance.now();
  const { ended, peakBytes } = await measuredRun(parameters, root);
  const seconds = (performance.now() - start) / 1000;
  const events = eventsOf(ended);
  const end = events.at(-1);
  if (end?.type !== 'run-end' || end.summary.outcome !== 'finished')
    throw new Error(`The run did not finish: ${ended.err}`);
  // The speed of a virtual machine changes within minutes: the forecasts on both sides of the run count equally.
  const after = await forecastOf(parameters);
  const expected = (before.seconds + after.seconds) / 2;
  const time = expected / seconds;
  const memory = before.memory.bytes / peakBytes;
  const checks = [
    atLeast('time, forecast / measurement', time, 1 - TOLERANCE.time),
    atMost('time, forecast / measurement', time, 1 + TOLERANCE.time),
    atLeast('memory, forecast / measurement', memory, 1 - TOLERANCE.memory),
    atMost('memory, forecast / measurement', memory, 1 + TOLERANCE.memory),
  ];
  const path = writeResult(options.lora ? 'forecast-lora' : 'forecast', {
    ...provenance(commandOf('bench:forecast')),
    seconds: { before: before.seconds, after: after.seconds, measured: seconds, ratio: time },
    bytes: { forecast: before.memory.bytes, measured: peakBytes, ratio: memory },
    stages: stageRows([before, after], stageSeconds(events)),
    parts: before.memory.parts,
    checks,
  });
  process.stdout.write(`${[...checkLines(checks), `written to ${path}`].join('\n')}\n`);
  return checks.every(({ passed }) => passed) ? 0 : 1;
}

async function forecastOf(parameters: readonly string[]): Promise<Forecast> {
  const { code, out, err } = await rzero([...parameters, '--dry-run'], {
    cwd: ROOT,
    program: MEASURED_PROGRAM.slice(-1),
  });
  if (code !== 0) throw new Error(err);
  const ahead: { forecast: Forecast } = JSON.parse(out);
  return ahead.forecast;
}

/** The seconds of every stage, by the mean of both forecasts and by the run. */
function stageRows([before, after]: [Forecast, Forecast], measured: Readonly<Record<string, number>>): unknown[] {
  return before.stages
    .map(({ stage, seconds }, at) => ({ stage, seconds: (seconds + after.stages[at].seconds) / 2 }))
    .filter(({ stage }) => measured[stage] !== undefined)
    .map(({ stage, seconds }) => ({ stage, forecast: seconds, measured: measured[stage] }));
}
