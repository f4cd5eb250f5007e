/**
 * What the page shows of questions: the list, one question, the pools side by side, and the held-out test. It keeps what
 * it read last (`cache.ts`). Next: `query.ts` finds and sorts, `types.ts` defines what the page gets.
 */

import { openRun } from '../../store/sqlite.ts';
import { QuestionCache } from './cache.ts';
import { readDetail } from './detail.ts';
import { readHeldOut } from './held-out.ts';
import { type PoolLikeness, readPools } from './pools.ts';
import { queryQuestions } from './query.ts';
import { withDatabase } from './read-run.ts';
import type { HeldOutView, PoolsView, QuestionDetail, QuestionPage, QuestionQuery } from './types.ts';

/** The views of questions of runs, by the folder of the run. All throw StoreError for a run that cannot be read. */
export interface QuestionViews {
  questions(dir: string, query: QuestionQuery): Promise<QuestionPage>;
  /** Throws MissingItem if the run has no such question. */
  question(dir: string, id: string): Promise<QuestionDetail>;
  pools(dir: string): Promise<PoolsView>;
  heldOut(dir: string): Promise<HeldOutView>;
}

/** Opens the views of questions. */
export function openQuestionViews(): QuestionViews {
  const cache = new QuestionCache();
  // By the set of finished questions, which a new run in the same folder does not share.
  const likeness = new WeakMap<object, Map<number, PoolLikeness>>();
  const pools = new WeakMap<object, Promise<PoolsView>>();
  return {
    async questions(dir, query) {
      const { records, iterations, domain } = await cache.read(dir);
      return { ...queryQuestions(records, query), iterations, unit: domain?.difficulty?.unit ?? null };
    },
    async question(dir, id) {
      const run = await cache.read(dir);
      return withDatabase(dir, (database) => readDetail(database, run, id));
    },
    async pools(dir) {
      const run = await cache.read(dir);
      const known = likeness.get(run.kept) ?? new Map<number, PoolLikeness>();
      likeness.set(run.kept, known);
      const view = pools.get(run) ?? readPools(dir, run, known);
      pools.set(run, view);
      return view;
    },
    async heldOut(dir) {
      const store = openRun(dir, { readOnly: true });
      try {
        return readHeldOut(store);
      } finally {
        store.close();
      }
    },
  };
}
