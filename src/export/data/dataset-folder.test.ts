import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { copyOldRun } from '../../../test/fixtures/old-runs.ts';
import { openRun } from '../../store/sqlite.ts';
import { runFacts } from '../model/run-facts.ts';
import { jsonRecords } from './json-lines.ts';
import { parquetRecords } from './parquet.ts';
import { exportDataset, groupsOf, type RowCounts } from './dataset-folder.ts';
import { DATA_TABLES, recordOf, type Row } from './tables.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-dataset-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const folder = join(root, 'data');
let dir: string;
let counts: RowCounts;

beforeAll(async () => {
  dir = copyOldRun('finished', root);
  const store = openRun(dir, { readOnly: true });
  const run = runFacts(store, false);
  store.close();
  // Small groups, so that every table has several.
  counts = await exportDataset(
    dir,
    folder,
    { run, base: 'base', license: null, exporter: '0' },
    { rows: 7, characters: 4000 },
  );
});

/** The reader gives a missing list as undefined. */
async function rowsOf(name: string): Promise<Row[]> {
  const file = await asyncBufferFromFile(join(folder, `${name}.parquet`));
  const rows: Row[] = await parquetReadObjects({ file });
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value ?? null])));
}

const linesOf = (name: string): Row[] =>
  readFileSync(join(folder, 'jsonl', `${name}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);

describe('the dataset of a run', () => {
  it.each(DATA_TABLES.map(({ name }) => name))('has the same %s in both formats', async (name) => {
    const rows = await rowsOf(name);
    expect(rows.length).toBe(counts[name]);
    expect(rows.length).toBeGreaterThan(10);
    expect(linesOf(name)).toEqual(rows);
  });

  it('is written in groups, so that a run of any length fits into memory', async () => {
    const { row_groups: groups } = await parquetMetadataAsync(
      await asyncBufferFromFile(join(folder, 'attempts.parquet')),
    );
    expect(groups.length).toBeGreaterThan(counts.attempts / 8);
    expect(groups.every(({ num_rows: rows }) => rows <= 7n)).toBe(true);
  });

  it('has the questions with their labels and verdicts as the store has them', async () => {
    const store = openRun(dir, { readOnly: true });
    const labelled = store.labels(1);
    store.close();
    const rows = new Map((await rowsOf('questions')).map((row) => [row.id, row]));
    expect(labelled.length).toBeGreaterThan(0);
    for (const { question, tally, dropped, truth, labelCorrect } of labelled)
      expect(rows.get(question.id)).toMatchObject({
        question: question.text,
        label: tally.label,
        agreement: tally.agreement,
        votes: tally.groups,
        kept: dropped === null,
        dropped,
        truth,
        label_correct: labelCorrect,
      });
    const others = [...rows.values()].filter(({ origin }) => origin === 'training');
    expect(new Set(others.map(({ kept }) => kept))).toEqual(new Set([null]));
  });

  it('has a card that names every table and warns of the labels', () => {
    const card = readFileSync(join(folder, 'README.md'), 'utf8');
    const [, matter] = card.split('---\n');
    expect(parse(matter)).toMatchObject({
      configs: [
        { config_name: 'questions', data_files: 'questions.parquet', default: true },
        { config_name: 'attempts', data_files: 'attempts.parquet' },
        { config_name: 'rollouts', data_files: 'rollouts.parquet' },
      ],
    });
    expect(card).toContain('majority votes of a model, not true answers');
    for (const { columns } of DATA_TABLES) for (const { name } of columns) expect(card).toContain(`| \`${name}\` |`);
  });
});

describe('records', () => {
  it('keep hostile texts as they are, except for halves of characters', async () => {
    const [questions] = DATA_TABLES;
    const text = 'a\0b <script> \u202e 😀 \ud800 "x",\r\n';
    const stored = {
      id: '1',
      text,
      tally: JSON.stringify([{ answer: text, count: 1, weight: 0.5 }]),
      labelled: '1',
      dropped: null,
    };
    const record = recordOf(questions, stored);
    const sound = text.replace('\ud800', '\ufffd');
    expect(record).toMatchObject({
      question: sound,
      votes: [{ answer: sound, count: 1, weight: 0.5 }],
      kept: true,
      label: null,
    });
    const paths = [join(root, 'one.parquet'), join(root, 'one.jsonl')];
    const writers = [parquetRecords(paths[0], questions.columns), jsonRecords(paths[1])];
    for (const writer of writers) {
      writer.write([record]);
      writer.close();
    }
    const [read] = await parquetReadObjects({ file: await asyncBufferFromFile(paths[0]) });
    expect(read).toEqual(record);
    expect(JSON.parse(readFileSync(paths[1], 'utf8'))).toEqual(record);
  });

  it('are grouped by number and by length of their texts', () => {
    const sizes = (limits: { rows: number; characters: number }) =>
      [
        ...groupsOf(
          Array.from({ length: 10 }, () => ({ text: 'x'.repeat(100) })),
          limits,
        ),
      ].map(({ length }) => length);
    expect(sizes({ rows: 4, characters: Infinity })).toEqual([4, 4, 2]);
    expect(sizes({ rows: 100, characters: 300 })).toEqual([3, 3, 3, 1]);
    expect(sizes({ rows: 100, characters: 1 })).toEqual(Array.from({ length: 10 }, () => 1));
  });
});

it('leaves an earlier dataset in place if the run cannot be read', async () => {
  writeFileSync(join(folder, 'kept'), '');
  await expect(
    exportDataset(join(root, 'none'), folder, { run: {} as never, base: '', license: null, exporter: '' }),
  ).rejects.toThrow(/There is no run/);
  expect(readFileSync(join(folder, 'kept'), 'utf8')).toBe('');
});
