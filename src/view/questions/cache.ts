/**
 * Keeps the questions of the runs that were looked at last. Questions of a finished iteration never change, so that after
 * a commit only those of the current iteration are read again.
 */

import { setImmediate as pause } from 'node:timers/promises';
import type { RunConfig } from '../../config/schema.ts';
import type { Domain } from '../../domains/domain.ts';
import { areComputed } from '../../loop/pool/label-counts.ts';
import { type Database, rows } from '../../store/database.ts';
import { openOverview } from '../../store/sqlite.ts';
import type { QuestionRecord } from './query.ts';
import { builtInDomain, stampOf, withDatabase } from './read-run.ts';
import { iterationsOf, readRecords } from './records.ts';

/** The questions of a run. */
export interface RunQuestions {
  config: RunConfig;
  /** Null for a domain of your own. */
  domain: Domain | null;
  iterations: number[];
  /** Iterations whose questions never change. */
  finished: ReadonlySet<number>;
  /** In order. */
  records: readonly QuestionRecord[];
  /** Stays the same object as long as the finished iterations of the folder are of the same run. */
  kept: object;
}

interface Kept {
  stamp: string;
  created: string;
  finished: Map<number, QuestionRecord[]>;
  run: RunQuestions;
}

const MOST_QUESTIONS = 400_000;

/** Reads the questions of runs; keeps at most `most` questions of runs besides the newest one. */
export class QuestionCache {
  private readonly kept = new Map<string, Kept>();
  private readonly loading = new Map<string, Promise<RunQuestions>>();
  private readonly most: number;

  constructor(most: number = MOST_QUESTIONS) {
    this.most = most;
  }

  /** Returns the questions of the run in a folder, as of its newest commit. Throws StoreError if it cannot be read. */
  async read(dir: string): Promise<RunQuestions> {
    const kept = this.kept.get(dir);
    const stamp = stampOf(dir);
    if (kept?.stamp === stamp) {
      this.keep(dir, kept);
      return kept.run;
    }
    const running = this.loading.get(dir);
    if (running !== undefined) return running;
    const load = this.load(dir, stamp, kept).finally(() => this.loading.delete(dir));
    this.loading.set(dir, load);
    return load;
  }

  private async load(dir: string, stamp: string, before: Kept | undefined): Promise<RunQuestions> {
    const { config, created } = about(dir);
    const domain = builtInDomain(config);
    const subject = { domain, computed: areComputed(config) };
    const finished = before?.created === created ? before.finished : new Map<number, QuestionRecord[]>();
    const { iterations, current } = withDatabase(dir, (database) => ({
      iterations: iterationsOf(database),
      current: currentIteration(database),
    }));
    const parts: QuestionRecord[][] = [];
    for (const iteration of iterations) {
      const part =
        finished.get(iteration) ?? withDatabase(dir, (database) => readRecords(database, iteration, subject));
      if (iteration < current) finished.set(iteration, part);
      parts.push(part);
      // Other requests are answered between the iterations of a large run.
      await pause();
    }
    const run = {
      config,
      domain,
      iterations,
      finished: new Set(finished.keys()),
      records: parts.flat(),
      kept: finished,
    };
    this.keep(dir, { stamp, created, finished, run });
    return run;
  }

  /** Puts a run last, and forgets the runs that were not looked at for the longest time. */
  private keep(dir: string, kept: Kept): void {
    this.kept.delete(dir);
    this.kept.set(dir, kept);
    let questions = 0;
    for (const [name, { run }] of [...this.kept].toReversed()) {
      questions += run.records.length;
      if (name !== dir && questions > this.most) this.kept.delete(name);
    }
  }
}

function about(dir: string): { config: RunConfig; created: string } {
  const overview = openOverview(dir);
  try {
    const { config, createdAt } = overview.meta();
    return { config, created: createdAt };
  } finally {
    overview.close();
  }
}

/** The iteration that commits still change; infinite for a run at its end. */
function currentIteration(database: Database): number {
  const [cursor] = rows<{ iteration: number; stage: string }>(database.prepare('SELECT iteration, stage FROM cursor'));
  return cursor === undefined ? 0 : cursor.stage === 'done' ? Infinity : cursor.iteration;
}
