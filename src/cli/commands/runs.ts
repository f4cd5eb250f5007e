/** `rzero runs`: every run in the runs folder, newest first. */

import { listRuns, type RunListing } from '../../store/runs.ts';
import { printJson, printLines, type Io } from '../io.ts';
import type { CommonFlags } from '../options.ts';
import { clean, percent, table } from '../render/format.ts';
import { cursorText } from '../render/run-report.ts';

export async function run(flags: CommonFlags, io: Io): Promise<number> {
  const dir = flags.runsDir ?? 'runs';
  const runs = listRuns(dir);
  if (flags.json === true) printJson(io, runs);
  else printLines(io, listingLines(runs, dir));
  return 0;
}

/** The listing as a table; broken runs below it, with the reason. */
export function listingLines(runs: readonly RunListing[], dir: string): string[] {
  if (runs.length === 0) return [`There are no runs in ${dir}. Start one with \`rzero evolve\`.`];
  const readable = runs.filter((one) => one.outcome !== 'broken');
  const broken = runs.filter((one) => one.outcome === 'broken');
  const rows = readable.map((one) => [
    clean(one.id, 60),
    one.created.slice(0, 16).replace('T', ' '),
    one.outcome,
    one.cursor.stage === 'done' ? `${one.iterations} iterations` : cursorText(one.cursor),
    one.score === null
      ? '—'
      : `${percent(one.score.mean)} (${one.score.iteration === 0 ? 'base' : `iteration ${one.score.iteration}`})`,
    clean(one.model, 60),
  ]);
  const heading = ['run', 'started', 'state', 'at', 'held-out', 'model'];
  return [
    ...(rows.length > 0 ? table([heading, ...rows], Array<'left'>(heading.length).fill('left')) : []),
    ...broken.map((one) => `${clean(one.id, 60)}  broken: ${clean(one.reason, 300)}`),
  ];
}
