/**
 * Writes the questions, attempts and rollouts of a run as a dataset folder of the Hugging Face hub: Parquet files, the
 * same records as JSON lines, and a card. Rows are read in pages, so a run of any length fits into memory.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFolderAtomically } from '../../files/atomic-folder.ts';
import { openTables, type TableReader } from '../../store/sqlite.ts';
import { datasetCard, type DatasetFacts } from './card.ts';
import { jsonRecords } from './json-lines.ts';
import { parquetRecords } from './parquet.ts';
import { DATA_TABLES, type DataTable, recordOf, type Row } from './tables.ts';

/** Number of rows by table. */
export type RowCounts = Record<DataTable['name'], number>;

const PAGE_ROWS = 2000;

/** Limits of a row group. Long completions fill one earlier. */
export interface GroupLimits {
  rows: number;
  /** Characters of its texts. */
  characters: number;
}

const LIMITS: GroupLimits = { rows: 50_000, characters: 32_000_000 };

/**
 * Writes the dataset of the run in `dir` to `folder`. Returns the number of rows of each table.
 * @throws StoreError if the run cannot be read, or the folder not be written
 */
export async function exportDataset(
  dir: string,
  folder: string,
  facts: Omit<DatasetFacts, 'rows'>,
  limits = LIMITS,
): Promise<RowCounts> {
  const counts: RowCounts = { questions: 0, attempts: 0, rollouts: 0 };
  const tables = openTables(dir);
  try {
    await writeFolderAtomically(folder, async (temp) => {
      mkdirSync(join(temp, 'jsonl'));
      for (const table of DATA_TABLES) counts[table.name] = writeTable(tables, table, temp, limits);
      writeFileSync(join(temp, 'README.md'), datasetCard({ ...facts, rows: counts }));
    });
  } finally {
    tables.close();
  }
  return counts;
}

function writeTable(tables: TableReader, table: DataTable, folder: string, limits: GroupLimits): number {
  const parquet = parquetRecords(join(folder, `${table.name}.parquet`), table.columns);
  const lines = jsonRecords(join(folder, 'jsonl', `${table.name}.jsonl`));
  let rows = 0;
  try {
    for (const group of groupsOf(recordsOf(tables, table), limits)) {
      parquet.write(group);
      lines.write(group);
      rows += group.length;
    }
    parquet.close();
  } finally {
    lines.close();
  }
  return rows;
}

function* recordsOf(tables: TableReader, table: DataTable): Generator<Row> {
  for (const page of tables.pages<Row & { row: number }>(table.query, PAGE_ROWS)) {
    for (const stored of page) yield recordOf(table, stored);
  }
}

/** Groups records in order; a group ends when it reaches one of the limits. */
export function* groupsOf(records: Iterable<Row>, limits: GroupLimits): Generator<Row[]> {
  let group: Row[] = [];
  let characters = 0;
  for (const record of records) {
    group.push(record);
    for (const value of Object.values(record)) characters += typeof value === 'string' ? value.length : 0;
    if (group.length < limits.rows && characters < limits.characters) continue;
    yield group;
    group = [];
    characters = 0;
  }
  if (group.length > 0) yield group;
}
