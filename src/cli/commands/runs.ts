/** `rzero runs`: lists the runs in the runs folder, newest first. */

import { listRuns, type RunListing } from '../../store/runs.ts';
import { printJson, printLines, textColumns, type Io } from '../io.ts';
import type { CommonFlags } from '../options.ts';
import { clean, percent, plural, splitTable, wrap } from '../render/format.ts';
import { cursorText } from '../render/run-report.ts';

export async function run(flags: CommonFlags, io: Io): Promise<number> {
  const dir = flags.runsDir ?? 'runs';
  const runs = listRuns(dir);
  if (flags.json === true) printJson(io, runs);
  else printLines(io, listingLines(runs, dir, textColumns(io)));
  return 0;
}

/** The runs as a table of at most `columns`, then the broken runs with their reasons. */
export function listingLines(runs: readonly RunListing[], dir: string, columns: number): string[] {
  if (runs.length === 0) return [`No runs in ${dir}. Start one with \`rzero evolve\`.`];
  const readable = runs.filter((one) => one.outcome !== 'broken');
  const broken = runs.filter((one) => one.outcome === 'broken');
  const rows = readable.map((one) => [
    clean(one.id, 60),
    one.outcome,
    one.cursor.stage === 'done' ? plural(one.iterations, 'iteration') : cursorText(one.cursor),
    one.score === null
      ? '—'
      : `${percent(one.score.mean)} (${one.score.iteration === 0 ? 'base' : `iteration ${one.score.iteration}`})`,
    one.created.slice(0, 16).replace('T', ' '),
    clean(one.model, 60),
  ]);
  const heading = ['run', 'state', 'progress', 'held-out score', 'started', 'model'];
  return [
    ...(rows.length > 0 ? splitTable([heading, ...rows], columns, Array<'left'>(heading.length).fill('left')) : []),
    ...broken.flatMap((one) => wrap(`${clean(one.id, 60)}  broken: ${clean(one.reason, 300)}`, columns)),
  ];
}
