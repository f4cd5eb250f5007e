/** `rzero query`: asks the database of a run with SQL. It can only read; `../../store/query/` sees to that. */

import { ConfigError } from '../../errors.ts';
import { queryRun, TABLES_QUERY } from '../../store/query/query.ts';
import { resolveRun } from '../../store/runs.ts';
import { printJson, printLines, textColumns, type Io } from '../io.ts';
import type { CommonFlags } from '../options.ts';
import { count, plural } from '../render/format.ts';
import { csv, resultTable, tableList } from './layout.ts';

export interface QueryFlags extends CommonFlags {
  /** Second argument of the command. */
  sql?: string;
  tables?: boolean;
  csv?: boolean;
  rows: number;
  timeout: number;
}

/** Throws StoreError if there is no such run, or for an error of the query; ConfigError without a query. */
export async function run(flags: QueryFlags, io: Io, first?: string): Promise<number> {
  const { name, sql } = asked(flags, first);
  const dir = resolveRun(flags.runsDir ?? 'runs', name);
  const isList = flags.tables === true;
  const result = await queryRun(dir, isList ? TABLES_QUERY : sql, { rows: flags.rows, seconds: flags.timeout });
  const columns = textColumns(io);
  if (flags.json === true) {
    printJson(
      io,
      result.rows.map((row) => Object.fromEntries(row.map((cell, at) => [result.columns[at], cell]))),
    );
  } else if (flags.csv === true) io.out(csv(result));
  else if (isList) printLines(io, tableList(result, columns));
  else {
    printLines(io, [...(result.rows.length === 0 ? [] : resultTable(result, columns)), '']);
    printLines(io, [io.palette.dim(plural(result.rows.length, 'row'))]);
  }
  // Not on standard output, where programs read rows.
  if (result.more)
    io.err(`These are the first ${count(result.rows.length)} rows. For more: --rows ${flags.rows * 10}\n`);
  return 0;
}

const STATEMENT = /^\s*(select|with|values|explain|pragma|insert|update|delete|drop|attach|vacuum)\b/i;

/** A single argument is the query, about the newest run; with --tables, it is the run. */
function asked({ sql, tables }: QueryFlags, first: string | undefined): { name: string | undefined; sql: string } {
  if (tables === true) return { name: first, sql: '' };
  if (sql !== undefined) return { name: first, sql };
  if (first !== undefined && STATEMENT.test(first)) return { name: undefined, sql: first };
  throw new ConfigError(
    first === undefined ? 'A query is missing.' : `A query is missing: ${first} is read as the name of a run.`,
    'Add one: `rzero query "SELECT * FROM metrics"`. `rzero query --tables` lists the tables.',
  );
}
