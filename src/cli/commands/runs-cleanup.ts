/** `rzero runs --delete` and `--prune`: deletes runs, or weights that finished runs no longer need. */

import { basename } from 'node:path';
import { folderSize } from '../../files/folder-size.ts';
import { freeableWeights, freeWeights } from '../../loop/run/free-weights.ts';
import { deleteRun } from '../../store/delete-run.ts';
import { isLocked } from '../../store/lock.ts';
import { StoreError } from '../../errors.ts';
import { hasEnded } from '../../store/select-runs.ts';
import { resolveRun, type RunListing } from '../../store/runs.ts';
import { confirmed } from '../confirm.ts';
import { printJson, printLines, type Io } from '../io.ts';
import { bytes, clean, plural } from '../render/format.ts';

/** A deletion that is planned or done. */
export interface Freed {
  id: string;
  bytes: number;
}

interface Cleanup {
  yes: boolean;
  json: boolean;
}

/** Deletes the named runs, after a question. Throws StoreError, and deletes none, if one does not exist or is in use. */
export async function deleteRuns(
  names: readonly string[],
  runsDir: string,
  { yes, json }: Cleanup,
  io: Io,
): Promise<number> {
  const dirs = [...new Set(names.map((name) => resolveRun(runsDir, name)))];
  const used = dirs.find(isLocked);
  if (used !== undefined) {
    throw new StoreError(`The run ${basename(used)} is running. Nothing was deleted.`, 'Stop it first (Ctrl-C there).');
  }
  const freed = dirs.map((dir): Freed => ({ id: basename(dir), bytes: folderSize(dir) }));
  const what = `${plural(dirs.length, 'run')} (${freed.map(({ id }) => clean(id, 60)).join(', ')}; ${bytes(total(freed))})`;
  if (!(await confirmed(io, `Delete ${what}?`, yes))) return kept(io);
  dirs.forEach(deleteRun);
  report(freed, 'deleted', { json, io });
  return 0;
}

/** Deletes weights that the finished ones among `runs` no longer need, after a question. Other runs are left alone. */
export async function pruneRuns(runs: readonly RunListing[], { yes, json }: Cleanup, io: Io): Promise<number> {
  const ended = runs.filter(hasEnded);
  const planned = ended
    .map(({ id, dir }) => ({ id, dir, bytes: freeableWeights(dir).bytes }))
    .filter((one) => one.bytes > 0);
  if (planned.length === 0) {
    report([], 'freed', { json, io });
    return 0;
  }
  const what = `weights of earlier iterations of ${plural(planned.length, 'run')} (${bytes(total(planned))})`;
  if (!(await confirmed(io, `Delete ${what}? best/ and the last weights stay.`, yes))) return kept(io);
  const freed: Freed[] = [];
  for (const { id, dir } of planned) freed.push({ id, bytes: await freeWeights(dir) });
  report(freed, 'freed', { json, io });
  return 0;
}

function report(freed: readonly Freed[], verb: 'deleted' | 'freed', { json, io }: { json: boolean; io: Io }): void {
  if (json) printJson(io, { [verb]: freed, bytes: total(freed) });
  else {
    const lines = freed.map((one) => `${clean(one.id, 60)}  ${verb}, ${bytes(one.bytes)}`);
    printLines(io, [...lines, `${bytes(total(freed))} freed.`]);
  }
}

function kept(io: Io): number {
  printLines(io, ['Nothing was deleted.']);
  return 0;
}

function total(freed: readonly Freed[]): number {
  return freed.reduce((sum, one) => sum + one.bytes, 0);
}
