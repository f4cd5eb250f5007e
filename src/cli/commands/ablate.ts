/**
 * `rzero ablate`: runs the variants of a plan with the same seeds and compares them. A second call continues an
 * interrupted one.
 */

import { join } from 'node:path';
import { ablate, type AblationEvent } from '../../ablate/ablate.ts';
import { readPlan, type AblationPlan } from '../../ablate/plan.ts';
import { resultPath } from '../../ablate/result.ts';
import { ConfigError } from '../../errors.ts';
import { printJson, printLines, textColumns, type Io } from '../io.ts';
import type { CommonFlags } from '../options.ts';
import { ablationLines, alignedStyle, markdownStyle } from '../render/ablation.ts';
import { duration, percent, wrap } from '../render/format.ts';
import { configLines } from '../render/config.ts';
import { stageName } from '../render/stages.ts';
import { withDevice } from '../service/flags.ts';
import { stoppable } from '../stoppable.ts';

export interface AblateFlags extends CommonFlags {
  seeds?: string;
  set?: string[];
  device?: string;
  fresh?: boolean;
  markdown?: boolean;
  dryRun?: boolean;
}

/** Exit code 0, or that of the signal that stopped it. */
export async function run(flags: AblateFlags, io: Io, path?: string): Promise<number> {
  const plan = await readPlan(path ?? '', { seeds: seedsOf(flags.seeds), set: withDevice(flags.device, flags.set) });
  if (flags.dryRun === true) {
    printLines(io, planLines(plan, textColumns(io)));
    return 0;
  }
  const dir = join(flags.runsDir ?? 'runs', 'ablations');
  return stoppable(io, 'The steps of all runs are saved.', async (stop) => {
    const onEvent = progressPrinter(io);
    const result = await ablate(plan, { dir, stop, fresh: flags.fresh, onEvent });
    if (flags.json === true) printJson(io, result);
    else {
      const lines = ablationLines(result, flags.markdown === true ? markdownStyle : alignedStyle(textColumns(io)));
      const ended = result.variants.some(({ runs }) => runs.length > 0);
      printLines(io, ['', ...lines, '', ...(ended ? [`All results are in ${resultPath(dir, plan.name)}`] : [])]);
    }
    return 0;
  });
}

function seedsOf(text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  const seeds = text.split(',').map(Number);
  if (/^\d+(,\d+)*$/.test(text) && seeds.every((seed) => seed <= 0xffffffff)) return seeds;
  throw new ConfigError(`--seeds ${text} is not a list of seeds.`, 'Pass whole numbers, e.g. --seeds 1,2,3.');
}

/** Prints progress on standard error, one line per stage. Standard output is only for the result. */
function progressPrinter(io: Io): (event: AblationEvent) => void {
  let name = '';
  const say = (line: string): void => io.err(`${line}\n`);
  return (event) => {
    if (event.type === 'run-begin') {
      const { variant, seed, at, of, state, dir } = event;
      name = `${at}/${of} ${variant} seed ${seed}`;
      const what = { new: `starts in ${dir}`, resumed: `continues in ${dir}`, kept: 'already finished' };
      say(`${name}: ${what[state]}`);
    }
    if (event.type === 'run-ended') say(`${name}: ${event.run.summary.outcome}`);
    if (event.type !== 'run-event') return;
    const inner = event.event;
    if (inner.type === 'stage-end') {
      const where = inner.iteration === 0 ? '' : `iteration ${inner.iteration}, `;
      say(`${name}: ${where}${stageName(inner.stage)}: ${duration(inner.seconds)}`);
    }
    if (inner.type === 'evaluation' && inner.result.questions > 0) {
      say(
        `${name}: iteration ${inner.result.iteration} scores ${percent(inner.result.mean.value)} on ${inner.result.task}`,
      );
    }
    if (inner.type === 'warning') say(`${name}: ! ${inner.message}`);
  };
}

/** The plan: each variant's settings, and the config of the first. */
function planLines({ variants, seeds, path }: AblationPlan, columns: number): string[] {
  return [
    ...wrap(
      `${path}: ${variants.length} variants with seeds ${seeds.join(', ')}: ${variants.length * seeds.length} runs`,
      columns,
    ),
    ...variants.flatMap(({ name, title, from, set }) => {
      const start = from === null ? '' : ` from the best Solver of ${from}`;
      const [first, ...rest] = wrap(`${name} (${title})${start}: ${JSON.stringify(set)}`, columns - 4);
      return [`  ${first}`, ...rest.map((line) => `    ${line}`)];
    }),
    '',
    'Config of the first variant:',
    ...configLines(variants[0].config, columns),
  ];
}
