/** Messages between `query.ts` and the process that works for it. */

import type { QueryResult } from './query.ts';

export interface QueryTask {
  /** Absolute folder of the run. */
  dir: string;
  sql: string;
  rows: number;
}

export type QueryReply =
  | { kind: 'rows'; result: QueryResult }
  /** The authorizer or the read-only mode refused the statement. */
  | { kind: 'refused'; message: string }
  | { kind: 'wrong'; message: string };
