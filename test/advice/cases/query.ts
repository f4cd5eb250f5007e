/** Errors of `rzero query`. */

import { join } from 'node:path';
import { expect } from 'vitest';
import { type QueryFlags, run } from '../../../src/cli/query/query.ts';
import { queryRun } from '../../../src/store/query/query.ts';
import { createRun } from '../../../src/store/sqlite.ts';
import { sampleMeta } from '../../../src/store/samples.contract.ts';
import { commandIn } from '../command.ts';
import type { AdviceCase } from '../followed.ts';
import { perform, type Printed, succeed } from '../perform.ts';

const LIMITS = { rows: 10, seconds: 60 };

/** Creates a run in `place/runs/mine` and returns its folder. */
function created(place: string): string {
  const dir = join(place, 'runs', 'mine');
  createRun(dir, sampleMeta).close();
  return dir;
}

function query(place: string, more: Partial<QueryFlags>, first?: string): Promise<Printed> {
  return perform(run, { rows: 10, timeout: 60, ...more }, place, first);
}

/** Runs the command that lists the tables, and a query of one of them. */
async function listed(place: string): Promise<void> {
  expect((await succeed(['query', '--tables'], { cwd: place })).out).toContain('questions\n');
  expect((await query(place, {}, 'SELECT count(*) AS n FROM questions')).code).toBe(0);
}

const ENDLESS = 'WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c LIMIT 3000000) SELECT max(x) FROM c';

export const CASES: AdviceCase[] = [
  {
    file: 'store/query/query.ts',
    message: 'A query is one statement.',
    advice: 'Give one statement, such as `rzero query "SELECT * FROM metrics"`.',
    provoke: (place) => queryRun(created(place), 'SELECT 1; SELECT 2', LIMITS),
    follow: (place, { advice }) => succeed(commandIn(advice), { cwd: place }),
  },
  {
    file: 'store/query/query.ts',
    message: 'The query was not finished after … s and was stopped.',
    advice: /^Ask for less, or give it more time: --timeout \d/,
    provoke: (place) => queryRun(created(place), ENDLESS, { rows: 10, seconds: 0.05 }),
    follow: (place) => query(place, { timeout: 60 }, ENDLESS),
  },
  {
    file: 'store/query/query.ts',
    message: 'This statement is not allowed: ….',
    advice: 'A query only reads: use SELECT. `rzero query --tables` lists the tables and their columns.',
    provoke: (place) => queryRun(created(place), 'DELETE FROM questions', LIMITS),
    follow: listed,
  },
  {
    file: 'store/query/query.ts',
    message: 'SQLite cannot answer this: ….',
    advice: 'Correct the statement; `rzero query --tables` lists the tables and their columns.',
    provoke: (place) => queryRun(created(place), 'SELECT * FROM question', LIMITS),
    follow: listed,
  },
  {
    file: 'cli/query/query.ts',
    message: '…',
    advice: 'Add one: `rzero query "SELECT * FROM metrics"`. `rzero query --tables` lists the tables.',
    provoke: (place) => query(place, {}, created(place)),
    follow: async (place, { advice }) => {
      await succeed(commandIn(advice), { cwd: place });
      await listed(place);
    },
  },
];
