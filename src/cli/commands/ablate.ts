/** `rzero ablate`: plays the variants of a recipe with the same seeds and prints how they compare. Interrupted, it goes on when called again. */

import { join } from 'node:path';
import { ablate, type AblationEvent } from '../../ablate/ablate.ts';
import { readRecipe, type Recipe } from '../../ablate/recipe.ts';
import { resultPath } from '../../ablate/result.ts';
import { toToml } from '../../config/toml.ts';
import { ConfigError } from '../../errors.ts';
import { printJson, printLines, type Io } from '../io.ts';
import type { CommonFlags } from '../options.ts';
import { ablationLines, alignedTable, markdownTable } from '../render/ablation.ts';
import { duration, percent } from '../render/format.ts';
import { stageName } from '../render/plain.ts';
import { onStopRequest } from '../signals.ts';

export interface AblateFlags extends CommonFlags {
  seeds?: string;
  set?: string[];
  fresh?: boolean;
  markdown?: boolean;
  dryRun?: boolean;
}

/** Exit code 0 when every run has ended; 130 or 143 when a signal stopped it. */
export async function run(flags: AblateFlags, io: Io, path?: string): Promise<number> {
  const recipe = readRecipe(path ?? '', { seeds: seedsOf(flags.seeds), set: flags.set });
  if (flags.dryRun === true) {
    printLines(io, recipeLines(recipe));
    return 0;
  }
  const dir = join(flags.runsDir ?? 'runs', 'ablations');
  const stopping = new AbortController();
  const signals = onStopRequest(
    () => {
      io.err('finishing this step, then saving; press again to leave at once\n');
      stopping.abort();
    },
    (exitCode) => process.exit(exitCode),
  );
  try {
    const tell = teller(io);
    const result = await ablate(recipe, { dir, stop: stopping.signal, fresh: flags.fresh, onEvent: tell });
    if (flags.json === true) printJson(io, result);
    else {
      const lines = ablationLines(result, flags.markdown === true ? markdownTable : alignedTable);
      const ended = result.variants.some(({ runs }) => runs.length > 0);
      printLines(io, ['', ...lines, '', ...(ended ? [`All numbers are in ${resultPath(dir, recipe.name)}`] : [])]);
    }
    return signals.exitCode() ?? 0;
  } finally {
    signals.dispose();
  }
}

function seedsOf(text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  const seeds = text.split(',').map(Number);
  if (/^\d+(,\d+)*$/.test(text) && seeds.every((seed) => seed <= 0xffffffff)) return seeds;
  throw new ConfigError(`--seeds ${text}: that is no list of seeds.`, 'Write it as --seeds 1,2,3.');
}

/** Progress on standard error, a line a stage, so that standard output holds the result alone. */
function teller(io: Io): (event: AblationEvent) => void {
  let name = '';
  const say = (line: string): void => io.err(`${line}\n`);
  return (event) => {
    if (event.type === 'run-begin') {
      const { variant, seed, at, of, state, dir } = event;
      name = `${at}/${of} ${variant} seed ${seed}`;
      say(
        { new: `${name}: starts in ${dir}`, resumed: `${name}: goes on in ${dir}`, kept: `${name}: has ended before` }[
          state
        ],
      );
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

/** What would be played: the common config, and each variant's dials. */
function recipeLines({ variants, seeds, path }: Recipe): string[] {
  return [
    `${path}: ${variants.length} variants with seeds ${seeds.join(', ')}: ${variants.length * seeds.length} runs`,
    ...variants.map(({ name, title, from, set }) => {
      const start = from === null ? '' : ` from the best Solver of ${from}`;
      return `  ${name} (${title})${start}: ${JSON.stringify(set)}`;
    }),
    '',
    `The first one's config:`,
    toToml(variants[0].config).trimEnd(),
  ];
}
