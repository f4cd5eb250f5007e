/** Rows of a query as a table that fits a terminal, as records, or as CSV. Pure. */

import type { Cell, QueryResult } from '../../store/query/query.ts';
import { bytes, clean, fit, table, width, wrap } from '../render/format.ts';

/** Most characters of a value in a table. */
const MOST_CHARACTERS = 60;
/** Narrowest column of a shortened text. */
const LEAST_COLUMNS = 12;
const GAP = 2;

/** The rows as a table of at most `columns`; if not even shortened texts fit, one line per value. */
export function resultTable({ columns: names, rows }: QueryResult, columns: number): string[] {
  const texts = [names.map((name) => clean(name, 40)), ...rows.map((row) => row.map((cell) => shown(cell)))];
  const widths = fitted(naturalWidths(texts), columns);
  if (widths === null) return records(names, rows, columns);
  const cells = texts.map((row) => row.map((text, at) => fit(text, widths[at])));
  return table(
    cells,
    names.map((_, at) => (rows.every((row) => typeof row[at] !== 'string') ? 'right' : 'left')),
  );
}

/** One line per value, and an empty line between rows. */
function records(names: readonly string[], rows: readonly Cell[][], columns: number): string[] {
  const titles = names.map((name) => clean(name, 40));
  const room = Math.max(0, ...titles.map(width));
  return rows.flatMap((row, at) => [
    ...(at === 0 ? [] : ['']),
    ...row.map((cell, i) => fit(`${titles[i].padEnd(room)}  ${shown(cell, 2 * columns)}`, columns)),
  ]);
}

function shown(cell: Cell, most = MOST_CHARACTERS): string {
  if (cell === null) return '—';
  if (typeof cell === 'object') return `(${bytes(cell.bytes)})`;
  return clean(String(cell), most);
}

function naturalWidths(texts: readonly (readonly string[])[]): number[] {
  return texts[0].map((_, at) => Math.max(1, ...texts.map((row) => width(row[at]))));
}

/** Takes columns from the widest until all fit; null if that leaves too little. */
function fitted(natural: readonly number[], columns: number): number[] | null {
  const widths = [...natural];
  const room = columns - GAP * (widths.length - 1);
  while (widths.reduce((sum, one) => sum + one, 0) > room) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest] <= LEAST_COLUMNS) return null;
    widths[widest]--;
  }
  return widths;
}

/** The rows as CSV (RFC 4180) with a heading; a BLOB is given by its number of bytes. */
export function csv({ columns, rows }: QueryResult): string {
  return [columns, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

function field(cell: Cell): string {
  const text = cell === null ? '' : typeof cell === 'object' ? String(cell.bytes) : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The tables of a run, each with its columns. */
export function tableList({ rows }: QueryResult, columns: number): string[] {
  return rows.flatMap(([name, list]) => [shown(name, 60), ...wrap(shown(list, 2000), columns, '    ')]);
}
