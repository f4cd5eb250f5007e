/** `rzero runs --delete` and `--prune`: deletes runs, or weights that finished runs no longer need. */

import { basename } from 'node:path';
import type { Remaining, RemovedCheckpoints } from '../../engine/tinker/states/remove-checkpoints.ts';
import { diskUse } from '../../files/folder-size.ts';
import { checkpointsOfRun, removeCheckpointsOfRun, type RunCheckpoints } from '../../loop/remote/run-checkpoints.ts';
import { freeableWeights, freeWeights } from '../../loop/run/free-weights.ts';
import { deleteRun } from '../../store/delete-run.ts';
import { isLocked } from '../../store/lock.ts';
import { StoreError } from '../../errors.ts';
import { hasEnded } from '../../store/select-runs.ts';
import { resolveRun, type RunListing } from '../../store/runs.ts';
import { confirmed } from '../confirm.ts';
import { printJson, printLines, textColumns, type Io } from '../io.ts';
import { bytes, clean, plural, wrap } from '../render/format.ts';

/** A deletion that is planned or done. */
export interface Freed {
  id: string;
  /** Of this machine's disk. */
  bytes: number;
  /** Bytes of the disk that the run still uses; absent for a deleted run. */
  left?: number;
  /** Number of checkpoints deleted on the run's service; absent for a run on this machine. */
  checkpoints?: number;
  /** Checkpoints that the service has kept, or may have kept. */
  remaining?: Remaining[];
}

export interface Cleanup {
  yes: boolean;
  json: boolean;
  /** Only says what would be deleted. */
  dryRun: boolean;
}

/** Exit code if something that should be deleted remains. */
const REMAINS = 1;

/**
 * Deletes the named runs, and their checkpoints on services, after a question. A service that does not delete them does
 * not keep the run, but what remains there is said before: the run's folder is the only record of it.
 * Returns the exit code: 1 if something remains.
 * @throws StoreError, and deletes none, if one does not exist or is in use
 */
export async function deleteRuns(
  names: readonly string[],
  runsDir: string,
  { yes, json, dryRun }: Cleanup,
  io: Io,
): Promise<number> {
  const dirs = [...new Set(names.map((name) => resolveRun(runsDir, name)))];
  const used = dirs.find(isLocked);
  if (used !== undefined) {
    throw new StoreError(`The run ${basename(used)} is running. Nothing was deleted.`, 'Stop it first (Ctrl-C there).');
  }
  const planned = dirs.map((dir) => ({ id: basename(dir), dir, bytes: diskUse(dir) }));
  const remote = new Map<string, RunCheckpoints>();
  for (const dir of dirs) {
    const found = await checkpointsOfRun(dir);
    if (found !== null) remote.set(dir, found);
  }
  const sizes = [bytes(total(planned)), ...[...remote.values()].map(onService)].join('; ');
  const what = `${plural(dirs.length, 'run')} (${planned.map(({ id }) => clean(id, 60)).join(', ')}; ${sizes})`;
  if (dryRun) return wouldDelete(planned, what, { json, io });
  if (!(await confirmed(io, `Delete ${what}?`, yes))) return kept(io);
  const freed: Freed[] = [];
  let remains = false;
  for (const { dir, ...one } of planned) {
    const checkpoints = remote.has(dir) ? await removeCheckpointsOfRun(dir) : null;
    const remaining = checkpoints?.remaining ?? [];
    remains ||= remaining.length > 0;
    noteRemaining(one.id, remaining, io);
    const anyway = `Delete the run ${clean(one.id, 60)}, although they remain?`;
    if (remaining.length > 0 && !(await confirmed(io, anyway, yes))) continue;
    deleteRun(dir);
    freed.push({ ...one, ...countsOf(checkpoints) });
  }
  report(freed, 'deleted', { json, io });
  return remains ? REMAINS : 0;
}

/**
 * Deletes weights that the finished ones among `runs` no longer need, after a question. Other runs are left alone.
 * Returns the exit code: 1 if something remains.
 */
export async function pruneRuns(runs: readonly RunListing[], { yes, json, dryRun }: Cleanup, io: Io): Promise<number> {
  const ended = runs.filter(hasEnded);
  const planned = ended
    .map(({ id, dir }) => ({ id, dir, bytes: freeableWeights(dir).bytes }))
    .filter((one) => one.bytes > 0);
  if (planned.length === 0) {
    report([], 'freed', { json, io });
    return 0;
  }
  const what = `weights of earlier iterations of ${plural(planned.length, 'run')} (${bytes(total(planned))})`;
  if (dryRun) return wouldDelete(planned, what, { json, io });
  if (!(await confirmed(io, `Delete ${what}? best/ and the last weights stay.`, yes))) return kept(io);
  const freed: Freed[] = [];
  for (const { id, dir } of planned) {
    const { checkpoints, disk } = await freeWeights(dir);
    noteRemaining(id, checkpoints?.remaining ?? [], io);
    freed.push({ id, bytes: disk, left: diskUse(dir), ...countsOf(checkpoints) });
  }
  report(freed, 'freed', { json, io });
  return freed.some(({ remaining }) => remaining !== undefined) ? REMAINS : 0;
}

function onService({ count: checkpoints, services }: RunCheckpoints): string {
  return `${plural(checkpoints, 'checkpoint')} on ${clean(services)}`;
}

function countsOf(checkpoints: RemovedCheckpoints | null): Pick<Freed, 'checkpoints' | 'remaining'> {
  if (checkpoints === null) return {};
  const { removed, remaining } = checkpoints;
  return { checkpoints: removed, ...(remaining.length === 0 ? {} : { remaining }) };
}

/** Names the checkpoints that remain, each with its full path, by service and reason. */
function noteRemaining(id: string, remaining: readonly Remaining[], io: Io): void {
  const wheres = remaining.map(({ service, reason }) => `${clean(service)} (${clean(reason, 400)})`);
  for (const where of new Set(wheres)) {
    const group = remaining.filter((_, at) => wheres[at] === where);
    io.err(`${clean(id, 60)}: ${plural(group.length, 'checkpoint')} may remain on ${where}:\n`);
    io.err(group.map(({ path }) => `  ${clean(path, 400)}\n`).join(''));
  }
}

function report(freed: readonly Freed[], verb: 'deleted' | 'freed', { json, io }: { json: boolean; io: Io }): void {
  if (json) printJson(io, { [verb]: freed, bytes: total(freed) });
  else {
    const lines = freed.map((one) => {
      const remote =
        one.checkpoints === undefined ? '' : `, and ${plural(one.checkpoints, 'checkpoint')} on the service`;
      const left = one.left === undefined ? '' : `; the run still uses ${bytes(one.left)}`;
      return `${clean(one.id, 60)}  ${verb}, ${bytes(one.bytes)}${left}${remote}`;
    });
    const columns = textColumns(io);
    printLines(io, [...lines.flatMap((line) => wrap(line, columns)), `${bytes(total(freed))} freed.`]);
  }
}

function wouldDelete(planned: readonly Freed[], what: string, { json, io }: { json: boolean; io: Io }): number {
  if (json)
    printJson(io, { wouldFree: planned.map(({ id, bytes: own }) => ({ id, bytes: own })), bytes: total(planned) });
  else printLines(io, wrap(`Would delete ${what}.`, textColumns(io)));
  return 0;
}

function kept(io: Io): number {
  printLines(io, ['Nothing was deleted.']);
  return 0;
}

function total(freed: readonly Pick<Freed, 'bytes'>[]): number {
  return freed.reduce((sum, one) => sum + one.bytes, 0);
}
