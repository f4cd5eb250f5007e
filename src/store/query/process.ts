/** The process that answers one query and then ends. `query.ts` starts it, and kills it at the deadline. */

import { messageOf } from '../../errors.ts';
import { DATABASE_FILE, type Statement } from '../database.ts';
import type { QueryReply, QueryTask } from './messages.ts';
import { openForQueries } from './open.ts';
import type { Cell, QueryResult } from './query.ts';

/** Characters of all rows together after which no more rows are read. */
const MOST_CHARACTERS = 64_000_000;
/** What SQLite says of a statement that the authorizer or the read-only mode refuses. */
const REFUSAL = /not authorized|authorization denied|readonly database/;

process.once('message', (task: QueryTask) => process.send?.(answer(task)));
process.send?.('ready');

function answer({ dir, sql, rows }: QueryTask): QueryReply {
  try {
    const { database, close } = openForQueries(dir, DATABASE_FILE);
    try {
      return { kind: 'rows', result: collect(database.prepare(sql), rows) };
    } finally {
      close();
    }
  } catch (error) {
    const message = messageOf(error);
    return { kind: REFUSAL.test(message) ? 'refused' : 'wrong', message };
  }
}

function collect(statement: Statement, limit: number): QueryResult {
  statement.setReturnArrays(true);
  statement.setReadBigInts(true);
  const columns = statement.columns().map(({ name }) => name);
  const rows: Cell[][] = [];
  let characters = 0;
  for (const row of statement.iterate() as Iterable<unknown[]>) {
    if (rows.length === limit || characters > MOST_CHARACTERS) return { columns, rows, more: true };
    const cells = row.map(cellOf);
    characters += cells.reduce<number>((sum, cell) => sum + (typeof cell === 'string' ? cell.length : 1), 0);
    rows.push(cells);
  }
  return { columns, rows, more: false };
}

function cellOf(value: unknown): Cell {
  switch (typeof value) {
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case 'number':
    case 'string':
      return value;
    default:
      return value instanceof Uint8Array ? { bytes: value.byteLength } : null;
  }
}
