/** Exports of the records of a run: its questions, its metrics and the page about it. */

import { basename } from 'node:path';
import { ConfigError } from '../../errors.ts';
import type { Target } from '../../export/formats.ts';
import { exportDataset } from '../../export/data/dataset-folder.ts';
import { exportCsv } from '../../export/metrics/csv.ts';
import { readMetrics } from '../../export/metrics/read.ts';
import { exportTensorboard } from '../../export/metrics/tensorboard.ts';
import { exportTrackio, TRACKIO_PROJECT } from '../../export/metrics/trackio.ts';
import { baseFacts } from '../../export/model/base-facts.ts';
import { runFacts } from '../../export/model/run-facts.ts';
import { writeWhole } from '../../files/atomic-file.ts';
import { namedRun } from '../../generate/run-model.ts';
import { isOnHub } from '../../models/hub/obtain-model.ts';
import { openRun } from '../../store/sqlite.ts';
import { RZERO_VERSION } from '../../store/version.ts';
import { exportPage } from '../../view/export-page.ts';
import { count, plural } from '../render/format.ts';
import type { Written } from './models.ts';

/**
 * Returns the folder of the run that a name stands for.
 * @throws ConfigError for a model without a run, and for one iteration; StoreError if there is no such run
 */
export function runDirOf(name: string, runsDir: string): string {
  const run = isOnHub(name) ? null : namedRun(name, runsDir);
  if (run === null)
    throw new ConfigError(
      `${name} is a model and not a run, so it has no questions and no metrics.`,
      'Name a run; `rzero runs` lists them.',
    );
  if (run.iteration === null) return run.dir;
  throw new ConfigError(
    `${name} is one iteration, and questions and metrics are exported for the whole run.`,
    `Name the run without @${run.iteration}.`,
  );
}

/** Writes one of the formats that need only the records of a run. */
export async function writeRecords(dir: string, { format, path }: Target): Promise<Written> {
  if (format === 'data') return writeDataset(dir, path);
  if (format === 'html') return writePage(dir, path);
  const metrics = readMetrics(dir);
  const values = `${plural(metrics.points.length, 'value')} of ${plural(new Set(metrics.points.map(({ tag }) => tag)).size, 'metric')}`;
  const json = { run: metrics.meta.id, format, folder: path, values: metrics.points.length };
  if (format === 'csv') {
    await exportCsv(metrics, path);
    return { line: `${values}, in ${path}`, json };
  }
  if (format === 'tensorboard') {
    await exportTensorboard(metrics, path);
    return { line: `${values}, in ${path}`, json };
  }
  await exportTrackio(metrics, path);
  return { line: `${values} of the project ${TRACKIO_PROJECT}, in ${path}`, json };
}

async function writeDataset(dir: string, path: string): Promise<Written> {
  const store = openRun(dir, { readOnly: true });
  const { id } = store.meta();
  const run = runFacts(store, false);
  const base = await baseFacts(store).finally(() => store.close());
  const rows = await exportDataset(dir, path, { run, base: base.name, license: base.license, exporter: RZERO_VERSION });
  const what = Object.entries(rows).map(([name, number]) => `${count(number)} ${name}`);
  return { line: `${what.join(', ')}, in ${path}`, json: { run: id, format: 'data', folder: path, rows } };
}

async function writePage(dir: string, path: string): Promise<Written> {
  writeWhole(path, await exportPage(dir));
  return { line: `The page about the run is in ${path}`, json: { run: basename(dir), format: 'html', file: path } };
}
