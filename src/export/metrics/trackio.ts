/**
 * Writes metrics as a database of trackio, which shows a folder of them: `TRACKIO_DIR=FOLDER trackio show`. One database
 * is one project. The tables are those of trackio 0.43, which also reads databases of older versions.
 */

import { DatabaseSync } from '@photostructure/sqlite';
import { join } from 'node:path';
import { writeFolderAtomically } from '../../files/atomic-folder.ts';
import { isTable, type Table } from '../../config/tables.ts';
import { publicConfig } from '../model/public-config.ts';
import type { RunMetrics, TimedPoint } from './read.ts';

/** Name of the project, and of the file. */
export const TRACKIO_PROJECT = 'rzero';

const SCHEMA = `
CREATE TABLE metrics (
  id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL, timestamp TEXT NOT NULL, run_name TEXT NOT NULL,
  step INTEGER NOT NULL, metrics TEXT NOT NULL, log_id TEXT, space_id TEXT);
CREATE INDEX idx_metrics_run_step ON metrics(run_id, step);
CREATE INDEX idx_metrics_run_timestamp ON metrics(run_id, timestamp);
CREATE UNIQUE INDEX idx_metrics_log_id ON metrics(log_id) WHERE log_id IS NOT NULL;
CREATE TABLE configs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL, run_name TEXT NOT NULL, config TEXT NOT NULL,
  created_at TEXT NOT NULL, UNIQUE(run_id));
CREATE INDEX idx_configs_run_name ON configs(run_name);
`;

/** One logged dictionary. */
export interface LoggedRow {
  /** ISO 8601. */
  timestamp: string;
  step: number;
  /** JSON. */
  metrics: string;
}

/** Collects the points that were committed together and have the same place on the axis. Values are finite. */
export function loggedRows(points: readonly TimedPoint[]): LoggedRow[] {
  const groups = new Map<string, { first: TimedPoint; values: Record<string, number> }>();
  for (const point of points) {
    if (!Number.isFinite(point.value)) continue;
    const key = `${point.iteration}/${point.stage}/${point.step}/${point.at}`;
    const group = groups.get(key) ?? { first: point, values: {} };
    group.values[point.tag] = point.value;
    groups.set(key, group);
  }
  return [...groups.values()].map(({ first, values }) => ({
    timestamp: new Date(first.seconds * 1000).toISOString(),
    step: first.at,
    metrics: JSON.stringify(values),
  }));
}

/** Writes the database of a run to a folder. Throws StoreError if it cannot be written. */
export async function exportTrackio({ meta, points }: RunMetrics, folder: string): Promise<void> {
  await writeFolderAtomically(folder, async (temp) => {
    const database = new DatabaseSync(join(temp, `${TRACKIO_PROJECT}.db`));
    try {
      database.exec(SCHEMA);
      database.exec('BEGIN');
      const insert = database.prepare(
        'INSERT INTO metrics (run_id, timestamp, run_name, step, metrics) VALUES (?, ?, ?, ?, ?)',
      );
      for (const { timestamp, step, metrics } of loggedRows(points))
        insert.run(meta.id, timestamp, meta.id, step, metrics);
      const config = { ...flat(publicConfig({ ...meta.config })), _Created: meta.createdAt, rzero: meta.version };
      database
        .prepare('INSERT INTO configs (run_id, run_name, config, created_at) VALUES (?, ?, ?, ?)')
        .run(meta.id, meta.id, JSON.stringify(config), meta.createdAt);
      database.exec('COMMIT');
    } finally {
      database.close();
    }
  });
}

/** The page of trackio shows settings without nesting. */
function flat(config: Table, prefix = ''): Table {
  return Object.fromEntries(
    Object.entries(config).flatMap(([name, value]): [string, unknown][] =>
      isTable(value) ? Object.entries(flat(value, `${prefix}${name}.`)) : [[`${prefix}${name}`, value]],
    ),
  );
}
