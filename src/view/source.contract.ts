/** What every `ViewSource` does, whether it reads a folder, asks a server, or reads the data inside a file. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QuestionQuery, QuestionRow } from './questions/types.ts';
import type { ViewSource } from './source.ts';

export interface OpenedSource {
  source: ViewSource;
  /** A finished run of the source with questions and at least one iteration. */
  run: string;
  close(): Promise<void>;
}

/** Milliseconds in which a real run can be made. */
const OPEN_MS = 240_000;

/** Describes a source. `open` is called once. */
export function describeSource(name: string, open: () => Promise<OpenedSource>): void {
  describe(`the source of the page: ${name}`, () => {
    let opened: OpenedSource;
    let source: ViewSource;
    let run: string;
    beforeAll(async () => {
      opened = await open();
      ({ source, run } = opened);
    }, OPEN_MS);
    afterAll(() => opened.close());

    const ids = async (query: QuestionQuery): Promise<string[]> =>
      (await source.questions(run, query)).rows.map(({ id }) => id);
    const all = async (): Promise<QuestionRow[]> => {
      const rows: QuestionRow[] = [];
      for (;;) {
        const page = await source.questions(run, { offset: rows.length, limit: 500 });
        rows.push(...page.rows);
        if (rows.length >= page.total || page.rows.length === 0) return rows;
      }
    };

    it('describes the program, lists the run, and shows its course', async () => {
      expect(await source.server()).toMatchObject({ control: false, talk: false, version: expect.any(String) });
      const card = (await source.runs()).find(({ id }) => id === run);
      expect(card).toMatchObject({ state: 'finished', problem: null });
      const view = await source.run(run);
      expect(view.card).toEqual(card);
      expect(view.iterations.length).toBeGreaterThan(1);
    });

    it('has as many values of a metric as it says, in the order of the names', async () => {
      const { names } = await source.curves(run);
      expect(names.length).toBeGreaterThan(5);
      const asked = names.slice(0, 5).toReversed();
      const series = await source.series(
        run,
        asked.map(({ name }) => name),
      );
      expect(series.map(({ name, value }) => ({ name, points: value.length }))).toEqual(
        asked.map(({ name, points }) => ({ name, points })),
      );
      const [unknown] = await source.series(run, ['no/such-metric']);
      expect(unknown).toMatchObject({ name: 'no/such-metric', value: [] });
    });

    it('pages through all questions, each once', async () => {
      const rows = await all();
      expect(rows.length).toBe((await source.questions(run, { limit: 1 })).total);
      expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
      expect(await ids({ offset: 3, limit: 4 })).toEqual(rows.slice(3, 7).map(({ id }) => id));
      expect(await ids({ offset: rows.length })).toEqual([]);
    });

    it('filters and sorts', async () => {
      const rows = await all();
      const of = (keep: (row: QuestionRow) => boolean): string[] => rows.filter(keep).map(({ id }) => id);
      const query = { limit: 500 };
      expect(await ids({ ...query, iterations: [1], origin: 'pool' })).toEqual(
        of(({ iteration, origin }) => iteration === 1 && origin === 'pool').slice(0, 500),
      );
      expect(await ids({ ...query, verdict: 'kept' })).toEqual(
        of(({ decided, dropped }) => decided && dropped === null).slice(0, 500),
      );
      const sorted = (await source.questions(run, { sort: 'agreement', limit: 20 })).rows;
      const agreements = sorted.map(({ agreement }) => agreement ?? 2);
      expect(agreements).toEqual(agreements.toSorted((a, b) => a - b));
      const first = rows.find(({ invalid }) => invalid === null);
      expect(await ids({ ...query, search: first?.text.toUpperCase() })).toContain(first?.id);
      expect(await ids({ search: 'no question has this text' })).toEqual([]);
    });

    it('shows a question with its attempts', async () => {
      const [row] = (await source.questions(run, { verdict: 'kept', limit: 1 })).rows;
      const detail = await source.question(run, row.id);
      expect(detail).toMatchObject({ ...row, text: row.text });
      expect(detail.attemptsList).toHaveLength(row.attempts);
      expect(detail.votes.reduce((sum, { count }) => sum + count, 0) + detail.unanswered).toBe(row.attempts);
      expect(detail.history.some(({ question }) => question === row.id)).toBe(true);
    });

    it('compares pools, held-out votes and scores', async () => {
      const { iterations } = await source.run(run);
      const evaluated = iterations.map(({ iteration }) => iteration);
      expect((await source.pools(run)).pools.map(({ iteration }) => iteration)).toEqual(
        evaluated.filter((iteration) => iteration > 0),
      );
      expect((await source.heldOut(run)).iterations).toEqual(evaluated);
      const { heldOut } = await source.evaluations(run);
      expect(heldOut.map(({ result }) => result.iteration)).toEqual(expect.arrayContaining(evaluated));
    });

    it('rejects what does not exist, with a reason', async () => {
      const missing = [
        source.run('no-run'),
        source.curves('../no-run'),
        source.series('no-run', ['solver/reward']),
        source.questions('no-run', {}),
        source.question(run, 'no-question'),
        source.question('no-run', 'x'),
        source.pools('no-run'),
        source.heldOut('no-run'),
        source.evaluations('no-run'),
        source.evaluation(run, 'no-report'),
        source.evaluation(run, '__proto__'),
      ];
      for (const answer of missing) await expect(answer).rejects.toThrow(/no .+ with this|this file/i);
    });
  });
}
