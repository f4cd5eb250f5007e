/**
 * Answers an SQL query about a run without the means to change anything: the database is opened read-only, an
 * authorizer refuses every statement that is not a question, and the work is done in a process of its own that is
 * killed at the deadline. (A thread cannot be stopped while SQLite works.) `process.ts` is that process; `open.ts` opens.
 * Not for the program's own reading: that is `../reader.ts`.
 */

import { fork } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StoreError } from '../../errors.ts';
import { requireRun } from '../database.ts';
import { workerUrl } from '../../worker-host.ts';
import type { QueryReply, QueryTask } from './messages.ts';
import { countStatements } from './statements.ts';

/** A value of a row; a BLOB is given by its size. Whole numbers beyond 2^53 are texts. */
export type Cell = string | number | null | { bytes: number };

export interface QueryResult {
  columns: string[];
  rows: Cell[][];
  /** There are more rows than were asked for. */
  more: boolean;
}

export interface QueryLimits {
  /** Most rows to return. */
  rows: number;
  /** Most seconds to work. */
  seconds: number;
}

/** Names of the tables and their columns, of a run. */
export const TABLES_QUERY = `SELECT t.name AS "table", group_concat(c.name, ', ') AS columns
FROM sqlite_schema t JOIN pragma_table_info(t.name) c
WHERE t.type IN ('table', 'view') AND t.name NOT LIKE 'sqlite_%' GROUP BY t.name ORDER BY t.name`;

const compiled = import.meta.url.endsWith('.js');

/**
 * Runs one query against the run in `dir`; works while another process writes the run, and on a folder that may not be
 * written.
 * @throws StoreError without a run, for an error of the query, and at the deadline
 */
export async function queryRun(dir: string, sql: string, limits: QueryLimits): Promise<QueryResult> {
  const at = resolve(dir);
  requireRun(at);
  if (countStatements(sql) !== 1) {
    throw new StoreError(
      'A query is one statement.',
      'Give one statement, such as `rzero query "SELECT * FROM metrics"`.',
    );
  }
  const reply = await inProcess({ dir: at, sql, rows: limits.rows }, limits.seconds);
  if (reply === null) {
    throw new StoreError(
      `The query was not finished after ${limits.seconds} s and was stopped.`,
      `Ask for less, or give it more time: --timeout ${limits.seconds * 10}`,
    );
  }
  switch (reply.kind) {
    case 'rows':
      return reply.result;
    case 'refused':
      throw new StoreError(
        `This statement is not allowed: ${reply.message}.`,
        'A query only reads: use SELECT. `rzero query --tables` lists the tables and their columns.',
      );
    case 'wrong':
      throw new StoreError(
        `SQLite cannot answer this: ${reply.message}.`,
        'Correct the statement; `rzero query --tables` lists the tables and their columns.',
      );
  }
}

/** Runs a task in a process; null if the deadline passed. */
function inProcess(task: QueryTask, seconds: number): Promise<QueryReply | null> {
  const module = workerUrl(new URL('./process.ts', import.meta.url), compiled);
  const loader = compiled ? [] : ['--import', import.meta.resolve('tsx')];
  return new Promise((done) => {
    const child = fork(fileURLToPath(module), [], { execArgv: loader, serialization: 'advanced', stdio: 'ignore' });
    let timer: NodeJS.Timeout | undefined;
    let reply: QueryReply | null = null;
    const end = (): void => {
      clearTimeout(timer);
      done(reply);
    };
    child.on('message', (message: QueryReply | 'ready') => {
      if (message !== 'ready') {
        reply = message;
        child.kill('SIGKILL');
        return;
      }
      // The start of the process does not count.
      timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
      child.send(task);
    });
    child.on('error', (error) => {
      reply ??= { kind: 'wrong', message: error.message };
      end();
    });
    child.on('exit', (code) => {
      if (code !== null) reply ??= { kind: 'wrong', message: `its process ended (exit code ${code})` };
      end();
    });
  });
}
