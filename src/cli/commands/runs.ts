/** `rzero runs`: lists the runs in the runs folder, newest first, or deletes runs and weights (`runs-cleanup.ts`). */

import { basename, dirname } from 'node:path';
import { StoreError } from '../../errors.ts';
import { resumeName } from '../../store/failures.ts';
import { listRuns, resolveRun, type RunListing } from '../../store/runs.ts';
import { hasEnded, type RunFilter, selectRuns } from '../../store/select-runs.ts';
import { printJson, printLines, textColumns, type Io } from '../io.ts';
import type { CommonFlags } from '../options.ts';
import { clean, percent, plural, splitTable, utcMinute, wrap } from '../render/format.ts';
import { cursorShort } from '../render/run-report.ts';

export interface RunsFlags extends CommonFlags, Omit<RunFilter, 'text'> {
  delete?: string[];
  /** A run's name; true = all runs that the filters select. */
  prune?: string | true;
  yes?: boolean;
  /** Only says what --delete or --prune would do. */
  dryRun?: boolean;
}

/** Throws StoreError if a run to delete or prune does not exist, is in use, or has not ended. */
export async function run(flags: RunsFlags, io: Io, text?: string): Promise<number> {
  const dir = flags.runsDir ?? 'runs';
  const cleanup = { yes: flags.yes === true, json: flags.json === true, dryRun: flags.dryRun === true };
  if (flags.delete !== undefined) {
    return (await import('./runs-cleanup.ts')).deleteRuns(flags.delete, dir, cleanup, io);
  }
  const all = listRuns(dir);
  const runs = selectRuns(all, { ...flags, text });
  if (flags.prune !== undefined) {
    const { pruneRuns } = await import('./runs-cleanup.ts');
    return pruneRuns(flags.prune === true ? runs : [named(all, dir, flags.prune)], cleanup, io);
  }
  if (flags.json === true) printJson(io, runs);
  else if (runs.length === 0 && all.length > 0)
    printLines(io, [`None of the ${plural(all.length, 'run')} in ${dir} meets these conditions.`]);
  else printLines(io, listingLines(runs, dir, textColumns(io)));
  return 0;
}

/** Returns the listing of a run that the user named. */
function named(all: readonly RunListing[], dir: string, name: string): RunListing {
  const folder = resolveRun(dir, name);
  const found = all.find((one) => one.dir === folder) ?? listRuns(dirname(folder)).find((one) => one.dir === folder);
  if (found !== undefined && hasEnded(found)) return found;
  throw new StoreError(
    `The run ${basename(folder)} has not ended; it still needs its weights.`,
    `Continue it: \`rzero resume ${resumeName(folder)}\`. Or delete it: \`rzero runs --delete ${resumeName(folder)}\`.`,
  );
}

/** The runs as a table of at most `columns`, then the broken runs with their reasons. */
export function listingLines(runs: readonly RunListing[], dir: string, columns: number): string[] {
  if (runs.length === 0) return [`No runs in ${dir}. Start one with \`rzero evolve\`.`];
  const readable = runs.filter((one) => one.outcome !== 'broken');
  const broken = runs.filter((one) => one.outcome === 'broken');
  const heading = ['run', 'state', 'progress', 'held-out score', 'started', 'model'];
  const rows = readable.map((one) => [
    clean(one.id, 60),
    one.outcome,
    one.cursor.stage === 'done' ? plural(one.iterations, 'iteration') : cursorShort(one.cursor),
    one.score === null
      ? '—'
      : `${percent(one.score.mean)} ${one.score.iteration === 0 ? '(base)' : `after ${one.score.iteration}`}`,
    utcMinute(one.created),
    clean(basename(one.model), 40),
  ]);
  return [
    ...(rows.length > 0 ? splitTable(...fitting([heading, ...rows], columns)) : []),
    ...broken.flatMap((one) => wrap(`${clean(one.id, 60)}  broken: ${clean(one.reason, 300)}`, columns)),
  ];
}

/** Columns that are left out if the table is too wide, the first one first: an id begins with the day. */
const DISPENSABLE = ['started', 'model'];

function fitting(rows: readonly string[][], columns: number): Parameters<typeof splitTable> {
  const dropped = [0, 1, 2].map((count) =>
    rows.map((row) => row.filter((_, at) => !DISPENSABLE.slice(0, count).includes(rows[0][at]))),
  );
  const chosen = dropped.find((some) => splitTable(some, columns).every((line) => line !== '')) ?? dropped[2];
  return [chosen, columns, Array<'left'>(chosen[0].length).fill('left')];
}
