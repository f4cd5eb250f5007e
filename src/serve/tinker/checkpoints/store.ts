/**
 * The checkpoint folder. Each run has a folder with `run.json`, one record per checkpoint in `checkpoints/`, and the
 * engine's states. A checkpoint's weights are written first, under a name that is never used again, and its record
 * last: so a checkpoint is complete or absent, at every moment, and replacing one never leaves none. The whole index is
 * in memory; one process uses a folder at a time.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { z } from 'zod';
import type { StatePlace, StateRef } from '../../../engine/engine.ts';
import { writeWhole } from '../../../files/atomic-file.ts';
import { folderSize } from '../../../files/folder-size.ts';
import { acquireLock } from '../../../store/lock.ts';
import { type CheckpointPath, folderName, idOf } from './paths.ts';
import { type CheckpointRecord, checkpointSchema, type RunRecord, runSchema } from './records.ts';

export interface Checkpoint extends CheckpointPath {
  record: CheckpointRecord;
  run: RunRecord;
  ref: StateRef;
}

interface Run {
  record: RunRecord;
  home: string;
  serial: number;
  checkpoints: Map<string, Checkpoint>;
}

export interface NewCheckpoint extends CheckpointPath {
  /** Null: never expires. */
  ttlSeconds: number | null;
  metadata: Record<string, unknown> | null;
}

const RECORDS = 'checkpoints';
const RUN_FILE = 'run.json';

export class CheckpointStore {
  #folder: string;
  #runs = new Map<string, Run>();
  #release: () => void;
  #remove: (ref: StateRef) => Promise<void>;

  /** @param remove deletes a state of the engine */
  constructor(folder: string, remove: (ref: StateRef) => Promise<void>) {
    this.#folder = resolve(folder);
    this.#remove = remove;
    mkdirSync(this.#folder, { recursive: true });
    this.#release = acquireLock(this.#folder);
    for (const entry of readdirSync(this.#folder, { withFileTypes: true })) {
      if (entry.isDirectory()) this.#read(join(this.#folder, entry.name));
    }
  }

  close(): void {
    this.#release();
  }

  /** Deletes the states that no checkpoint names: those of a process that was killed while it wrote or deleted one. */
  async clean(states: (home: string) => Promise<StateRef[]>): Promise<void> {
    for (const { home, checkpoints } of this.#runs.values()) {
      const named = new Set(Array.from(checkpoints.values(), ({ ref }) => ref.id));
      for (const ref of await states(home)) if (!named.has(ref.id)) await this.#remove(ref);
    }
  }

  /** Records a run that is new, or has no checkpoints yet. Durable when it returns. */
  addRun(record: RunRecord): void {
    const home = join(this.#folder, folderName(record.runId));
    writeWhole(join(home, RUN_FILE), `${JSON.stringify(record)}\n`);
    this.#runs.set(record.runId, { record, home, serial: 0, checkpoints: new Map() });
  }

  /** Lists all runs, oldest first. */
  runs(): RunRecord[] {
    return Array.from(this.#runs.values(), ({ record }) => record).toSorted((a, b) =>
      a.created === b.created ? 0 : a.created < b.created ? -1 : 1,
    );
  }

  run(runId: string): RunRecord | undefined {
    return this.#runs.get(runId)?.record;
  }

  /** Finds a checkpoint that has not expired. */
  find(path: CheckpointPath): Checkpoint | undefined {
    const found = this.#runs.get(path.runId)?.checkpoints.get(idOf(path));
    return found === undefined || hasExpired(found.record) ? undefined : found;
  }

  /** Lists the checkpoints of a run, or of all runs, oldest first. */
  list(runId?: string): Checkpoint[] {
    const runs = runId === undefined ? [...this.#runs.values()] : [this.#runs.get(runId)];
    return runs
      .flatMap((run) => [...(run?.checkpoints.values() ?? [])])
      .filter(({ record }) => !hasExpired(record))
      .toSorted((a, b) => a.record.created.localeCompare(b.record.created) || a.record.serial - b.record.serial);
  }

  /**
   * Writes a checkpoint: `write` saves the weights at the place that it gets. Replaces a checkpoint of the same name. The
   * checkpoint is durable when it returns.
   */
  async add(checkpoint: NewCheckpoint, write: (place: StatePlace) => Promise<StateRef>): Promise<Checkpoint> {
    const { runId, kind, name, ttlSeconds, metadata } = checkpoint;
    const run = this.#runs.get(runId);
    if (run === undefined) throw new Error(`run ${runId} is not recorded`);
    const serial = ++run.serial;
    const ref = await write({ home: run.home, name: `checkpoint-${serial}` });
    const now = new Date();
    const record: CheckpointRecord = {
      kind,
      name,
      state: ref.id,
      serial,
      created: now.toISOString(),
      expires: ttlSeconds === null ? null : new Date(now.getTime() + ttlSeconds * 1000).toISOString(),
      bytes: folderSize(resolve(run.home, ref.id)),
      metadata,
    };
    const replaced = run.checkpoints.get(idOf(checkpoint));
    writeWhole(recordFile(run.home, serial), `${JSON.stringify(record)}\n`);
    const added: Checkpoint = { runId, kind, name, record, run: run.record, ref };
    run.checkpoints.set(idOf(checkpoint), added);
    if (replaced !== undefined) await this.#delete(run, replaced);
    return added;
  }

  /** Sets when a checkpoint expires; null: never. */
  setTtl(checkpoint: Checkpoint, ttlSeconds: number | null): void {
    const { record, runId } = checkpoint;
    record.expires = ttlSeconds === null ? null : new Date(Date.now() + ttlSeconds * 1000).toISOString();
    const run = this.#runs.get(runId);
    if (run !== undefined) writeWhole(recordFile(run.home, record.serial), `${JSON.stringify(record)}\n`);
  }

  /** Deletes a checkpoint: first its record, then its weights. */
  async remove(checkpoint: Checkpoint): Promise<void> {
    const run = this.#runs.get(checkpoint.runId);
    if (run === undefined) return;
    run.checkpoints.delete(idOf(checkpoint));
    await this.#delete(run, checkpoint);
  }

  /** Deletes the checkpoints that have expired. */
  async sweep(): Promise<void> {
    for (const run of this.#runs.values()) {
      for (const checkpoint of run.checkpoints.values()) {
        if (hasExpired(checkpoint.record)) await this.remove(checkpoint);
      }
    }
  }

  async #delete(run: Run, { record, ref }: Checkpoint): Promise<void> {
    rmSync(recordFile(run.home, record.serial), { force: true });
    await this.#remove(ref);
  }

  #read(home: string): void {
    const record = readRecord(join(home, RUN_FILE), runSchema);
    if (record === null) return;
    const run: Run = { record, home, serial: 0, checkpoints: new Map() };
    for (const found of readRecords(join(home, RECORDS)).toSorted((a, b) => a.serial - b.serial)) {
      run.serial = found.serial;
      const path: CheckpointPath = { runId: record.runId, kind: found.kind, name: found.name };
      const replaced = run.checkpoints.get(idOf(path));
      // Both are there if the process was killed while the later one replaced the earlier one.
      if (replaced !== undefined) rmSync(recordFile(home, replaced.record.serial), { force: true });
      const ref: StateRef = { kind: 'state', id: found.state, home };
      run.checkpoints.set(idOf(path), { ...path, record: found, run: record, ref });
    }
    this.#runs.set(record.runId, run);
  }
}

function recordFile(home: string, serial: number): string {
  return join(home, RECORDS, `${serial}.json`);
}

function hasExpired({ expires }: CheckpointRecord): boolean {
  return expires !== null && Date.parse(expires) <= Date.now();
}

function readRecords(folder: string): CheckpointRecord[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const record = /^\d+\.json$/.test(name) ? readRecord(join(folder, name), checkpointSchema) : null;
    return record === null ? [] : [record];
  });
}

/** Returns null for a file that is absent or no record: it is not this server's. */
function readRecord<Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> | null {
  try {
    const parsed = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
